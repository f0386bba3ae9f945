import type { CommandContext } from "../../command.ts";
import { exitCodes, signalExitCode } from "../../exit_codes.ts";
import { printText } from "../../print.ts";
import { isBadRun, runLine } from "../../render/job_text.ts";
import { isoTime } from "../../render/time.ts";
import { endingSignals } from "./ending_signals.ts";
import { openJobs } from "./open_jobs.ts";

/** `hermes cron tick`: what is due, once; says nothing where nothing is, since cron programs mail what is printed. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, mask } = context;
  const { app, desk } = await openJobs(context);
  const jobs = await desk.store.jobs();
  if (jobs.length > 0) {
    // Only for `cron list` and `cron status`, which say whether anything runs the jobs.
    const { tickFile } = app.paths.cron;
    await ports.files
      .replaceFile(tickFile, `${isoTime(ports.clock.now())}\n`, { mode: 0o600 })
      .catch(() => undefined);
  }
  using ending = endingSignals(ports);
  const lines: Promise<void>[] = [];
  const runs = await desk.tick(ending.signal, (job, ended) => {
    lines.push(printText(ports, `${runLine(job, ended, mask)}\n`));
  });
  await Promise.all(lines);
  const endedBy = ending.endedBy();
  if (endedBy !== undefined) return signalExitCode(endedBy);
  return runs.some(isBadRun) ? exitCodes.failed : exitCodes.done;
}
