import { counted } from "../../../core/counted.ts";
import type { Job, JobRun } from "../../../core/cron.ts";
import { defined } from "../../../core/defined.ts";
import { HermesError } from "../../../core/errors.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes, signalExitCode } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { isBadRun } from "../../render/job_text.ts";
import { oneLine } from "../../render/plain.ts";
import { isoTime } from "../../render/time.ts";
import { openJobs } from "./open_jobs.ts";
import { failureOf, tellFailure } from "./run_failure.ts";
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
  if (endedBy !== undefined) {
    await tellFailure(context, new HermesError("turn/interrupted", `Interrupted by ${endedBy}`));
    return signalExitCode(endedBy);
  }
  const bad = (runs ?? []).filter(isBadRun);
  const failure = failureOfAll(jobs, bad);
  if (failure) await tellFailure(context, failure);
  return bad.length === 0 ? exitCodes.done : exitCodes.failed;
}

/** What went wrong first, and with how many others: each of them has its line on stdout. */
function failureOfAll(jobs: readonly Job[], bad: readonly JobRun[]): HermesError | undefined {
  const [first] = bad;
  const failure = first && failureOf(first);
  if (!failure) return undefined;
  const name = jobs.find(({ id }) => id === first.jobId)?.name ?? first.jobId;
  const others = bad.length === 1 ? "" : ` (and ${counted(bad.length - 1, "more run")} went wrong)`;
  const hint = bad.length === 1 ? failure.hint : "hermes cron status";
  const message = `${oneLine(name)}: ${failure.message}${others}`;
  return new HermesError(failure.code, message, defined("hint", hint));
}
