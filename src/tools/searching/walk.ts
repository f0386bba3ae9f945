import { join } from "node:path/posix";
import { throwIfAborted } from "../../core/errors.ts";
import type { DirectoryEntry, FileStore } from "../../core/ports.ts";
import { type IgnoreRules, isIgnored, parseIgnoreRules } from "./ignore_rules.ts";

type WalkFiles = Pick<FileStore, "list" | "stat" | "readText">;

/** Rules that count in a directory; undefined outside of a repository, where no .gitignore counts. */
type Rules = readonly IgnoreRules[] | undefined;

/** The files below a directory that are neither hidden nor ignored by git, by their path; or the root, if it is a file. */
export async function* walkFiles(
  files: WalkFiles,
  root: string,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const stat = await files.stat(root);
  if (stat?.kind === "file") yield root;
  else
    yield* walkDirectory(files, { directory: root, rules: await rulesAbove(files, root), signal });
}

interface Place {
  readonly directory: string;
  /** Those of the directories above. */
  readonly rules: Rules;
  readonly signal: AbortSignal;
}

async function* walkDirectory(
  files: WalkFiles,
  { directory, rules: outer, signal }: Place,
): AsyncGenerator<string, void> {
  throwIfAborted(signal);
  // What cannot be listed is passed over, as grep does.
  const entries = await files.list(directory).catch((): readonly DirectoryEntry[] => []);
  const names = new Set(entries.map(({ name }) => name));
  const isRepository = names.has(".git");
  let rules = isRepository ? [] : outer;
  if (rules && names.has(".gitignore")) rules = [...rules, await readRules(files, directory)];
  for (const { name, kind } of entries.toSorted(byName)) {
    if (name.startsWith(".") || (kind !== "file" && kind !== "directory")) continue;
    const path = join(directory, name);
    if (rules && isIgnored(path, kind === "directory", rules)) continue;
    if (kind === "file") yield path;
    else yield* walkDirectory(files, { directory: path, rules, signal });
  }
}

/** The rules that reach down to a directory: those of its parents up to the root of their repository. */
async function rulesAbove(files: WalkFiles, directory: string): Promise<Rules> {
  const rules: IgnoreRules[] = [];
  for (let child = directory; child !== "/";) {
    if (await files.stat(join(child, ".git"))) return rules;
    child = join(child, "..");
    rules.unshift(await readRules(files, child));
  }
  return (await files.stat("/.git")) ? rules : undefined;
}

async function readRules(files: WalkFiles, directory: string): Promise<IgnoreRules> {
  const text = await files.readText(join(directory, ".gitignore")).catch(() => "");
  return parseIgnoreRules(directory, text);
}

/** By code points, as the bytes of UTF-8 sort. */
function byName({ name: a }: DirectoryEntry, { name: b }: DirectoryEntry): number {
  for (let index = 0; ; index++) {
    const left = a.codePointAt(index);
    const right = b.codePointAt(index);
    if (left === undefined || left !== right) return (left ?? -1) - (right ?? -1);
  }
}
