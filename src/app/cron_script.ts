import { dirname, extname, isAbsolute, join, normalize } from "node:path/posix";
import type { Job, JobRun } from "../core/cron.ts";
import { errnoOf, HermesError } from "../core/errors.ts";
import type { FileStore, Spawner } from "../core/ports.ts";
import type { ScriptReport } from "../cron/run_job.ts";
import { jobEnv } from "./cron_env.ts";
import { type ProgramEnd, runProgram } from "./cron_program.ts";
import type { AppParts } from "./parts.ts";

/** What the programs of a run, and all that they start, can be found by. */
export const runIdVariable = "HERMES_CRON_RUN_ID";

/** A script that may run. */
export interface Script {
  /** Absolute, without a symlink in it. */
  readonly path: string;
  readonly isExecutable: boolean;
  /** Whether others than its owner could change what it does. */
  readonly isOpenToOthers: boolean;
}

/**
 * Finds a script of a job: a file inside of the directory of scripts, also when every symlink is followed.
 * @throws {HermesError} `cron/script_refused`
 */
export async function findScript(
  files: Pick<FileStore, "realPath" | "stat">,
  directory: string,
  name: string,
): Promise<Script> {
  const refused = (problem: string): HermesError =>
    new HermesError("cron/script_refused", `The script ${name} ${problem}`, {
      hint: `scripts are files in ${directory}, named relative to it`,
    });
  const plain = normalize(name);
  if (name.trim() === "" || name.includes("\0")) throw refused("is no name of a file");
  if (isAbsolute(name) || plain === ".." || plain.startsWith("../")) {
    throw refused("is outside of the directory of scripts");
  }
  let path: string;
  let root: string;
  try {
    [path, root] = [await files.realPath(join(directory, plain)), await files.realPath(directory)];
  } catch (error) {
    const errno = errnoOf(error);
    throw refused(errno === "ENOENT" ? "does not exist" : `cannot be found: ${errno}`);
  }
  if (!path.startsWith(`${root}/`)) throw refused("leads out of the directory of scripts");
  const stat = await files.stat(path);
  if (stat?.kind !== "file") throw refused("is not a file");
  return {
    path,
    isExecutable: (stat.mode & 0o111) !== 0,
    isOpenToOthers: (stat.mode & 0o002) !== 0,
  };
}

/** @throws {HermesError} `usage/invalid` for a working directory that is none */
export async function checkDirectory(files: Pick<FileStore, "stat">, path: string): Promise<void> {
  const stat = await files.stat(path).catch(() => undefined);
  if (stat?.kind === "directory") return;
  const problem = stat ? "is not a directory" : "does not exist";
  throw new HermesError("usage/invalid", `The working directory ${problem}: ${path}`, {
    hint: "choose one that is there with --workdir DIR",
  });
}

/** What runs files that are not executable, or say not what runs them. */
const interpreters: Readonly<Record<string, string>> = {
  ".sh": "bash",
  ".bash": "bash",
  ".py": "python3",
};

/**
 * Runs the script of a job, with whatever it starts, to its end. Its output has no secret in it.
 * @throws {HermesError} `cron/script_refused`, `usage/invalid`, `program/missing`, `turn/deadline`, or what the signal was aborted with
 */
export async function runScript(
  app: AppParts,
  { job, run }: { readonly job: Job; readonly run: Pick<JobRun, "id" | "dueAt"> },
  signal: AbortSignal,
): Promise<ScriptReport> {
  const name = job.task.script ?? "";
  const [script, redactor, timeoutMs, env] = await Promise.all([
    findScript(app.ports.files, app.paths.scriptsDirectory, name),
    app.redactor(),
    scriptTimeout(app),
    jobEnv(app, {
      HERMES_CRON_JOB_ID: job.id,
      HERMES_CRON_JOB_NAME: job.name,
      // What a script has done for a time already, it can know by this.
      HERMES_CRON_DUE_AT: new Date(run.dueAt).toISOString(),
      [runIdVariable]: run.id,
    }),
  ]);
  const { workdir } = job.task;
  if (workdir !== undefined) await checkDirectory(app.ports.files, workdir);
  const cwd = workdir ?? dirname(script.path);
  const { isLate, ...end } = await start(app, { name, script, cwd, env, timeoutMs }, signal);
  const report: ScriptReport = {
    exitCode: end.exitCode,
    stdout: redactor.content(end.stdout),
    stderr: redactor.content(end.stderr),
  };
  if (!isLate) return report;
  const seconds = timeoutMs / 1_000;
  throw new HermesError("turn/deadline", `The script ${name} took longer than ${seconds} s`, {
    hint: "hermes config set cron.script_timeout_seconds N",
  });
}

interface Start {
  readonly name: string;
  readonly script: Script;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

async function start(
  { ports }: AppParts,
  { name, script, cwd, env, timeoutMs }: Start,
  signal: AbortSignal,
): Promise<ProgramEnd> {
  const common = { cwd, env, timeoutMs };
  if (script.isExecutable) {
    try {
      return await runProgram(ports, { program: script.path, arguments: [], ...common }, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const errno = errnoOf(error);
      // A file without a #! line, or on a file system that runs nothing.
      if (errno === "ENOENT") throw withoutInterpreter(name, error);
      if (errno !== "ENOEXEC" && errno !== "EACCES") throw notStarted(name, error);
    }
  }
  const program = interpreters[extname(script.path)];
  if (program === undefined) {
    throw script.isExecutable
      ? new HermesError("cron/script_refused", `The script ${name} has no #! line`, {
          hint: "begin it with a line that names what runs it, such as #!/bin/sh",
        })
      : new HermesError("cron/script_refused", `The script ${name} is not executable`, {
          hint: `chmod +x ${script.path}`,
        });
  }
  try {
    const path = await findInterpreter(ports.spawner, program);
    return await runProgram(ports, { program: path, arguments: [script.path], ...common }, signal);
  } catch (error) {
    if (signal.aborted || error instanceof HermesError) throw error;
    throw notStarted(name, error);
  }
}

async function findInterpreter(spawner: Spawner, program: string): Promise<string> {
  for (const place of [program, `/usr/local/bin/${program}`, `/usr/bin/${program}`]) {
    const path = await spawner.find(place);
    if (path !== undefined) return path;
  }
  const path = await spawner.find(`/bin/${program}`);
  if (path !== undefined) return path;
  throw new HermesError("program/missing", `The program ${program} is not on PATH`, {
    hint: "install it, or make the script executable with a #! line",
  });
}

/** The file itself was there a moment ago: what is missing is what its first line names. */
function withoutInterpreter(name: string, error: unknown): HermesError {
  const problem = `Could not start the script ${name}: the program that its #! line names is not there`;
  return new HermesError("cron/script_failed", problem, { cause: error });
}

function notStarted(name: string, error: unknown): HermesError {
  const reason = error instanceof Error ? error.message : String(error);
  return new HermesError("cron/script_failed", `Could not start the script ${name}: ${reason}`, {
    cause: error,
  });
}

/** The environment's, else the configured one, in ms. */
async function scriptTimeout(app: AppParts): Promise<number> {
  const named = Number((await app.env())["HERMES_CRON_SCRIPT_TIMEOUT"] ?? NaN);
  const seconds = named > 0 ? named : (await app.config()).cron.script_timeout_seconds;
  return seconds * 1_000;
}
