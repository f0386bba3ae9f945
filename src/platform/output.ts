import { write } from "node:fs";
import { errnoOf } from "../core/errors.ts";
import type { OutputStream } from "../core/ports.ts";
import { descriptorKind } from "./descriptor.ts";

/** How long a non-blocking pipe that is full is left alone before the next attempt, in milliseconds. */
const fullPipePauseMs = 2;

/** stdout or stderr of this process, written by its descriptor: `process.stdout` would cost 7 ms at the start. */
export function openOutput(fd: 1 | 2): OutputStream {
  let last: Promise<void> = Promise.resolve();
  let isClosed = false;
  const writeAll = async (bytes: Uint8Array): Promise<void> => {
    if (isClosed) return;
    try {
      for (let rest = bytes; rest.length > 0;) {
        rest = rest.subarray(await writeSome(fd, rest));
      }
    } catch (error) {
      if (!hasNoReader(error)) throw error;
      isClosed = true;
    }
  };
  return {
    isTty: descriptorKind(fd) === "tty",
    columns: () => (fd === 1 ? process.stdout : process.stderr).columns,
    isClosed: () => isClosed,
    write(text) {
      const bytes = new TextEncoder().encode(text);
      const written = last.then(() => writeAll(bytes));
      // A failure belongs to its own write; the next one tries again.
      last = written.catch(() => undefined);
      return written;
    },
  };
}

/** A pipe whose reader ended, a socket that was reset, a terminal that was closed. */
function hasNoReader(error: unknown): boolean {
  return ["EPIPE", "ECONNRESET", "EIO"].includes(errnoOf(error) ?? "");
}

/** Resolves with the number of bytes that the system took; the thread pool waits for a slow reader, the program does not. */
async function writeSome(fd: number, bytes: Uint8Array): Promise<number> {
  const result = await new Promise<number | Error>((resolve) => {
    write(fd, bytes, (error, count) => resolve(error ?? count));
  });
  if (typeof result === "number") return result;
  if (errnoOf(result) !== "EAGAIN") throw result;
  // Whoever shares the pipe made it non-blocking, and no event tells when there is room again.
  await new Promise((resolve) => {
    setTimeout(resolve, fullPipePauseMs);
  });
  return 0;
}
