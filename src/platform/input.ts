import { read } from "node:fs";
import { errnoOf } from "../core/errors.ts";
import type { InputStream } from "../core/ports.ts";
import { ChunkReader } from "./chunk_reader.ts";
import { descriptorKind } from "./descriptor.ts";

const chunkBytes = 64 * 1024;

/** stdin of this process. */
export function openInput(): InputStream {
  const kind = descriptorKind(0);
  return { kind, chunks: (signal) => readInput(kind, signal) };
}

async function* readInput(
  kind: InputStream["kind"],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  switch (kind) {
    case "null":
      return;
    case "file":
      yield* readFile(signal);
      return;
    case "pipe":
      yield* readStream(signal);
      return;
    case "tty":
      yield* readTerminal(signal);
      return;
    default:
      kind satisfies never;
  }
}

/** From where the descriptor stands: a shell may have read a part of the file. */
async function* readFile(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void> {
  while (true) {
    signal?.throwIfAborted();
    const buffer = new Uint8Array(chunkBytes);
    const count = await new Promise<number | Error>((resolve) => {
      read(0, buffer, 0, chunkBytes, null, (error, bytes) => resolve(error ?? bytes));
    });
    if (typeof count !== "number") throw count;
    if (count === 0) return;
    yield buffer.subarray(0, count);
  }
}

/**
 * A read in the thread pool could not be taken back; a stream can be closed, and then keeps no process alive (Deno
 * still waits for the pipe then, until the process exits explicitly).
 */
async function* readStream(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void> {
  const reader = new ChunkReader(process.stdin);
  try {
    yield* reader.chunks(signal);
  } finally {
    reader.close();
  }
}

/** Lines that are typed. The terminal stays open, for what else is asked there. */
async function* readTerminal(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void> {
  const { stdin } = process;
  // After Ctrl-D nothing more comes.
  if (stdin.readableEnded) return;
  stdin.ref();
  const reader = new ChunkReader(stdin);
  try {
    yield* reader.chunks(signal);
  } finally {
    reader.detach();
    stdin.pause();
    stdin.unref();
  }
}

/**
 * What is typed, key by key and unechoed, decoded as UTF-8. Cooked mode is restored when the iteration ends; it ends
 * with the signal or with the terminal.
 */
export async function* readKeys(signal: AbortSignal): AsyncGenerator<string, void> {
  const { stdin } = process;
  // After Ctrl-D in a line nothing more comes.
  if (signal.aborted || stdin.readableEnded) return;
  stdin.setRawMode(true);
  stdin.ref();
  const reader = new ChunkReader(stdin);
  const onAbort = (): void => reader.detach();
  signal.addEventListener("abort", onAbort, { once: true });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of reader.chunks()) {
      const text = decoder.decode(chunk, { stream: true });
      if (text !== "") yield text;
    }
  } catch (error) {
    // The terminal went away.
    if (errnoOf(error) !== "EIO") throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    reader.detach();
    stdin.setRawMode(false);
    stdin.pause();
    stdin.unref();
  }
}

/** Stops this process and its group, in cooked mode; resolves when the shell has continued it. */
export async function suspendProcess(): Promise<void> {
  const { stdin } = process;
  const wasRaw = stdin.isRaw;
  const continued = new Promise<void>((resolve) => {
    process.once("SIGCONT", () => resolve());
  });
  if (wasRaw) stdin.setRawMode(false);
  // The whole group, as the terminal itself would: a shell script that started us stops, too.
  process.kill(0, "SIGTSTP");
  await continued;
  if (wasRaw) stdin.setRawMode(true);
}
