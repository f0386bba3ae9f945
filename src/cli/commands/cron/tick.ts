import type { CommandContext } from "../../command.ts";
import { exitCodes, signalExitCode } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { isBadRun } from "../../render/job_text.ts";
import { isoTime } from "../../render/time.ts";
import { openJobs } from "./open_jobs.ts";
import { runLines, untilEnded } from "./until_ended.ts";

/** `hermes cron tick`: what is due, once, or until nothing of it runs any more; says nothing where nothing is, since cron programs mail what is printed. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags } = context;
  const { app, desk } = await openJobs(context);
  const jobs = await desk.store.jobs();
  if (jobs.length > 0) {
    // Only for `cron list` and `cron status`, which say whether anything runs the jobs.
    const { tickFile } = app.paths.cron;
    await ports.files
      .replaceFile(tickFile, `${isoTime(ports.clock.now())}\n`, { mode: 0o600 })
      .catch(() => undefined);
  }
  const lines = runLines(context);
  const { result: runs, endedBy } = await untilEnded(context, desk, async (signal) => {
    try {
      const isUntilIdle = switchFlag(flags, "untilIdle");
      return await desk.tick(signal, (job, ended) => lines.write(job, ended), { isUntilIdle });
    } finally {
      await lines.flush();
    }
  });
  if (endedBy !== undefined) return signalExitCode(endedBy);
  return runs?.some(isBadRun) ? exitCodes.failed : exitCodes.done;
}
