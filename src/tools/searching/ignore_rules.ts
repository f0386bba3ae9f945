import { relative } from "node:path/posix";
import { parsePathPattern, type PathPattern } from "./path_pattern.ts";

interface Rule {
  readonly pattern: PathPattern;
  readonly keeps: boolean;
  readonly isForDirectories: boolean;
}

/** The rules of one .gitignore file, which count below its directory. */
export interface IgnoreRules {
  readonly directory: string;
  readonly rules: readonly Rule[];
}

/** Reads a .gitignore file (gitignore(5)); lines that mean nothing are passed over. */
export function parseIgnoreRules(directory: string, text: string): IgnoreRules {
  const rules = text.split("\n").flatMap((raw): readonly Rule[] => {
    const line = raw.replace(/\r$/, "").replace(/(?<!\\)[ \t]+$/, "");
    if (line === "" || line.startsWith("#")) return [];
    const keeps = line.startsWith("!");
    const body = keeps ? line.slice(1) : line;
    const pattern = parsePathPattern(body.replace(/\/$/, ""));
    return pattern ? [{ pattern, keeps, isForDirectories: body.endsWith("/") }] : [];
  });
  return { directory, rules };
}

/**
 * Whether a path is ignored by the rules of the directories above it, outermost first. The innermost rule that fits it
 * decides, and in one file the last. Its directories are taken not to be ignored: nobody would look into them.
 */
export function isIgnored(
  path: string,
  isDirectory: boolean,
  allRules: readonly IgnoreRules[],
): boolean {
  const decisive = allRules.toReversed().map(({ directory, rules }) => {
    const shown = relative(directory, path);
    return rules.findLast(
      ({ pattern, isForDirectories }) =>
        (isDirectory || !isForDirectories) && pattern.matches(shown),
    );
  });
  return decisive.find((rule) => rule !== undefined)?.keeps === false;
}
