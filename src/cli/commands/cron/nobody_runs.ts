import type { CommandContext } from "../../command.ts";
import { printWarning } from "../../print.ts";
import type { Jobs } from "./open_jobs.ts";

/** A `cron tick` as recent as this counts as somebody who runs jobs, in ms. */
const recentMs = 15 * 60_000;

/** What runs the jobs of a home. */
export interface Runner {
  readonly daemonPid: number | undefined;
  /** When the last `cron tick` was, in ms since epoch. */
  readonly lastTickAt: number | undefined;
  readonly isThere: boolean;
}

export async function findRunner(
  { ports }: Pick<CommandContext, "ports">,
  { app, desk }: Pick<Jobs, "app" | "desk">,
): Promise<Runner> {
  const [{ daemonPid, runs }, tick] = await Promise.all([
    desk.status(),
    ports.files.stat(app.paths.cron.tickFile).catch(() => undefined),
  ]);
  const lastTickAt = tick?.modifiedAt;
  const isTicking = lastTickAt !== undefined && ports.clock.now() - lastTickAt < recentMs;
  // A tick that goes on until nothing runs any more may do so for hours, and no other one begins meanwhile.
  const isAtWork = runs.some(({ trigger }) => trigger === "schedule");
  return { daemonPid, lastTickAt, isThere: daemonPid !== undefined || isTicking || isAtWork };
}

/** Says so where nothing runs the jobs: nothing else would tell. */
export async function warnIfNobodyRuns(context: CommandContext, jobs: Jobs): Promise<void> {
  const { isThere } = await findRunner(context, jobs);
  if (isThere) return;
  await printWarning(
    context.ports,
    "Nothing runs these jobs now: hermes cron daemon does while it is open, hermes cron install sets it up for good",
  );
}
