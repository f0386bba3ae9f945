import type { CommandContext } from "../../command.ts";
import { confirm } from "../../confirm.ts";
import { exitCodes } from "../../exit_codes.ts";
import { printNote, printText } from "../../print.ts";
import { untilInterrupted } from "../../until_interrupted.ts";
import { installOptions } from "./install_options.ts";
import { findInstalled } from "./installed.ts";

/** `hermes cron uninstall`: takes away what `install` wrote for this home, and nothing else; the jobs stay. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags } = context;
  const { kind, dryRun, yes } = installOptions(flags);
  const { home } = (await context.app()).paths;
  return await untilInterrupted(ports, async (signal) => {
    const found = await findInstalled(ports, { kind, home }, signal);
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
