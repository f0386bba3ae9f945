import { dirname } from "node:path/posix";
import { errnoOf } from "../../core/errors.ts";
import type { FileStore } from "../../core/ports.ts";
import { worldProblem } from "../output.ts";
import { isRoundTrip, parseEntries } from "./entries.ts";

/** Bytes of a memory file that are read at all: hundreds of times what the limits allow. */
const maxBytes = 1_000_000;

/** What is in a memory file. */
export type MemoryContent =
  | {
      readonly kind: "entries";
      readonly entries: readonly string[];
      /** Why it cannot be changed without losing something that somebody else wrote. */
      readonly foreign?: string;
      readonly bytes: Uint8Array;
    }
  /** `bytes`: what could be read of it. */
  | { readonly kind: "unusable"; readonly problem: string; readonly bytes?: Uint8Array };

/** Reads a memory file; an absent one has no entries. A symlink to a file is followed, as its owner meant it. */
export async function readMemoryFile(
  files: Pick<FileStore, "stat" | "readBytes">,
  path: string,
): Promise<MemoryContent> {
  const unusable = (problem: string): MemoryContent => ({ kind: "unusable", problem });
  try {
    const stat = await files.stat(path);
    if (!stat) return { kind: "entries", entries: [], bytes: new Uint8Array() };
    if (stat.kind !== "file")
      return unusable(stat.kind === "directory" ? "it is a directory" : "it is no regular file");
    if (stat.size > maxBytes) return unusable(`it has ${stat.size} bytes`);
    return contentOf(await files.readBytes(path));
  } catch (error) {
    const problem = worldProblem(error);
    if (problem === undefined) throw error;
    return unusable(problem);
  }
}

function contentOf(bytes: Uint8Array): MemoryContent {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { kind: "unusable", problem: "it is no UTF-8 text", bytes };
  }
  const entries = parseEntries(text);
  if (isRoundTrip(text)) return { kind: "entries", entries, bytes };
  const foreign = "it was edited so that it has empty entries, or blank space around its § lines";
  return { kind: "entries", entries, foreign, bytes };
}

/** Writes a memory file that its owner alone can read, and its directory where that is absent. */
export async function writeMemoryFile(
  files: Pick<FileStore, "makeDirectory" | "replaceFile">,
  path: string,
  text: string,
): Promise<void> {
  await files.makeDirectory(dirname(path), { mode: 0o700 });
  await files.replaceFile(path, text, { mode: 0o600, isModeFixed: true });
}

/** Keeps the bytes beside their file as `.bak.<ms since epoch>`, unless they are kept already; the path of the copy. */
export async function keepCopy(
  files: Pick<FileStore, "list" | "readBytes" | "replaceFile">,
  original: { readonly path: string; readonly bytes: Uint8Array },
  now: number,
): Promise<string> {
  const { path, bytes } = original;
  const directory = dirname(path);
  const prefix = `${path.slice(directory.length + 1)}.bak.`;
  const copies = (await files.list(directory)).filter(({ name }) => name.startsWith(prefix));
  for (const { name } of copies) {
    const copy = `${directory}/${name}`;
    const kept = await files.readBytes(copy).catch(() => undefined);
    if (kept && areEqual(kept, bytes)) return copy;
  }
  const copy = `${path}.bak.${now}`;
  await files.replaceFile(copy, bytes, { mode: 0o600, isModeFixed: true });
  return copy;
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Runs `work` while no other process changes the file, by whatever link it is reached. */
export async function withMemoryLock<T>(
  files: Pick<FileStore, "makeDirectory" | "realPath" | "withLock">,
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  await files.makeDirectory(dirname(path), { mode: 0o700 });
  const real = await files.realPath(path).catch((error: unknown) => {
    // Not written yet, or a link to what is not written yet.
    if (errnoOf(error) === "ENOENT") return path;
    throw error;
  });
  return await files.withLock(`${real}.lock`, work);
}
