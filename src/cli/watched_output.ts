import { errnoOf, HermesError } from "../core/errors.ts";
import type { OutputStream } from "../core/ports.ts";

/**
 * Stdout of a run: calls back once when its reader went away, and says in words when it cannot be written (a full
 * disk behind a redirection).
 */
export function watchedOutput(stream: OutputStream, onReaderLeft: () => void): OutputStream {
  let hasLeft = false;
  return {
    isTty: stream.isTty,
    columns: () => stream.columns(),
    isClosed: () => stream.isClosed(),
    async write(text) {
      try {
        await stream.write(text);
      } catch (error) {
        throw new HermesError(
          "file/unwritable",
          `Cannot write to stdout: ${errnoOf(error) ?? String(error)}`,
          { cause: error, hint: "free some space where stdout goes to" },
        );
      }
      if (hasLeft || !stream.isClosed()) return;
      hasLeft = true;
      onReaderLeft();
    },
  };
}
