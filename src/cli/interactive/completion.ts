import { isAbsolute, join } from "node:path/posix";
import type { DirectoryEntry, FileStore } from "../../core/ports.ts";

export interface CompletionDeps {
  readonly files: Pick<FileStore, "list" | "stat">;
  readonly cwd: string;
  readonly homeDirectory: string;
  /** Slash commands, with the slash. */
  readonly commands: readonly string[];
}

/** A text after Tab, and what else it may become. */
export interface Completion {
  readonly text: string;
  readonly cursor: number;
  /** What fits, where there is more than one. */
  readonly candidates: readonly string[];
}

/** Completes the word before the cursor: a slash command, or a path behind `@`; undefined where nothing fits. */
export async function complete(
  deps: CompletionDeps,
  text: string,
  cursor: number,
): Promise<Completion | undefined> {
  const before = text.slice(0, cursor);
  const command = /^\/\S*$/.exec(before)?.[0];
  if (command !== undefined) {
    const fitting = deps.commands.filter((name) => name.startsWith(command));
    return merge(text, { start: 0, end: cursor }, { fitting, close: () => " " });
  }
  const mention = /(?:^|[\s([{])@(?:"([^"\n]*)|([^\s"]*))$/.exec(before);
  if (!mention) return undefined;
  const path = mention[1] ?? mention[2] ?? "";
  const fitting = await pathsThatFit(deps, path);
  const start = cursor - path.length - (mention[1] === undefined ? 0 : 1);
  const quoted = fitting.some((name) => /\s/.test(name)) || mention[1] !== undefined;
  const close = (name: string): string => (name.endsWith("/") ? "" : quoted ? '" ' : " ");
  const merged = merge(text, { start, end: cursor }, { fitting, close, open: quoted ? '"' : "" });
  return merged && { ...merged, candidates: merged.candidates.map(lastName) };
}

interface Fit {
  readonly fitting: readonly string[];
  /** What follows the only one that fits. */
  readonly close: (name: string) => string;
  readonly open?: string;
}

function merge(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
  { fitting, close, open = "" }: Fit,
): Completion | undefined {
  const [first, ...others] = fitting;
  if (first === undefined) return undefined;
  const word = open + (others.length === 0 ? first + close(first) : commonStart(fitting));
  return {
    text: text.slice(0, start) + word + text.slice(end),
    cursor: start + word.length,
    candidates: others.length === 0 ? [] : fitting,
  };
}

function commonStart(names: readonly string[]): string {
  const [first = "", ...others] = names;
  let length = first.length;
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) length--;
  }
  return first
    .slice(0, length)
    .toWellFormed()
    .replace(/\ufffd$/, "");
}

function lastName(path: string): string {
  return /[^/]*\/?$/.exec(path)?.[0] ?? path;
}

/** Paths that begin so, as they would be typed; directories end in a slash. */
async function pathsThatFit(deps: CompletionDeps, typed: string): Promise<readonly string[]> {
  const slash = typed.lastIndexOf("/") + 1;
  const [parent, start] = [typed.slice(0, slash), typed.slice(slash)];
  const directory = absolute(parent, deps);
  let entries: readonly DirectoryEntry[];
  try {
    entries = await deps.files.list(directory);
  } catch {
    return [];
  }
  const fitting = entries.filter(
    ({ name }) => name.startsWith(start) && (start.startsWith(".") || !name.startsWith(".")),
  );
  const names = fitting.map(async ({ name, kind }) => {
    const isDirectory =
      kind === "directory" ||
      (kind === "symlink" &&
        (await deps.files.stat(join(directory, name)).catch(() => undefined))?.kind ===
          "directory");
    return `${parent}${name}${isDirectory ? "/" : ""}`;
  });
  return (await Promise.all(names)).toSorted();
}

function absolute(path: string, { cwd, homeDirectory }: CompletionDeps): string {
  if (path.startsWith("~/")) return join(homeDirectory, path.slice(2));
  return isAbsolute(path) ? path : join(cwd, path);
}
