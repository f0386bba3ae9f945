import type { DeliveryReport, DeliveryTarget, Job, JobRun, RunError } from "../../core/cron.ts";
import type { JsonObject } from "../../core/json.ts";
import { targetText } from "../../cron/delivery_target.ts";
import type { Mask } from "./error.ts";
import { usageToJson } from "./json.ts";
import { isoTime } from "./time.ts";

/** What documents need of a job besides itself. */
export interface JobJsonOptions {
  /** IANA name of the zone of its times. */
  readonly timezone: string;
  /** Masks secrets: addresses and commands may hold some. */
  readonly mask: Mask;
}

/** A job as documents show it. */
export function jobToJson(job: Job, { timezone, mask }: JobJsonOptions): JsonObject {
  const { task } = job;
  return {
    id: job.id,
    name: mask(job.name),
    schedule: job.scheduleText,
    kind: job.schedule.kind,
    timezone,
    state: job.state,
    next_run_at: timeOrNull(job.nextRunAt),
    prompt: mask(task.prompt),
    script: task.script ?? null,
    no_agent: !task.withAgent,
    deliver: job.deliver.map((target) => mask(targetText(target))),
    model: task.model ?? null,
    provider: task.provider ?? null,
    runtime: task.runtime ?? null,
    toolsets: task.toolsets ?? null,
    skills: task.skills,
    context_from: task.contextFrom,
    allow: task.allow,
    deadline_seconds: task.deadlineMs === undefined ? null : task.deadlineMs / 1_000,
    workdir: task.workdir ?? null,
    repeat: job.repeat ?? null,
    completed_runs: job.completedRuns,
    created_at: isoTime(job.createdAt),
    updated_at: isoTime(job.updatedAt),
  };
}

/** A run as documents show it. */
export function runToJson(run: JobRun, mask: Mask): JsonObject {
  return {
    id: run.id,
    job_id: run.jobId,
    trigger: run.trigger,
    status: run.status,
    due_at: isoTime(run.dueAt),
    started_at: isoTime(run.startedAt),
    ended_at: timeOrNull(run.endedAt),
    exit_code: run.exitCode,
    error: run.error && errorToJson(run.error, mask),
    session_id: run.sessionId,
    usage: run.usage ? usageToJson(run.usage) : null,
    output_file: run.outputFile,
    deliveries: run.deliveries.map((report) => deliveryToJson(report, mask)),
    pid: run.pid,
  };
}

function errorToJson({ code, message, hint }: RunError, mask: Mask): JsonObject {
  return { code, message: mask(message), hint: hint === undefined ? null : mask(hint) };
}

function deliveryToJson(report: DeliveryReport, mask: Mask): JsonObject {
  return {
    target: mask(targetText(report.target)),
    delivered: report.isDelivered,
    attempts: report.attempts,
    problem: report.problem === undefined ? null : mask(report.problem),
  };
}

/** Where a job delivers to, for people: nothing but its own file is the rule. */
export function targetsText(targets: readonly DeliveryTarget[], mask: Mask): string {
  if (targets.length === 0) return "local";
  return targets.map((target) => mask(targetText(target))).join(", ");
}

function timeOrNull(at: number | null): string | null {
  return at === null ? null : isoTime(at);
}
