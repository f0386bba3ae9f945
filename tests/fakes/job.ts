import type { Job, JobRun, JobTask } from "../../src/core/cron.ts";

/** A task that does nothing but what is said. */
export function createTask(task: Partial<JobTask> = {}): JobTask {
  return { prompt: "", withAgent: true, skills: [], contextFrom: [], allow: [], ...task };
}

/** A job that is due once at 0. */
export function createJob({
  task,
  ...rest
}: Partial<Omit<Job, "task">> & { readonly task?: Partial<JobTask> } = {}): Job {
  return {
    id: "0123456789ab",
    name: "news",
    scheduleText: "",
    schedule: { kind: "once", at: 0 },
    task: createTask(task),
    deliver: [],
    state: "active",
    nextRunAt: 0,
    completedRuns: 0,
    createdAt: 0,
    updatedAt: 0,
    ...rest,
  };
}

/** A run of it that goes on. */
export function createRun(rest: Partial<JobRun> = {}): JobRun {
  return {
    id: "run_1",
    jobId: "0123456789ab",
    dueAt: 0,
    startedAt: 0,
    endedAt: null,
    status: "running",
    exitCode: null,
    error: null,
    sessionId: null,
    usage: null,
    outputFile: null,
    deliveries: [],
    trigger: "schedule",
    pid: 7,
    ...rest,
  };
}
