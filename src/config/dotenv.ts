import type { Env, FileStore } from "../core/ports.ts";
import { readHomeFile } from "./home_file.ts";
import type { HomePaths } from "./paths.ts";
import type { ConfigProblem } from "./problem.ts";

/** Variables that a file of assignments sets. */
export interface DotenvText {
  readonly values: ReadonlyMap<string, string>;
  /** Lines (from 1) that are no assignment. */
  readonly badLines: readonly number[];
}

/** The environment of a home. */
export interface LoadedEnv {
  /** The process environment over the file. */
  readonly env: Env;
  /** Names whose value is the file's. */
  readonly fromFile: ReadonlySet<string>;
  readonly problems: readonly ConfigProblem[];
}

/**
 * The process environment over `<home>/.env`; an absent file is an empty one. A file that others can read, and lines
 * that are no assignment, are problems that stop nothing.
 * @throws {HermesError} `config/unreadable`, `config/invalid`
 */
export async function loadEnv(
  files: Pick<FileStore, "stat" | "readBytes">,
  { envFile }: Pick<HomePaths, "envFile">,
  env: Env,
): Promise<LoadedEnv> {
  const file = await readHomeFile(files, envFile);
  if (!file) return { env, fromFile: new Set(), problems: [] };
  const { values, badLines } = parseDotenv(file.text);
  // A variable that is set to nothing in the process is set.
  const added = [...values].filter(([name]) => env[name] === undefined);
  const problems = badLines.map((line): ConfigProblem => ({
    kind: "bad_line",
    path: "",
    message: `${envFile}:${line}: Expected NAME=value`,
  }));
  return {
    env: { ...env, ...Object.fromEntries(added) },
    fromFile: new Set(added.map(([name]) => name)),
    problems: [...openTo(envFile, file.mode), ...problems],
  };
}

const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;
/** In single quotes everything stands for itself; in double quotes a backslash takes the next character. */
const QUOTED = /^(?:'([^']*)'|"((?:[^"\\]|\\.)*)")\s*(?:#.*)?$/;

/**
 * `NAME=value` lines as shells and other tools write them: `export`, quotes, comments after a blank. Nothing is
 * expanded. The last of equal names wins.
 */
export function parseDotenv(text: string): DotenvText {
  const values = new Map<string, string>();
  const badLines: number[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, name, written = ""] = ASSIGNMENT.exec(line) ?? [];
    const value = valueOf(written);
    if (name === undefined || value === undefined) badLines.push(index + 1);
    else values.set(name, value);
  }
  return { values, badLines };
}

/** The value, or undefined when its quotes do not match or it has a NUL, which no environment can hold. */
function valueOf(written: string): string | undefined {
  if (written.includes("\0")) return undefined;
  if (!/^["']/.test(written)) return written.replace(/(?:^|\s)#.*$/, "").trimEnd();
  const [match, single, double = ""] = QUOTED.exec(written) ?? [];
  if (match === undefined) return undefined;
  return single ?? double.replaceAll(/\\(.)/g, (_, char: string) => ESCAPES.get(char) ?? char);
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

function openTo(path: string, mode: number): readonly ConfigProblem[] {
  if ((mode & 0o077) === 0) return [];
  const bits = (mode & 0o777).toString(8).padStart(4, "0");
  return [
    {
      kind: "unsafe",
      path: "",
      message: `${path}: Others on this machine can read its keys: mode ${bits}`,
      hint: `chmod 600 ${path}`,
    },
  ];
}
