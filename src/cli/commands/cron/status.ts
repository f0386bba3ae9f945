import type { Job, JobRun } from "../../../core/cron.ts";
import { timesText } from "../../../cron/time_text.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printText } from "../../print.ts";
import { runToJson } from "../../render/job_json.ts";
import { isBadRun, runLine } from "../../render/job_text.ts";
import { isoTime, relativeTime, timeUntil } from "../../render/time.ts";
import { findRunner, type Runner, warnIfNobodyRuns } from "./nobody_runs.ts";
import { type Jobs, openJobs } from "./open_jobs.ts";

const dayMs = 86_400_000;
/** Runs of one job that are looked at. */
const mostRuns = 1_000;

interface BadRun {
  readonly job: Job;
  readonly run: JobRun;
}

/** `hermes cron status`: whether anything runs the jobs, what is next, and what went wrong within a day. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, mask } = context;
  const jobs = await openJobs(context);
  const [runner, facts] = await Promise.all([findRunner(context, jobs), jobs.desk.status()]);
  const now = ports.clock.now();
  const bad = await badRuns(jobs, now - dayMs);
  if (switchFlag(flags, "json")) {
    await printDocument(ports, {
      daemon: {
        running: runner.daemonPid !== undefined,
        pid: runner.daemonPid ?? null,
        since: facts.daemonSince === undefined ? null : isoTime(facts.daemonSince),
      },
      last_tick_at: runner.lastTickAt === undefined ? null : isoTime(runner.lastTickAt),
      jobs: facts.jobs,
      active_jobs: facts.activeJobs,
      next_run_at: facts.nextRunAt === undefined ? null : isoTime(facts.nextRunAt),
      timezone: facts.timezone,
      running: facts.runs.map((entry) => runToJson(entry, mask)),
      failures: bad.map(({ run: entry }) => runToJson(entry, mask)),
    });
  } else {
    const { nextRunAt, timezone } = facts;
    const next =
      nextRunAt === undefined
        ? "none"
        : `${timesText([nextRunAt], timezone)}, ${timeUntil(nextRunAt, now)}`;
    const lines = [
      `Daemon:    ${daemonText(runner, facts.daemonSince, now)}`,
      `Jobs:      ${facts.jobs}, ${facts.activeJobs} active, ${facts.runs.length} running`,
      `Next:      ${next}`,
      `Failures:  ${bad.length} in the last 24 hours`,
      ...bad.map(
        ({ job, run: entry }) => `  ${isoTime(entry.startedAt)} ${runLine(job, entry, mask)}`,
      ),
    ];
    await printText(ports, `${lines.join("\n")}\n`);
  }
  if (facts.activeJobs > 0) await warnIfNobodyRuns(context, jobs);
  return exitCodes.done;
}

function daemonText({ daemonPid, lastTickAt }: Runner, since: number | undefined, now: number) {
  const ticked = lastTickAt === undefined ? "" : `, last tick ${relativeTime(lastTickAt, now)}`;
  if (daemonPid === undefined) return `not running${ticked}`;
  return `running (process ${daemonPid}${since === undefined ? "" : `, started ${relativeTime(since, now)}`})${ticked}`;
}

/** What went wrong since then, the newest first. */
async function badRuns({ desk }: Jobs, since: number): Promise<readonly BadRun[]> {
  const bad: BadRun[] = [];
  for (const job of await desk.store.jobs()) {
    const runs = await desk.runs(job.id, mostRuns);
    // What died and is not written down yet is news, however long ago that was.
    const recent = runs.filter(
      (entry) => isBadRun(entry) && (entry.startedAt >= since || entry.endedAt === null),
    );
    bad.push(...recent.map((entry) => ({ job, run: entry })));
  }
  return bad.toSorted((a, b) => b.run.startedAt - a.run.startedAt);
}
