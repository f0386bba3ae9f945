import { errnoOf, HermesError } from "../core/errors.ts";
import type {
  Clock,
  Env,
  ExitStatus,
  FileStore,
  Host,
  ProcessTable,
  Spawner,
} from "../core/ports.ts";
import { createJsonRpcPeer, type JsonRpcPeer } from "../wire/json_rpc.ts";
import { isDoneWithin } from "../wire/done_within.ts";
import { startGuard } from "./guard.ts";
import { endRun, recordRun, runVariable, sweepRuns } from "./run_records.ts";
import { StderrRing } from "../wire/stderr_ring.ts";
import { WatchedOutput } from "./watched_output.ts";

export interface CodexProcessDeps {
  readonly spawner: Spawner;
  readonly files: FileStore;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly host: Pick<Host, "pid" | "operatingSystem">;
}

export interface CodexProgram {
  /** A name on PATH or a path. */
  readonly bin: string;
  /** The variable or the setting that names it, where one does: what has to be corrected when it is not there. */
  readonly namedBy?: string;
  /** Where codex works: commands run there. */
  readonly cwd: string;
  /** Our whole environment: codex's commands need the user's HOME, gh, git, aws and npm settings. */
  readonly env: Env;
  /** Where running codex processes are noted. */
  readonly recordsDirectory: string;
}

/** A running `codex app-server`. */
export interface CodexProcess {
  readonly peer: JsonRpcPeer;
  readonly stderr: StderrRing;
  /** By this value of `runVariable` in their environment its commands are found again. */
  readonly marker: string;
  /** Resolves when it has ended, and what it wrote to stderr has been read. */
  readonly exited: Promise<ExitStatus>;
  /** Ends it and everything that it started, within about half a second; again: nothing. */
  stop(): Promise<void>;
}

/** Codex ends within 40 ms when its input is closed, taking its commands along; one that hangs is ended after these. */
const closeGraceMs = 300;
const termGraceMs = 150;
/** How long the rest of its output is waited for when it has ended: a child of its own may hold the pipe. */
const drainMs = 100;

/**
 * The path of the codex program.
 * @throws {HermesError} `codex/missing`
 */
export async function findCodex(
  spawner: Pick<Spawner, "find">,
  program: Pick<CodexProgram, "bin" | "namedBy">,
): Promise<string> {
  const path = await spawner.find(program.bin);
  if (path !== undefined) return path;
  throw codexMissing(program);
}

/**
 * Starts `codex app-server`, after ending what an earlier hermes left behind.
 * @throws {HermesError} `codex/missing` when there is none that can be started
 */
export async function startCodex(
  deps: CodexProcessDeps,
  program: CodexProgram,
): Promise<CodexProcess> {
  const path = await findCodex(deps.spawner, program);
  const swept = sweepRuns(deps, program.recordsDirectory);
  const marker = crypto.randomUUID();
  const child = await deps.spawner
    .spawn({
      program: path,
      arguments: ["app-server"],
      cwd: program.cwd,
      env: childEnv(program.env, marker),
      stdin: "pipe",
    })
    .catch((error: unknown) => {
      throw codexMissing({ ...program, bin: path }, error);
    });
  const run = { marker, pid: child.pid };
  const forget = recordRun(deps, program.recordsDirectory, {
    ...run,
    ownerPid: deps.host.pid,
  }).catch(
    // Without a note nothing is swept later: no reason not to run.
    () => () => Promise.resolve(),
  );
  const guard = startGuard(deps, marker);
  const stderr = new StderrRing();
  const stderrRead = readStderr(child.stderr, stderr);
  const output = new WatchedOutput(child.stdout);
  const peer = createJsonRpcPeer({ input: output, write: (text) => child.write(text) });
  const over = new AbortController();
  const exited = child.exited.then(async (status) => {
    await isDoneWithin(deps.clock, stderrRead, drainMs);
    return status;
  });
  const closeWhenDrained = async (): Promise<void> => {
    await child.exited;
    await output.untilDrained(deps.clock, drainMs, over.signal).catch(() => undefined);
    peer.close(new HermesError("stream/no_terminal_event", "codex has ended"));
  };
  void closeWhenDrained();

  const stop = async (): Promise<void> => {
    peer.close(new HermesError("turn/interrupted", "codex is being ended"));
    child.closeStdin();
    if (!(await isDoneWithin(deps.clock, child.exited, closeGraceMs))) {
      child.killGroup("SIGTERM");
      if (!(await isDoneWithin(deps.clock, child.exited, termGraceMs))) child.killGroup("SIGKILL");
    }
    await child.exited;
    over.abort();
    // What it left running: servers in its group, commands in sessions of their own.
    child.killGroup("SIGKILL");
    await endRun(deps, run);
    child.abandon();
    (await guard)();
    await Promise.all([swept, (await forget)()]);
  };
  let stopped: Promise<void> | undefined;
  return {
    peer,
    stderr,
    marker,
    exited,
    stop: () => (stopped ??= stop()),
  };
}

function codexMissing(
  { bin, namedBy }: Pick<CodexProgram, "bin" | "namedBy">,
  cause?: unknown,
): HermesError {
  const missing = bin.includes("/") ? "is not there, or cannot be executed" : "is not on PATH";
  const why = cause === undefined ? missing : `cannot be started (${errnoOf(cause) ?? ""})`;
  return new HermesError("codex/missing", `The codex program ${why}: ${bin}`, {
    cause,
    hint:
      namedBy === undefined
        ? "npm install -g @openai/codex, or name it: hermes config set codex.bin PATH"
        : `${namedBy} names it: correct that, or take it away`,
  });
}

function childEnv(env: Env, marker: string): Record<string, string> {
  const given = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { RUST_LOG: "warn", ...Object.fromEntries(given), [runVariable]: marker };
}

async function readStderr(chunks: AsyncIterable<Uint8Array>, ring: StderrRing): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of chunks) ring.push(decoder.decode(chunk, { stream: true }));
}
