import type { Clock, FileStore } from "../../core/ports.ts";
import { keepCopy, withMemoryLock, writeMemoryFile } from "./memory_file.ts";
import { memoryPath, type MemoryTarget } from "./memory_files.ts";

/** What was emptied, and where it is kept as it was. */
export interface ResetMemory {
  readonly target: MemoryTarget;
  /** Absolute path of the copy. */
  readonly copy: string;
}

/**
 * Empties the memory of a target after a copy of its file has been made, whatever is in it. Undefined where there is
 * nothing to empty.
 * @throws the operating system's error
 */
export async function resetMemory(
  { files, clock }: { readonly files: FileStore; readonly clock: Pick<Clock, "now"> },
  directory: string,
  target: MemoryTarget,
): Promise<ResetMemory | undefined> {
  const path = memoryPath(directory, target);
  if ((await files.stat(path)) === undefined) return undefined;
  return await withMemoryLock(files, path, async () => {
    const bytes = await files.readBytes(path);
    if (bytes.length === 0) return undefined;
    const copy = await keepCopy(files, { path, bytes }, clock.now());
    // Emptied, not removed: its owner may have put a link there.
    await writeMemoryFile(files, path, "");
    return { target, copy };
  });
}
