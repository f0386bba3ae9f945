import { join } from "node:path/posix";
import type { ResultSpill } from "../agent/result_size.ts";
import type { FileStore } from "../core/ports.ts";

/** Keeps results that are too large for the model as files that nobody else can read. */
export function createResultFiles(
  files: Pick<FileStore, "makeDirectory" | "replaceFile">,
  directory: string,
): ResultSpill {
  return {
    async write(callId, text) {
      await files.makeDirectory(directory, { mode: 0o700 });
      const path = join(directory, `${callId.replace(/[^\w-]/g, "_")}.txt`);
      await files.replaceFile(path, text, { mode: 0o600 });
      return path;
    },
  };
}
