import * as fs from "node:fs/promises";
import type { Stats } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path/posix";
import { errnoOf } from "../core/errors.ts";
import type { FileStat, FileStore } from "../core/ports.ts";
import { withLock } from "./file_lock.ts";
import { replaceFile } from "./replace_file.ts";

const chunkBytes = 64 * 1024;

/** The files of this machine. */
export const machineFiles: FileStore = {
  replaceFile,
  async readBytes(path) {
    const { buffer, byteOffset, byteLength } = await fs.readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  },
  readText: (path) => fs.readFile(path, "utf8"),
  async *readChunks(path, { offset = 0 } = {}) {
    const file = await fs.open(path, "r");
    try {
      for (let position = offset; ;) {
        // A new buffer each time: the consumer may keep what it was given.
        const buffer = new Uint8Array(chunkBytes);
        const { bytesRead } = await file.read(buffer, 0, chunkBytes, position);
        if (bytesRead === 0) return;
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  },
  async appendFile(path, data, options) {
    await fs.appendFile(path, data, options ?? {});
  },
  stat: (path) => statOrAbsent(fs.stat(path)),
  linkStat: (path) => statOrAbsent(fs.lstat(path)),
  realPath: (path) => fs.realpath(path),
  async list(path) {
    const entries = await fs.readdir(path, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  },
  makeDirectory: (path, { mode = 0o777 } = {}) => makeDirectory(path, mode),
  rename: (from, to) => fs.rename(from, to),
  async remove(path, { recursive = false } = {}) {
    if (recursive) await fs.rm(path, { recursive: true });
    else await fs.unlink(path);
  },
  withLock: (path, work, patienceMs) => withLock(path, work, patienceMs),
  makeTemporaryDirectory: (prefix) => fs.mkdtemp(join(tmpdir(), prefix)),
};

async function statOrAbsent(pending: Promise<Stats>): Promise<FileStat | undefined> {
  try {
    const stats = await pending;
    return {
      kind: kindOf(stats),
      size: stats.size,
      mode: stats.mode & 0o7777,
      modifiedAt: stats.mtimeMs,
      owner: stats.uid,
    };
  } catch (error) {
    // ENOTDIR: a parent is a file, so there is nothing at this path either.
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
    throw error;
  }
}

function kindOf(entry: Pick<Stats, "isFile" | "isDirectory" | "isSymbolicLink">): FileStat["kind"] {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "symlink" : "other";
}

/** The created directories, outermost first: what a later cleanup may take away again. */
async function makeDirectory(path: string, mode: number): Promise<readonly string[]> {
  try {
    await fs.mkdir(path, { mode });
    return [path];
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "EEXIST" && (await fs.stat(path)).isDirectory()) return [];
    if (errno !== "ENOENT" || dirname(path) === path) throw error;
  }
  const parents = await makeDirectory(dirname(path), mode);
  try {
    await fs.mkdir(path, { mode });
    return [...parents, path];
  } catch (error) {
    // Somebody else was quicker. A parent that is there and takes no directory, as /proc does not, is a failure.
    if (errnoOf(error) === "EEXIST" && (await fs.stat(path)).isDirectory()) return parents;
    throw error;
  }
}
