import { timesText } from "../../../cron/time_text.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { printNote } from "../../print.ts";
import { openJobs } from "./open_jobs.ts";
import { runLines, untilEnded } from "./until_ended.ts";

/** `hermes cron daemon`: runs what is due until a signal ends it, which is a good end. */
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
  const { endedBy } = await untilEnded(context, async (signal) => {
    await desk.daemon(signal, (job, ended) => lines.write(job, ended));
    await lines.flush();
  });
  await printNote(ports, `Ended by ${endedBy ?? "itself"}`);
  return exitCodes.done;
}
