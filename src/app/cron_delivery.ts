import { dirname, isAbsolute, join } from "node:path/posix";
import type { DeliveryReport, DeliveryTarget, Job, JobRun, RunStatus } from "../core/cron.ts";
import { errnoOf } from "../core/errors.ts";
import type { FileStore } from "../core/ports.ts";
import type { RunOutcome } from "../cron/run_job.ts";
import { jobEnv } from "./cron_env.ts";
import { runProgram } from "./cron_program.ts";
import { runIdVariable } from "./cron_script.ts";
import { callWebhook } from "./cron_webhook.ts";
import type { AppParts } from "./parts.ts";

/** A command that takes an outcome may run so long, in ms. */
const commandTimeoutMs = 60_000;
/** What is told of what it printed when it failed, in characters. */
const shownOutput = 300;

/** What is told of a run: an outcome, or why there is none. */
export interface Told {
  readonly status: RunStatus;
  readonly exitCode: number | null;
  readonly text: string;
}

/**
 * What people get of a run: the outcome as it is, or an alert that says what went wrong and what shows more of it.
 */
export function tell({ id, name }: Job, outcome: Omit<RunOutcome, "sessionId" | "usage">): Told {
  const { status, exitCode, error, text } = outcome;
  if (error === null) return { status, exitCode, text: text.trim() };
  const parts = [
    `⚠️ The job "${name}" ${verdicts[status] ?? status}: ${error.message} (${error.code})`,
    text.trim(),
    ...(error.hint === undefined ? [] : [`hint: ${error.hint}`]),
    `hermes cron history ${id}`,
  ];
  return { status, exitCode, text: parts.filter((part) => part !== "").join("\n\n") };
}

const verdicts: Readonly<Partial<Record<RunStatus, string>>> = {
  failed: "failed",
  interrupted: "was stopped in the middle",
  missed: "was not run",
  lost: "was lost",
};

/**
 * Takes what is told of a run to each target of its job, whatever becomes of the others. The outcome's own file is no
 * delivery. Never rejects.
 */
export async function deliver(
  app: AppParts,
  { job, run, told }: { readonly job: Job; readonly run: JobRun; readonly told: Told },
  signal: AbortSignal,
): Promise<readonly DeliveryReport[]> {
  const redactor = await app.redactor();
  const message = { job, run, told: { ...told, text: redactor.boundary(told.text) } };
  const targets = job.deliver.filter(({ kind }) => kind !== "local");
  return await Promise.all(
    targets.map(async (target): Promise<DeliveryReport> => {
      const { attempts, problem } = await deliverTo(app, target, message, signal).catch(unexpected);
      if (problem === undefined) return { target, isDelivered: true, attempts };
      return { target, isDelivered: false, attempts, problem: redactor.boundary(problem) };
    }),
  );
}

interface Message {
  readonly job: Job;
  readonly run: JobRun;
  readonly told: Told;
}

interface Delivered {
  readonly attempts: number;
  readonly problem?: string;
}

async function deliverTo(
  app: AppParts,
  target: DeliveryTarget,
  message: Message,
  signal: AbortSignal,
): Promise<Delivered> {
  switch (target.kind) {
    case "local":
      return { attempts: 0 };
    case "file":
      return await appendTo(app, target.path, message);
    case "command":
      return await handTo(app, target.command, message, signal);
    case "webhook":
      return await post(app, target.url, message, signal);
    default:
      return target satisfies never;
  }
}

async function appendTo(
  { ports }: AppParts,
  named: string,
  { job, run, told }: Message,
): Promise<Delivered> {
  const { files, host, clock } = ports;
  const path = isAbsolute(named) ? named : join(host.homeDirectory, named);
  const stat = await files.stat(path);
  // A pipe without a reader would hold everything up, and for ever.
  if (stat && stat.kind !== "file") return { attempts: 0, problem: `It is not a file: ${path}` };
  const name = job.name.replace(/\s+/g, " ");
  const head = `## ${name}, ${new Date(clock.now()).toISOString()}, ${told.status}, ${run.id}`;
  await files.makeDirectory(dirname(path), { mode: 0o700 });
  await files.appendFile(path, `${head}\n\n${told.text}\n\n`, { mode: 0o600 });
  return { attempts: 1 };
}

async function handTo(
  app: AppParts,
  command: string,
  { job, run, told }: Message,
  signal: AbortSignal,
): Promise<Delivered> {
  const env = await jobEnv(app, {
    HERMES_JOB_ID: job.id,
    HERMES_JOB_NAME: job.name,
    HERMES_RUN_ID: run.id,
    // What is left of it when this process dies is found by it.
    [runIdVariable]: run.id,
    HERMES_RUN_STATUS: told.status,
    HERMES_RUN_EXIT_CODE: String(told.exitCode ?? ""),
    HERMES_RUN_STARTED_AT: new Date(run.startedAt).toISOString(),
  });
  const { isLate, exitCode, stdout, stderr } = await runProgram(
    app.ports,
    {
      program: "/bin/sh",
      arguments: ["-c", command],
      cwd: app.ports.host.homeDirectory,
      env,
      input: `${told.text}\n`,
      timeoutMs: commandTimeoutMs,
    },
    signal,
  );
  if (isLate) return { attempts: 1, problem: `It took longer than ${commandTimeoutMs / 1_000} s` };
  if (exitCode === 0) return { attempts: 1 };
  const said = (stderr.trim() || stdout.trim()).slice(-shownOutput);
  return {
    attempts: 1,
    problem: `It ended with exit code ${exitCode}${said === "" ? "" : `: ${said}`}`,
  };
}

async function post(
  app: AppParts,
  url: string,
  { job, run, told }: Message,
  signal: AbortSignal,
): Promise<Delivered> {
  const { clock } = app.ports;
  const [config, secret] = await Promise.all([app.config(), webhookSecret(app)]);
  const body = JSON.stringify({
    job: { id: job.id, name: job.name },
    run: run.id,
    status: told.status,
    exitCode: told.exitCode,
    text: told.text,
    at: new Date(clock.now()).toISOString(),
  });
  const call = {
    url,
    body,
    secret,
    // That a run was lost is news, even to who was told of it just before its process died.
    key: told.status === "lost" ? `${run.id}-lost` : run.id,
    mayBePrivate: config.security.allow_private_urls,
  };
  return await callWebhook(app.ports, call, signal);
}

/** What the webhooks of this home are signed with; made when it is needed first, for the user alone. */
async function webhookSecret(app: AppParts): Promise<string> {
  const { files } = app.ports;
  const { webhookKeyFile: path } = app.paths.cron;
  const read = async (): Promise<string> => await readIfThere(files, path);
  let secret = await read();
  if (secret === "") {
    await files.makeDirectory(dirname(path), { mode: 0o700 });
    secret = await files.withLock(`${path}.lock`, async () => {
      const written = await read();
      if (written !== "") return written;
      const made = crypto.getRandomValues(new Uint8Array(32)).toHex();
      await files.replaceFile(path, `${made}\n`, { mode: 0o600, isModeFixed: true });
      return made;
    });
  }
  (await app.redactor()).addSecret(secret);
  return secret;
}

async function readIfThere(files: FileStore, path: string): Promise<string> {
  try {
    return (await files.readText(path)).trim();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return "";
    throw error;
  }
}

function unexpected(error: unknown): Delivered {
  return { attempts: 1, problem: error instanceof Error ? error.message : String(error) };
}
