import * as fs from "node:fs/promises";
import type { Stats } from "node:fs";
import { dirname, join, resolve } from "node:path/posix";
import { errnoOf } from "../core/errors.ts";

/**
 * Writes a whole file so that a reader, or a machine that loses power, sees the old or the new one and never a part:
 * a temporary file beside it, fsync, rename, fsync of the directory. Follows a symlink, also one whose target is
 * absent. An existing file keeps its mode (but with `isModeFixed`) and, where that is permitted, its owner; `mode` is for
 * a new one. A pipe or a device (`/dev/null`) is written to. `lastCheck` runs right before the rename.
 */
export async function replaceFile(
  path: string,
  data: string | Uint8Array,
  options: {
    readonly mode?: number;
    readonly isModeFixed?: true;
    readonly lastCheck?: () => Promise<void>;
  } = {},
): Promise<void> {
  const found = await statOf(path);
  if (found && !found.isFile() && !found.isDirectory()) {
    await fs.appendFile(path, data);
    return;
  }
  const target = await followLinks(path);
  const existing = await statOf(target);
  const directory = dirname(target);
  // Not derived from the target's name, which may already be as long as a name can be.
  const temporary = join(directory, `.hermes-${crypto.randomUUID()}.tmp`);
  try {
    const file = await fs.open(temporary, "wx", options.mode ?? 0o666);
    try {
      if (existing) await keepAttributes(file, existing, options.isModeFixed !== true);
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await options.lastCheck?.();
    await fs.rename(temporary, target);
  } catch (error) {
    await fs.unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncDirectory(directory);
}

/** The path that a write would reach; the kernel's own limit on links in a row is 40. */
async function followLinks(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links < 40; links++) {
    try {
      target = resolve(dirname(target), await fs.readlink(target));
    } catch (error) {
      // EINVAL: there, and no link. ENOENT: it will be created.
      const errno = errnoOf(error);
      if (errno === "EINVAL" || errno === "ENOENT" || errno === "UNKNOWN") return target;
      throw error;
    }
  }
  // A loop: the kernel reports it in its own words.
  await fs.stat(path);
  return target;
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await fs.stat(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function keepAttributes(
  file: fs.FileHandle,
  existing: Stats,
  keepsMode: boolean,
): Promise<void> {
  if (existing.uid !== process.getuid?.() || existing.gid !== process.getgid?.()) {
    // Only root may give files away; without that the new file belongs to who wrote it.
    await file.chown(existing.uid, existing.gid).catch(() => undefined);
  }
  if (keepsMode) await file.chmod(existing.mode & 0o7777);
}

/** Makes the rename itself durable. Some network file systems have no fsync of directories. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await fs.open(path, "r");
  try {
    await directory.sync();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== "EINVAL" && errno !== "ENOTSUP" && errno !== "EISDIR") throw error;
  } finally {
    await directory.close();
  }
}
