import { basename } from "node:path/posix";
import { homeVariables } from "./hermes_call.ts";
import type { Places } from "./protected_paths.ts";
import type { Finding } from "./rules/rule.ts";

/** What a judgement needs to know of the machine. */
export interface JudgeOptions {
  /** The user's home directory. */
  readonly home: string;
  readonly hermesHome: string;
  /** Where the command starts, if that is known. */
  readonly cwd?: string;
  /** Whether the user gave sudo a password (`SUDO_PASSWORD`). */
  readonly hasSudoPassword?: boolean;
}

/** A judgement under way: what was found, and what the code did to its own state so far. */
export interface Judging {
  readonly options: JudgeOptions;
  readonly findings: Finding[];
  readonly variables: Map<string, readonly string[]>;
  /** Variables that still have the value of the environment, which the first assignment replaces. */
  readonly predefined: Set<string>;
  /** Whether the code changed where a `hermes` finds its configuration. */
  hasOtherHome: boolean;
  /** Undefined once it cannot be known any more. */
  cwd: string | undefined;
  /** Files that were made executable, normalized. */
  readonly executables: Set<string>;
  /** Names of functions whose bodies are being read. */
  readonly functions: string[];
  depth: number;
  /** Characters of code that may still be read: code that makes code must end somewhere. */
  charsLeft: number;
}

export function createJudging(command: string, options: JudgeOptions): Judging {
  const { home, hermesHome, cwd } = options;
  const user = basename(home);
  const variables: (readonly [string, readonly string[]])[] = [
    ["HERMES_HOME", [hermesHome]],
    ["HOME", [home]],
    ["IFS", [" "]],
    ["LOGNAME", [user]],
    ["USER", [user]],
    ...(cwd === undefined ? [] : [["PWD", [cwd]] as const]),
  ];
  return {
    options,
    findings: [],
    variables: new Map(variables),
    predefined: new Set(variables.map(([name]) => name)),
    hasOtherHome: false,
    cwd,
    executables: new Set(),
    functions: [],
    depth: 0,
    charsLeft: 4_000_000 + 8 * command.length,
  };
}

/** Adds a finding unless the same is there. */
export function addFinding(judging: Judging, finding: Finding): void {
  const { findings } = judging;
  const isKnown = findings.some(
    (other) =>
      other.level === finding.level && other.key === finding.key && other.reason === finding.reason,
  );
  if (!isKnown) {
    findings.push({ level: finding.level, key: finding.key, reason: finding.reason });
  }
}

/** Nobody writes such code for an honest end, and what is not read cannot be judged. */
export function addUnreadable(judging: Judging): void {
  addFinding(judging, {
    level: "forbidden",
    key: "unreadable shell code",
    reason: "shell code that is nested too deep to be read",
  });
}

/** The code goes to another directory; undefined: to one that is not known. */
export function enterDirectory(judging: Judging, cwd: string | undefined): void {
  judging.cwd = cwd;
  if (cwd === undefined) judging.variables.delete("PWD");
  else judging.variables.set("PWD", [cwd]);
}

export function placesOf(judging: Judging): Places {
  const { home, hermesHome } = judging.options;
  return { home, hermesHome, cwd: judging.cwd };
}

/** More of a variable's value than this is not followed: values that are made of values would grow without end. */
const maxValueChars = 512;

/** Remembers that a variable may have these values beside those it may have already; undefined: any value. */
export function assign(
  judging: Judging,
  name: string,
  values: readonly string[] | undefined,
): void {
  if (homeVariables.includes(name)) judging.hasOtherHome = true;
  const before = judging.predefined.delete(name) ? [] : (judging.variables.get(name) ?? []);
  const all = values && [...new Set([...before, ...values])];
  const chars = all?.reduce((sum, value) => sum + value.length + 1, 0) ?? 0;
  if (all && chars <= maxValueChars) judging.variables.set(name, all);
  else judging.variables.delete(name);
}
