import type { CommandContext } from "../../command.ts";
import { confirm } from "../../confirm.ts";
import { exitCodes } from "../../exit_codes.ts";
import { printNote, printText } from "../../print.ts";
import { untilInterrupted } from "../../until_interrupted.ts";
import { withoutLine } from "./crontab_line.ts";
import { installOptions, type ServiceKind } from "./install_options.ts";
import { readCrontab, writeCrontab } from "./service_programs.ts";
import { findUnits, takeAway } from "./user_units.ts";

/** Something that `install` wrote for this home. */
interface Installed {
  /** What goes, for people. */
  readonly shown: string;
  remove(): Promise<void>;
}

/** `hermes cron uninstall`: takes away what `install` wrote for this home, and nothing else; the jobs stay. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags } = context;
  const { kind, dryRun, yes } = installOptions(flags);
  const { home } = (await context.app()).paths;
  return await untilInterrupted(ports, async (signal) => {
    const found = await findInstalled(context, { kind, home }, signal);
    if (found.length === 0) {
      await printNote(ports, `Nothing is installed for ${home}`);
      return exitCodes.done;
    }
    await printText(ports, `${found.map(({ shown }) => shown).join("\n")}\n`);
    if (dryRun) return exitCodes.wouldChange;
    if (!yes && !(await confirm(ports.terminal, "Take this away?"))) {
      await printNote(ports, "Nothing taken away");
      return exitCodes.failed;
    }
    for (const installed of found) await installed.remove();
    await printNote(ports, "Taken away; the jobs stay");
    return exitCodes.done;
  });
}

async function findInstalled(
  context: CommandContext,
  { kind, home }: { readonly kind: ServiceKind | undefined; readonly home: string },
  signal: AbortSignal,
): Promise<readonly Installed[]> {
  const { spawner } = context.ports;
  // Without the program there is no crontab to look into, unless somebody asks for that.
  const hasCrontab = kind === "crontab" || (await spawner.find("crontab")) !== undefined;
  const units = kind === "crontab" ? [] : await ourUnits(context, home, signal);
  const isUnit = kind === "systemd" || kind === "daemon";
  const line = isUnit || !hasCrontab ? undefined : await findLine(context, home, signal);
  return [...units, ...(line ? [line] : [])];
}

/** Of either kind: who takes back a timer wants no daemon in its place. */
async function ourUnits(
  { ports }: CommandContext,
  home: string,
  signal: AbortSignal,
): Promise<readonly Installed[]> {
  const units = (await findUnits(ports)).filter(({ owner }) => owner === home);
  if (units.length === 0) return [];
  return [
    {
      shown: units.map(({ path }) => path).join("\n"),
      remove: () => takeAway(ports, units, signal),
    },
  ];
}

async function findLine(
  { ports }: CommandContext,
  home: string,
  signal: AbortSignal,
): Promise<Installed | undefined> {
  const before = await readCrontab(ports, signal);
  const after = withoutLine(before, { home });
  if (after === before) return undefined;
  const gone = before.split("\n").filter((line) => !after.split("\n").includes(line));
  return {
    shown: `crontab: ${gone.join("\n")}`,
    remove: () => writeCrontab(ports, after, signal),
  };
}
