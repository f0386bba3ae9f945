import { basename, relative } from "node:path/posix";
import { SearchFailure } from "./engine.ts";
import { parsePathPattern } from "./path_pattern.ts";

/** Whether a file below the root is wanted, by its absolute path. */
export type FileFilter = (path: string) => boolean;

/** Patterns that a glob with braces stands for, at most. */
const maxAlternatives = 64;

/**
 * Lets pass the files below `root` that are not hidden and whose path fits the glob: a pattern as in .gitignore, relative
 * to the root, with `{a,b}` for alternatives; behind a `!`, the files that do not fit.
 * @throws {SearchFailure} when the glob is malformed
 */
export function createFileFilter(root: string, glob: string | undefined): FileFilter {
  const isNegated = glob?.startsWith("!") ?? false;
  const patterns = globAlternatives(glob).map((alternative) => {
    const pattern = parsePathPattern(alternative);
    if (!pattern) throw new SearchFailure(`the glob cannot be read: ${glob}`);
    return pattern;
  });
  return (path) => {
    // The root itself is wanted, whatever its name.
    if (path === root) return true;
    const shown = relative(root, path);
    if (/(?:^|\/)\./.test(shown)) return false;
    if (patterns.length === 0) return true;
    return patterns.some((pattern) => pattern.matches(shown)) !== isNegated;
  };
}

/** Patterns for the names alone that no file lacks which the glob wants; undefined where the names do not tell. */
export function nameGlobs(glob: string | undefined): readonly string[] | undefined {
  if (glob === undefined || glob.startsWith("!")) return undefined;
  const names = globAlternatives(glob).map((alternative) => basename(alternative));
  return names.every((name) => name !== "**" && /^[\w.*-]+$/.test(name)) ? names : undefined;
}

/** The patterns that a glob stands for, without braces and without what negates it. */
function globAlternatives(glob: string | undefined): readonly string[] {
  if (glob === undefined) return [];
  return expandBraces(glob.replace(/^!/, "").replace(/^\.\//, ""));
}

function expandBraces(glob: string): readonly string[] {
  const open = glob.indexOf("{");
  const parts = open < 0 ? undefined : splitBraces(glob, open);
  if (!parts) return [glob];
  const { choices, end } = parts;
  const expanded = choices.flatMap((choice) =>
    expandBraces(glob.slice(0, open) + choice + glob.slice(end)),
  );
  if (expanded.length > maxAlternatives) {
    throw new SearchFailure(`the glob has more than ${maxAlternatives} alternatives: ${glob}`);
  }
  return expanded;
}

/** The choices of the braces that open at an index, and where what follows begins; undefined when they never close. */
function splitBraces(
  glob: string,
  open: number,
): { readonly choices: readonly string[]; readonly end: number } | undefined {
  const choices: string[] = [];
  let depth = 0;
  let start = open + 1;
  for (let index = open; index < glob.length; index++) {
    const character = glob[index];
    if (character === "{") depth++;
    if (character === "}") depth--;
    if (depth === 0 || (depth === 1 && character === ",")) {
      choices.push(glob.slice(start, index));
      start = index + 1;
    }
    if (depth === 0) return { choices, end: index + 1 };
  }
  return undefined;
}
