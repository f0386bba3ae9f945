import { basename, dirname, join, resolve } from "node:path/posix";
import type { DirectoryEntry, FileStat, FileStore } from "../../src/core/ports.ts";

type Node =
  | { readonly kind: "directory"; mode: number }
  | { readonly kind: "symlink"; readonly target: string }
  | { readonly kind: "other"; readonly written: string }
  | { readonly kind: "file"; data: Uint8Array; mode: number; modifiedAt: number };

/** The methods of a file store that can be made to fail. */
export type FileOperation = keyof FileStore;

export interface FakeFiles extends FileStore {
  /** Puts a file, with its directories, in place. */
  write(path: string, content: string | Uint8Array): void;
  link(path: string, target: string): void;
  /** A device, a socket or a pipe. */
  device(path: string): void;
  directory(path: string): void;
  /** The text of a file, or what was written to a device; undefined when there is none. */
  text(path: string): string | undefined;
  modeOf(path: string): number | undefined;
  /** Every path, sorted. */
  paths(): readonly string[];
  /** The operation on this path (or below it) fails from now on with the errno; undefined: no longer. */
  fail(operation: FileOperation, path: string, errno: string | undefined): void;
}

/** Files in memory, with symlinks and modes; every change makes the time of a file one millisecond later. */
export function createFakeFiles(
  initial: Readonly<Record<string, string | Uint8Array>> = {},
): FakeFiles {
  const nodes = new Map<string, Node>([["/", { kind: "directory", mode: 0o755 }]]);
  const failures = new Map<string, string>();
  const locks = new Map<string, Promise<unknown>>();
  let time = 1_000;
  let temporaries = 0;

  /** The path with the symlinks of its directories, and its own where `follows`, resolved. */
  function real(path: string, follows = true): string {
    let links = 0;
    const walk = (target: string, isLast: boolean): string => {
      const parent = target === "/" ? "/" : walk(dirname(target), false);
      const here = target === "/" ? "/" : join(parent, basename(target));
      const node = nodes.get(here);
      if (node?.kind !== "symlink" || (isLast && !follows)) return here;
      if (++links > 40) throw failure("ELOOP", path);
      return walk(resolve(parent, node.target), isLast);
    };
    return walk(resolve("/", path), true);
  }

  function check(operation: FileOperation, path: string): void {
    if (path.includes("\0")) throw failure("ERR_INVALID_ARG_VALUE", path);
    for (const [key, errno] of failures) {
      const [name, prefix = ""] = key.split(" ");
      if (name === operation && (path === prefix || path.startsWith(`${prefix}/`))) {
        throw failure(errno, path);
      }
    }
  }

  function parentOf(path: string): string {
    const parent = dirname(path);
    const node = nodes.get(parent);
    if (!node) throw failure("ENOENT", path);
    if (node.kind !== "directory") throw failure("ENOTDIR", path);
    return parent;
  }

  function fileAt(path: string): Extract<Node, { kind: "file" }> {
    const node = nodes.get(path);
    if (!node) {
      const parent = nodes.get(dirname(path));
      throw failure(parent && parent.kind !== "directory" ? "ENOTDIR" : "ENOENT", path);
    }
    if (node.kind === "directory") throw failure("EISDIR", path);
    if (node.kind !== "file") throw failure("EINVAL", path);
    return node;
  }

  function put(path: string, data: Uint8Array, mode: number): void {
    parentOf(path);
    const old = nodes.get(path);
    if (old?.kind === "directory") throw failure("EISDIR", path);
    if (old?.kind === "other") {
      nodes.set(path, { kind: "other", written: old.written + new TextDecoder().decode(data) });
      return;
    }
    nodes.set(path, {
      kind: "file",
      data,
      mode: old?.kind === "file" ? old.mode : mode,
      modifiedAt: ++time,
    });
  }

  function makeDirectories(path: string, mode: number): readonly string[] {
    const node = nodes.get(path);
    if (node?.kind === "directory") return [];
    if (node) throw failure("EEXIST", path);
    const created = makeDirectories(dirname(path), mode);
    nodes.set(path, { kind: "directory", mode });
    return [...created, path];
  }

  function statOf(node: Node | undefined): FileStat | undefined {
    if (!node) return undefined;
    return {
      kind: node.kind,
      size: node.kind === "file" ? node.data.length : 0,
      mode: "mode" in node ? node.mode : 0o777,
      modifiedAt: node.kind === "file" ? node.modifiedAt : 0,
      owner: 1_000,
    };
  }

  const files: FakeFiles = {
    write(path, content) {
      makeDirectories(dirname(path), 0o755);
      put(path, bytesOf(content), 0o644);
    },
    link(path, target) {
      makeDirectories(dirname(path), 0o755);
      nodes.set(path, { kind: "symlink", target });
    },
    device(path) {
      makeDirectories(dirname(path), 0o755);
      nodes.set(path, { kind: "other", written: "" });
    },
    directory: (path) => void makeDirectories(path, 0o755),
    text(path) {
      const node = nodes.get(path);
      if (node?.kind === "other") return node.written;
      return node?.kind === "file"
        ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(node.data)
        : undefined;
    },
    modeOf: (path) => statOf(nodes.get(path))?.mode,
    paths: () => [...nodes.keys()].filter((path) => path !== "/").toSorted(),
    fail(operation, path, errno) {
      if (errno === undefined) failures.delete(`${operation} ${path}`);
      else failures.set(`${operation} ${path}`, errno);
    },

    async readBytes(path) {
      check("readBytes", path);
      return fileAt(real(path)).data.slice();
    },
    async readText(path) {
      check("readText", path);
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(fileAt(real(path)).data);
    },
    async *readChunks(path, { offset = 0 } = {}) {
      check("readChunks", path);
      const { data } = fileAt(real(path));
      // Small chunks: a reader must not rely on seeing a line, or a character, whole.
      for (let start = offset; start < data.length; start += 7) yield data.slice(start, start + 7);
    },
    async replaceFile(path, data, { mode = 0o666, isModeFixed, lastCheck } = {}) {
      check("replaceFile", path);
      await lastCheck?.();
      const target = real(path);
      put(target, bytesOf(data), mode);
      const node = nodes.get(target);
      if (isModeFixed && node?.kind === "file") node.mode = mode;
    },
    async appendFile(path, data, { mode = 0o666 } = {}) {
      check("appendFile", path);
      const target = real(path);
      const node = nodes.get(target);
      const old = node?.kind === "file" ? node.data : new Uint8Array();
      const added = bytesOf(data);
      const joined = new Uint8Array(old.length + added.length);
      joined.set(old);
      joined.set(added, old.length);
      put(target, joined, mode);
    },
    async stat(path) {
      check("stat", path);
      return statOf(nodes.get(real(path)));
    },
    async linkStat(path) {
      check("linkStat", path);
      return statOf(nodes.get(real(path, false)));
    },
    async realPath(path) {
      check("realPath", path);
      const target = real(path);
      if (!nodes.has(target)) throw failure("ENOENT", path);
      return target;
    },
    async list(path) {
      check("list", path);
      const target = real(path);
      const node = nodes.get(target);
      if (!node) throw failure("ENOENT", path);
      if (node.kind !== "directory") throw failure("ENOTDIR", path);
      return files
        .paths()
        .filter((child) => dirname(child) === target)
        .flatMap((child): DirectoryEntry[] => {
          const entry = nodes.get(child);
          return entry ? [{ name: basename(child), kind: entry.kind }] : [];
        });
    },
    async makeDirectory(path, { mode = 0o777 } = {}) {
      check("makeDirectory", path);
      return makeDirectories(real(path), mode);
    },
    async rename(from, to) {
      check("rename", from);
      const node = nodes.get(from);
      if (!node) throw failure("ENOENT", from);
      parentOf(to);
      nodes.delete(from);
      nodes.set(to, node);
    },
    async remove(path, { recursive = false } = {}) {
      check("remove", path);
      const target = real(path, false);
      const node = nodes.get(target);
      if (!node) throw failure("ENOENT", path);
      if (node.kind === "directory" && !recursive) throw failure("EPERM", path);
      for (const other of nodes.keys()) {
        if (other === target || other.startsWith(`${target}/`)) nodes.delete(other);
      }
    },
    async withLock(path, work) {
      check("withLock", path);
      const ended = (locks.get(path) ?? Promise.resolve()).then(work);
      locks.set(
        path,
        ended.catch(() => undefined),
      );
      return await ended;
    },
    async makeTemporaryDirectory(prefix) {
      const path = `/tmp/${prefix}${++temporaries}`;
      check("makeTemporaryDirectory", path);
      makeDirectories(path, 0o700);
      return path;
    },
  };
  for (const [path, content] of Object.entries(initial)) files.write(path, content);
  return files;
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content.slice();
}

/** An error of the operating system. */
function failure(errno: string, path: string): Error {
  return Object.assign(new Error(`${errno}: ${path}`), { code: errno });
}
