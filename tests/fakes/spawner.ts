import type { ChildProcess, ExitStatus, Spawner, SpawnRequest } from "../../src/core/ports.ts";

/** A program of the tests: what it does with its process until it returns its end (a number is its exit code) or is killed. */
export type FakeProgram = (
  process: FakeProcess,
) => Promise<number | ExitStatus> | number | ExitStatus;

/** The inside of a fake program. */
export interface FakeProcess {
  readonly request: SpawnRequest;
  /** What was written to its input so far. */
  readonly input: string[];
  /** The same as it comes, up to the end of its input; for one reader. */
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly print: (text: string | Uint8Array) => void;
  readonly printError: (text: string | Uint8Array) => void;
  /** Ends its output, while it lives on. */
  readonly closeOutput: () => void;
  /** Resolves with the signal that it got; SIGKILL ends it in any case. */
  readonly signaled: Promise<"SIGINT" | "SIGTERM">;
  /** Whether SIGTERM is passed over. */
  readonly ignoreSignals: () => void;
  /** Keeps the pipes open after the program has ended, as a child in the background does. */
  readonly holdPipes: () => void;
  /** Leaves somebody of its group behind when it ends, who obeys signals as it does itself. */
  readonly leaveChild: () => void;
}

export interface FakeSpawner extends Spawner {
  readonly requests: readonly SpawnRequest[];
  /** Every signal that a group got, in order. */
  readonly signals: readonly string[];
}

export interface FakeSpawnerOptions {
  /** Programs that `find` knows, by name; their paths are `/usr/bin/<name>`. */
  readonly programs?: readonly string[];
  /** Thrown by the first starts, one each. */
  readonly failures?: readonly Error[];
}

/** A spawner whose every child is the given program. */
export function createFakeSpawner(
  program: FakeProgram,
  { programs = ["bash"], failures = [] }: FakeSpawnerOptions = {},
): FakeSpawner {
  const requests: SpawnRequest[] = [];
  const signals: string[] = [];
  const pendingFailures = [...failures];
  return {
    requests,
    signals,
    spawn(request) {
      requests.push(request);
      const failure = pendingFailures.shift();
      if (failure) return Promise.reject(failure);
      return Promise.resolve(startProgram(program, request, { pid: requests.length, signals }));
    },
    runInForeground: () => Promise.resolve({ code: 0, signal: null }),
    find: (name) => Promise.resolve(programs.includes(name) ? `/usr/bin/${name}` : undefined),
  };
}

function startProgram(
  program: FakeProgram,
  request: SpawnRequest,
  { pid, signals }: { readonly pid: number; readonly signals: string[] },
): ChildProcess {
  const stdin = new FakePipe();
  const stdout = new FakePipe();
  const stderr = new FakePipe();
  const exit = Promise.withResolvers<ExitStatus>();
  const signaled = Promise.withResolvers<"SIGINT" | "SIGTERM">();
  const input: string[] = [];
  let ignoresSignals = false;
  let holdsPipes = false;
  let isOver = false;
  let leavesChild = false;
  const end = (status: ExitStatus): void => {
    isOver = true;
    exit.resolve(status);
    stdin.close();
    if (holdsPipes) return;
    stdout.close();
    stderr.close();
  };
  const hasGroup = (): boolean => !isOver || leavesChild;
  const run = async (): Promise<void> => {
    const status = await program({
      request,
      input,
      stdin,
      print: (data) => stdout.push(data),
      printError: (data) => stderr.push(data),
      closeOutput: () => stdout.close(),
      signaled: signaled.promise,
      ignoreSignals: () => {
        ignoresSignals = true;
      },
      holdPipes: () => {
        holdsPipes = true;
        leavesChild = true;
      },
      leaveChild: () => {
        leavesChild = true;
      },
    });
    if (!isOver) end(typeof status === "number" ? { code: status, signal: null } : status);
  };
  void run();
  return {
    pid,
    stdout,
    stderr,
    exited: exit.promise,
    write(data) {
      if (isOver) return Promise.reject(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
      input.push(typeof data === "string" ? data : new TextDecoder().decode(data));
      stdin.push(data);
      return Promise.resolve();
    },
    closeStdin() {
      input.push("<end>");
      stdin.close();
    },
    killGroup(signal) {
      const wasThere = hasGroup();
      signals.push(signal);
      if (signal === "SIGKILL") {
        holdsPipes = false;
        leavesChild = false;
        end({ code: null, signal });
        return wasThere;
      }
      signaled.resolve(signal);
      if (!ignoresSignals) leavesChild = false;
      if (!isOver && !ignoresSignals) end({ code: null, signal });
      return wasThere;
    },
    hasGroup,
    abandon() {
      stdout.close();
      stderr.close();
    },
  };
}

/** Chunks in the order in which they were pushed, up to `close`; what is pushed after it is lost. */
class FakePipe implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #isClosed = false;
  #wake: () => void = () => undefined;

  push(data: string | Uint8Array): void {
    if (this.#isClosed) return;
    this.#chunks.push(typeof data === "string" ? new TextEncoder().encode(data) : data);
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    while (true) {
      const chunk = this.#chunks.shift();
      if (chunk) {
        yield chunk;
        continue;
      }
      if (this.#isClosed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
