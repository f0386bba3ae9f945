import { basename, join } from "node:path/posix";
import type { Job, JobRun } from "../core/cron.ts";
import { errnoOf, HermesError } from "../core/errors.ts";
import type { FileStore } from "../core/ports.ts";
import type { RunOutcome } from "../cron/run_job.ts";

/** Outcomes of a job that are kept; the oldest go. */
const keptOutcomes = 100;

/** Ends the head of a file. */
const rule = "\n---\n\n";

export interface OutcomeFilesDeps {
  readonly files: FileStore;
  readonly now: () => number;
  readonly redact: (text: string) => string;
}

/** The outcomes of jobs, a file each, which nobody else can read. */
export interface OutcomeFiles {
  /** Writes the outcome of a run; the path. @throws {HermesError} `store/full`, `file/unwritable` */
  keep(job: Job, run: JobRun, outcome: RunOutcome): Promise<string>;
  /** What a run brought; undefined where its file is gone. @throws {HermesError} `file/unreadable` */
  read(path: string): Promise<string | undefined>;
}

export function createOutcomeFiles(deps: OutcomeFilesDeps, directory: string): OutcomeFiles {
  const { files, now, redact } = deps;
  return {
    async keep(job, run, outcome) {
      const place = join(directory, job.id);
      const path = join(place, `${fileTime(run.startedAt)}.md`);
      const head = outcomeHead(job, { run, outcome, endedAt: now() });
      try {
        await files.makeDirectory(place, { mode: 0o700 });
        const text = `${redact(head)}${rule}${redact(outcome.text.trim())}\n`;
        await files.replaceFile(path, text, { mode: 0o600, isModeFixed: true });
      } catch (error) {
        throw unkept(path, error);
      }
      // What is too many may stay, if it cannot go: this outcome is there.
      await tidy(files, place, basename(path)).catch(() => undefined);
      return path;
    },
    async read(path) {
      try {
        const text = await files.readText(path);
        const end = text.indexOf(rule);
        return end === -1 ? text : text.slice(end + rule.length);
      } catch (error) {
        if (errnoOf(error) === "ENOENT") return undefined;
        throw new HermesError("file/unreadable", `Cannot read an outcome: ${path}`, {
          cause: error,
        });
      }
    },
  };
}

/** What a file begins with: what ran, how it ended, and when. */
function outcomeHead(
  { id, name }: Job,
  ran: { readonly run: JobRun; readonly outcome: RunOutcome; readonly endedAt: number },
): string {
  const { run, outcome, endedAt } = ran;
  const { status, exitCode, error, sessionId } = outcome;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["job", id],
    ["run", run.id],
    ["status", status],
    ["exit code", String(exitCode)],
    ["error", error ? `${error.message} (${error.code})` : undefined],
    ["hint", error?.hint],
    ["due", new Date(run.dueAt).toISOString()],
    ["started", new Date(run.startedAt).toISOString()],
    ["ended", new Date(endedAt).toISOString()],
    ["session", sessionId ?? undefined],
  ];
  const lines = facts.flatMap(([what, value]) =>
    value === undefined ? [] : [`- ${what}: ${oneLine(value)}`],
  );
  return `# ${oneLine(name)}\n\n${lines.join("\n")}\n`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** A time as a name of a file that sorts, and that every file system takes. */
function fileTime(at: number): string {
  return new Date(at).toISOString().replaceAll(":", "-");
}

/**
 * Goes over what is there: outcomes that are too many, and what a process began to write when it died. `newest` was written
 * just now: what is named after a later time is of a clock that was ahead, and goes first.
 */
async function tidy(files: FileStore, directory: string, newest: string): Promise<void> {
  const names = (await files.list(directory)).map(({ name }) => name);
  const sorted = names.filter((name) => /^\d{4}-\d\d-\d\dT[\d.-]+Z\.md$/.test(name)).toSorted();
  const isAhead = (name: string): boolean => name > newest;
  const outcomes = [...sorted.filter(isAhead), ...sorted.filter((name) => !isAhead(name))];
  // A job's runs, and so the writers of its outcomes, come one after the other.
  const begun = names.filter((name) => /^\.hermes-.*\.tmp$/.test(name));
  for (const name of [...begun, ...outcomes.slice(0, -keptOutcomes)]) {
    await files.remove(join(directory, name));
  }
}

function unkept(path: string, error: unknown): HermesError {
  const errno = errnoOf(error);
  if (errno === "ENOSPC" || errno === "EDQUOT") {
    return new HermesError("store/full", `The disk is full, cannot write the outcome: ${path}`, {
      cause: error,
    });
  }
  const reason = errno ?? (error instanceof Error ? error.message : String(error));
  return new HermesError("file/unwritable", `Cannot write the outcome (${reason}): ${path}`, {
    cause: error,
  });
}
