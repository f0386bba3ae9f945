import { errnoOf, HermesError } from "../core/errors.ts";
import type { FileStore } from "../core/ports.ts";

/**
 * Writes a file that the user named with `-o`. `what` says what is written: `the export`.
 * @throws {HermesError} `file/unwritable` with the errno
 */
export async function writeNamedFile(
  files: Pick<FileStore, "replaceFile">,
  path: string,
  { text, what }: { readonly text: string; readonly what: string },
): Promise<void> {
  try {
    await files.replaceFile(path, text);
  } catch (error) {
    throw new HermesError(
      "file/unwritable",
      `Cannot write ${what}: ${path} (${errnoOf(error) ?? String(error)})`,
      { cause: error, hint: "free some space or choose another file with -o" },
    );
  }
}
