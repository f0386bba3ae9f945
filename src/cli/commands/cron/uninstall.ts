import { errnoOf, HermesError } from "../../../core/errors.ts";
import type { CommandContext } from "../../command.ts";
import { confirm } from "../../confirm.ts";
import { exitCodes } from "../../exit_codes.ts";
import { printNote, printText, printWarning } from "../../print.ts";
import { untilInterrupted } from "../../until_interrupted.ts";
import { withoutLine } from "./crontab_line.ts";
import { installOptions, type ServiceKind } from "./install_options.ts";
import { readCrontab, systemctl, writeCrontab } from "./service_programs.ts";
import { homeOfUnit, unitFile, unitName } from "./service_unit.ts";

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
  const unit = kind === "crontab" ? undefined : await findUnit(context, home, signal);
  const line =
    kind === "systemd" || !hasCrontab ? undefined : await findLine(context, home, signal);
  return [unit, line].filter((installed) => installed !== undefined);
}

async function findUnit(
  { ports }: CommandContext,
  home: string,
  signal: AbortSignal,
): Promise<Installed | undefined> {
  const { env, files, host } = ports;
  const path = unitFile(env, host);
  if ((await files.stat(path).catch(() => undefined)) === undefined) return undefined;
  if (homeOfUnit(await files.readText(path)) !== home) return undefined;
  return {
    shown: path,
    async remove() {
      const { code, stderr } = await systemctl(ports, ["disable", "--now", unitName], signal);
      try {
        await files.remove(path);
      } catch (error) {
        const message = `Cannot remove the service: ${path} (${errnoOf(error) ?? String(error)})`;
        throw new HermesError("file/unwritable", message, { cause: error });
      }
      if (code === 0) {
        await systemctl(ports, ["daemon-reload"], signal);
        return;
      }
      const reason = stderr.trim().split("\n").at(-1) ?? "";
      await printWarning(
        ports,
        `The service may still run, systemctl failed (${reason}): systemctl --user stop ${unitName}`,
      );
    },
  };
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
