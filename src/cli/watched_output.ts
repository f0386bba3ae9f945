import { errnoOf, HermesError } from "../core/errors.ts";
import type { OutputStream } from "../core/ports.ts";

/** Stdout that says in words when it cannot be written: a full disk behind a redirection. */
export function explainedOutput(stream: OutputStream): OutputStream {
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
    },
  };
}

/** Stdout of a run: calls back once when its reader went away, and is explained. */
export function watchedOutput(stream: OutputStream, onReaderLeft: () => void): OutputStream {
  const explained = explainedOutput(stream);
  let hasLeft = false;
  return {
    ...explained,
    async write(text) {
      await explained.write(text);
      if (hasLeft || !stream.isClosed()) return;
      hasLeft = true;
      onReaderLeft();
    },
  };
}
