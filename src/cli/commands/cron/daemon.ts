import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { printNote, printText } from "../../print.ts";
import { runLine } from "../../render/job_text.ts";
import { timesText } from "../../../cron/time_text.ts";
import { endingSignals } from "./ending_signals.ts";
import { openJobs } from "./open_jobs.ts";

/** `hermes cron daemon`: runs what is due until a signal ends it, which is a good end. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, mask } = context;
  const { app, desk } = await openJobs(context);
  using ending = endingSignals(ports);
  const { activeJobs, daemonPid, nextRunAt, timezone } = await desk.status();
  // Where there is a daemon already, `daemon` says so and nothing else is to be told.
  if (daemonPid === undefined) {
    const count = `${activeJobs} job${activeJobs === 1 ? "" : "s"}`;
    const next =
      nextRunAt === undefined ? "none is due" : `next ${timesText([nextRunAt], timezone)}`;
    await printNote(ports, `Running ${count} of ${app.paths.home}: ${next}`);
  }
  // A reader that is slow must not hold up the jobs: the lines are waited for in the end.
  let lines: Promise<void> = Promise.resolve();
  await desk.daemon(ending.signal, (job, ended) => {
    const line = `${runLine(job, ended, mask)}\n`;
    lines = lines.then(() => printText(ports, line)).catch(() => undefined);
  });
  await lines;
  await printNote(ports, `Ended by ${ending.endedBy() ?? "itself"}`);
  return exitCodes.done;
}
