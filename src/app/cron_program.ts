import { abortError } from "../core/errors.ts";
import type { ChildProcess, Clock, Spawner, SpawnRequest } from "../core/ports.ts";
import { KeptOutput } from "../tools/shell/kept_output.ts";
import {
  endGroup,
  endLeftBehind,
  exitCodeOf,
  spawnPatiently,
  timeoutGraceMs,
  within,
} from "../tools/shell/shell_runner.ts";

/** What is kept of a program's output, in bytes. */
const keptStdout = 256 * 1024;
const keptStderr = 16 * 1024;

/** How long pipes are read that somebody outside of the group holds after all of it has ended, in ms. */
const drainMs = 1_000;

export interface ProgramDeps {
  readonly spawner: Spawner;
  readonly clock: Clock;
}

export interface ProgramRequest extends Omit<SpawnRequest, "stdin"> {
  /** What it reads; nothing where absent. */
  readonly input?: string;
  readonly timeoutMs: number;
}

/** How a program ended. */
export interface ProgramEnd {
  /** It took too long, and was ended. */
  readonly isLate: boolean;
  /** 128 + n where signal n ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end with whatever it started: its group is gone when this resolves, and of what it prints the
 * beginning and the end are kept.
 * @throws the operating system's error when it cannot be started; what the signal was aborted with
 */
export async function runProgram(
  deps: ProgramDeps,
  { input, timeoutMs, ...request }: ProgramRequest,
  signal: AbortSignal,
): Promise<ProgramEnd> {
  const { clock } = deps;
  const stdin = input === undefined ? "null" : "pipe";
  const child = await spawnPatiently(deps, { ...request, stdin }, signal);
  const stdout = new KeptOutput(keptStdout);
  const stderr = new KeptOutput(keptStderr);
  const readers = Promise.all([read(child.stdout, stdout), read(child.stderr, stderr)]);
  // Awaited below in every case; a failure meanwhile must not count as unhandled.
  readers.catch(() => undefined);
  if (input !== undefined) feed(child, input);
  try {
    const end = await firstOf(clock, child, { timeoutMs, signal });
    if (end === "exited") await endLeftBehind(clock, child, timeoutGraceMs);
    else await endGroup(clock, child, timeoutGraceMs);
    await within(clock, readers, drainMs);
    if (end === "aborted") throw abortError(signal);
    const hasEnded = await within(clock, child.exited, 0);
    return {
      isLate: end === "late",
      exitCode: hasEnded ? exitCodeOf(await child.exited) : 137,
      stdout: stdout.text(),
      stderr: stderr.text(),
    };
  } finally {
    child.abandon();
  }
}

async function read(stream: AsyncIterable<Uint8Array>, output: KeptOutput): Promise<void> {
  for await (const bytes of stream) output.push(bytes);
}

/** Nobody waits for it: a program need not read what it is given. */
function feed(child: ChildProcess, input: string): void {
  void child.write(input).then(
    () => child.closeStdin(),
    () => undefined,
  );
}

async function firstOf(
  clock: Clock,
  child: ChildProcess,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<"exited" | "late" | "aborted"> {
  const settled = new AbortController();
  const either = AbortSignal.any([signal, settled.signal]);
  const waiting = clock.sleep(timeoutMs, either).then(
    () => "late" as const,
    () => "aborted" as const,
  );
  try {
    return await Promise.race([child.exited.then(() => "exited" as const), waiting]);
  } finally {
    settled.abort();
  }
}
