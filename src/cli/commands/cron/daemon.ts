import type { Job, JobRun } from "../../../core/cron.ts";
import type { HermesError } from "../../../core/errors.ts";
import { timesText } from "../../../cron/time_text.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes, signalExitCode } from "../../exit_codes.ts";
import { printNote, printWarning } from "../../print.ts";
import { openJobs } from "./open_jobs.ts";
import { runLines, untilEnded } from "./until_ended.ts";

/** `hermes cron daemon`: runs what is due until a signal ends it, which is a good end; a second one is none. */
export async function run(context: CommandContext): Promise<number> {
  const { ports } = context;
  const { app, desk } = await openJobs(context);
  const { activeJobs, daemonPid, nextRunAt, timezone } = await desk.status();
  // Where there is a daemon already, `daemon` says so and nothing else is to be told.
  if (daemonPid === undefined) {
    const count = `${activeJobs} job${activeJobs === 1 ? "" : "s"}`;
    const next =
      nextRunAt === undefined ? "none is due" : `next ${timesText([nextRunAt], timezone)}`;
    await printNote(ports, `Running ${count} of ${app.paths.home}: ${next}`);
  }
  const lines = runLines(context);
  const problems = problemLines(context);
  const { result: hasEnded, endedBy } = await untilEnded(context, desk, async (signal) => {
    const onRun = (job: Job, ended: JobRun): void => {
      problems.forget();
      lines.write(job, ended);
    };
    await desk.daemon(signal, onRun, (_job, error) => problems.write(error));
    await lines.flush();
    return true;
  });
  if (!hasEnded && endedBy) {
    await printNote(ports, `Left by a second ${endedBy}: what ran is written down as lost`);
    return signalExitCode(endedBy);
  }
  await printNote(ports, `Ended by ${endedBy ?? "itself"}`);
  return exitCodes.done;
}

/** Warns of what keeps jobs from running: once, for it is met again at each look, and anew when something has run since. */
function problemLines({ ports, mask }: Pick<CommandContext, "ports" | "mask">) {
  const said = new Set<string>();
  return {
    forget: () => said.clear(),
    write({ message, code }: HermesError): void {
      const text = `What is due cannot run: ${message} (${code})`;
      if (said.has(text)) return;
      said.add(text);
      // A reader that is gone must not end the daemon.
      void printWarning(ports, mask(text)).catch(() => undefined);
    },
  };
}
