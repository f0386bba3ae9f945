import type { ChildProcess, Clock, ExitStatus } from "../../core/ports.ts";
import type { CapturedOutput } from "./captured_output.ts";
import type { LiveOutput } from "./live_output.ts";
import { endGroup, interruptGraceMs, timeoutGraceMs, within } from "./shell_runner.ts";

/** How long the pipes of a command that has ended may be silent before they are given up, in milliseconds. */
const silenceMs = 100;
/** And how long they are read at all: another program holds them. */
const maxDrainMs = 1_000;

/** How a command ended. */
export interface CommandEnd {
  readonly kind: "exited" | "timeout" | "interrupted";
  /** Undefined when not even SIGKILL ended it. */
  readonly status: ExitStatus | undefined;
  /** Whether programs that it started still hold its pipes. */
  readonly isHeldOpen: boolean;
}

export interface CommandRun {
  readonly child: ChildProcess;
  readonly output: CapturedOutput;
  readonly live: LiveOutput;
  readonly timeoutMs: number;
}

/** Reads a command's output until it ends, takes too long or is interrupted; its group is then ended. */
export async function runToEnd(
  clock: Clock,
  { child, output, live, timeoutMs }: CommandRun,
  signal: AbortSignal,
): Promise<CommandEnd> {
  const read = async (stream: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const bytes of stream) {
      live.push(output.push(bytes));
      await output.settle();
    }
  };
  const readers = Promise.all([read(child.stdout), read(child.stderr)]);
  // Awaited below in every case; a failure meanwhile must not count as unhandled.
  readers.catch(() => undefined);
  const kind = await firstOf(clock, child, { timeoutMs, signal });
  if (kind !== "exited") {
    await endGroup(clock, child, kind === "timeout" ? timeoutGraceMs : interruptGraceMs);
  }
  let isHeldOpen = true;
  try {
    isHeldOpen = !(await drained(clock, readers, output));
  } finally {
    child.abandon();
  }
  await readers;
  const hasEnded = await within(clock, child.exited, 0);
  return { kind, status: hasEnded ? await child.exited : undefined, isHeldOpen };
}

async function firstOf(
  clock: Clock,
  child: ChildProcess,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<CommandEnd["kind"]> {
  const settled = new AbortController();
  const either = AbortSignal.any([signal, settled.signal]);
  const waiting = clock.sleep(timeoutMs, either).then(
    (): CommandEnd["kind"] => "timeout",
    (): CommandEnd["kind"] => "interrupted",
  );
  try {
    return await Promise.race([child.exited.then((): CommandEnd["kind"] => "exited"), waiting]);
  } finally {
    settled.abort();
  }
}

/** Whether the pipes came to their end; false when another program keeps them open. */
async function drained(
  clock: Clock,
  readers: Promise<unknown>,
  output: CapturedOutput,
): Promise<boolean> {
  const start = clock.monotonic();
  for (let seen = -1; clock.monotonic() - start < maxDrainMs;) {
    if (await within(clock, readers, silenceMs)) return true;
    if (seen === output.totalBytes) return false;
    seen = output.totalBytes;
  }
  return false;
}
