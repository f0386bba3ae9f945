import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CronStore, Job, JobRun, JobTask } from "../../src/core/cron.ts";
import type { JobBook } from "../../src/core/job_book.ts";
import { createJobBook } from "../../src/cron/job_book.ts";
import { parseSchedule } from "../../src/cron/parse_schedule.ts";
import { SqliteCronStore } from "../../src/storage/cron_store.ts";
import { createFakeClock, type FakeClock } from "./clock.ts";
import { createRun } from "./job.ts";

/** Jobs in a store of their own, on a clock that the test moves. */
export interface FakeJobBook extends AsyncDisposable {
  readonly book: JobBook;
  readonly store: CronStore;
  readonly clock: FakeClock;
  /** Tasks that were looked at. */
  readonly checked: readonly JobTask[];
  readonly ran: readonly Job[];
}

export interface FakeJobBookOptions {
  /** ms since epoch. */
  readonly now?: number;
  readonly warnings?: readonly string[];
  /** How long it takes to look at a task; 0 where absent. */
  readonly checkTakesMs?: number;
  /** How runs end; undefined: another run goes on. */
  readonly run?: Partial<JobRun> | undefined;
}

/** Jobs of somebody in Berlin. */
export async function createFakeJobBook(options: FakeJobBookOptions = {}): Promise<FakeJobBook> {
  const directory = await mkdtemp(join(tmpdir(), "hermes-book-"));
  const exists = (path: string) => Promise.resolve(existsSync(path));
  const store = new SqliteCronStore({ exists }, join(directory, "jobs.db"));
  const clock = createFakeClock(options.now ?? Date.UTC(2026, 0, 5, 12));
  const timezone = "Europe/Berlin";
  const checked: JobTask[] = [];
  const ran: Job[] = [];
  const book = createJobBook({
    store,
    clock,
    timezone,
    parse: (text, zone) => parseSchedule(text, { now: clock.now(), timezone: zone ?? timezone }),
    checkTargets: () => [],
    async checkTask(task) {
      checked.push(task);
      await clock.advance(options.checkTakesMs ?? 0);
      return options.warnings ?? [];
    },
    runNow(job) {
      ran.push(job);
      const isBusy = "run" in options && options.run === undefined;
      return Promise.resolve(isBusy ? undefined : createRun({ jobId: job.id, ...options.run }));
    },
  });
  return {
    book,
    store,
    clock,
    checked,
    ran,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
