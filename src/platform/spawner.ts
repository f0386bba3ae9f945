import type { ChildProcess as NodeChild } from "node:child_process";
import { access, constants, stat } from "node:fs/promises";
import { join, resolve as absolute } from "node:path/posix";
import type { Readable } from "node:stream";
import { errnoOf } from "../core/errors.ts";
import type { ChildProcess, Env, ExitStatus, Spawner, SpawnRequest } from "../core/ports.ts";
import { ChunkReader } from "./chunk_reader.ts";

/** Starts programs of this machine; `find` takes PATH from `env`. */
export function createSpawner(env: Env): Spawner {
  return {
    spawn,
    find: (program) => findProgram(program, env["PATH"] ?? ""),
    runInForeground,
  };
}

/** In our own process group and with our own streams: Ctrl-C and job control reach it as they would from a shell. */
async function runInForeground(request: Omit<SpawnRequest, "stdin">): Promise<ExitStatus> {
  const childProcess = await import("node:child_process");
  const child = childProcess.spawn(request.program, [...request.arguments], {
    cwd: request.cwd,
    env: withoutBunOptions(request.env),
    stdio: "inherit",
  });
  return await new Promise((resolve, reject) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", reject);
  });
}

async function spawn(request: SpawnRequest): Promise<ChildProcess> {
  // 0.4 ms that a run without children saves.
  const childProcess = await import("node:child_process");
  const child = childProcess.spawn(request.program, [...request.arguments], {
    cwd: request.cwd,
    env: withoutBunOptions(request.env),
    // A session and a process group of its own: it can be ended with all its descendants, and no password prompt can
    // reach for the person's terminal.
    detached: true,
    stdio: [request.stdin === "pipe" ? "pipe" : "ignore", "pipe", "pipe"],
  });
  const started = new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => reject(hadBegun(error) ? endedAtOnce(error) : error));
  });
  // What could not be started has no pipes, either.
  if (child.pid === undefined) await started;
  const running = new RunningChild(child);
  await started;
  if (!request.outlivesUs) endWithUs(running);
  return running;
}

/** Bun starts a program before it has the descriptor that tells of its end, and ends it where there is none left. */
function hadBegun(error: Error): boolean {
  return error.message.includes("pidfd_open");
}

/** Without an errno that says "try again": what has begun may have done something already. */
function endedAtOnce(error: Error): Error {
  return new Error(`It was ended as soon as it had begun: ${error.message}`, { cause: error });
}

/** Children of whose group somebody was there when it was looked at last. */
const alive = new Set<RunningChild>();

/** Whoever leaves in a hurry cannot wait for its children: their groups die with this process. */
function endWithUs(child: RunningChild): void {
  if (alive.size === 0) process.once("exit", endAll);
  alive.add(child);
  void child.exited.then(forgetEmptyGroups);
}

/** Nobody tells when the last of a group ends after its leader: all groups are looked at whenever a leader ends. */
function forgetEmptyGroups(): void {
  for (const child of alive) if (!child.hasGroup()) alive.delete(child);
  if (alive.size === 0) process.off("exit", endAll);
}

function endAll(): void {
  for (const child of alive) child.killGroup("SIGKILL");
}

/** Both variables make a child that was built with Bun run something else than its own program. */
function withoutBunOptions(env: Readonly<Record<string, string>>): Record<string, string> {
  const { BUN_OPTIONS: _options, BUN_BE_BUN: _beBun, ...rest } = env;
  return rest;
}

class RunningChild implements ChildProcess {
  readonly exited: Promise<ExitStatus>;
  readonly #child: NodeChild;
  readonly #stdout: ChunkReader;
  readonly #stderr: ChunkReader;
  #isGroupGone = false;

  constructor(child: NodeChild) {
    this.#child = child;
    this.#stdout = new ChunkReader(pipeOf(child.stdout));
    this.#stderr = new ChunkReader(pipeOf(child.stderr));
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    // Failures to write are reported by `write`.
    child.stdin?.on("error", () => undefined);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new TypeError("The child was not started");
    return this.#child.pid;
  }

  get stdout(): AsyncIterable<Uint8Array> {
    return untilClosed(this.#stdout);
  }

  get stderr(): AsyncIterable<Uint8Array> {
    return untilClosed(this.#stderr);
  }

  write(data: string | Uint8Array): Promise<void> {
    const { stdin } = this.#child;
    if (!stdin) throw new TypeError("The child was started without a pipe to its stdin");
    return new Promise((resolve, reject) => {
      stdin.write(data, (error) => {
        if (!error) resolve();
        else reject(errnoOf(error) === "ERR_STREAM_DESTROYED" ? brokenPipe() : error);
      });
    });
  }

  closeStdin(): void {
    this.#child.stdin?.end();
  }

  killGroup(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): boolean {
    return this.#signalGroup(signal);
  }

  hasGroup(): boolean {
    // Signal 0 only looks (POSIX kill).
    return this.#signalGroup(0);
  }

  #signalGroup(signal: "SIGINT" | "SIGTERM" | "SIGKILL" | 0): boolean {
    // An empty group's number may be given to somebody else.
    if (this.#isGroupGone) return false;
    try {
      return process.kill(-this.pid, signal);
    } catch (error) {
      // macOS says EPERM of a group in which only zombies are left.
      const errno = errnoOf(error);
      if (errno !== "ESRCH" && errno !== "EPERM") throw error;
      this.#isGroupGone = errno === "ESRCH";
      return false;
    }
  }

  abandon(): void {
    this.#stdout.close();
    this.#stderr.close();
    this.#child.stdin?.destroy();
    this.#child.unref();
  }
}

/** What the system says of a pipe without a reader; a stream that has noticed it before says something of its own. */
function brokenPipe(): Error {
  return Object.assign(new Error("EPIPE: broken pipe, write"), { code: "EPIPE" });
}

function pipeOf(stream: Readable | null): Readable {
  if (!stream) throw new TypeError("The child was started without a pipe");
  return stream;
}

/** The chunks of a pipe, which is closed when its consumer has enough. */
async function* untilClosed(reader: ChunkReader): AsyncGenerator<Uint8Array, void> {
  try {
    yield* reader.chunks();
  } finally {
    reader.close();
  }
}

async function findProgram(program: string, path: string): Promise<string | undefined> {
  if (program.includes("/")) return (await isExecutable(program)) ? absolute(program) : undefined;
  for (const directory of path.split(":")) {
    // A relative entry (or an empty one, the current directory) would run whatever a checked-out project brings along.
    if (!directory.startsWith("/")) continue;
    const candidate = join(directory, program);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
