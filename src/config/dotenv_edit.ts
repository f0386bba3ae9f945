import { dirname } from "node:path/posix";
import { errnoOf, HermesError } from "../core/errors.ts";
import type { FileStore } from "../core/ports.ts";
import { parseDotenv } from "./dotenv.ts";
import { readHomeFile } from "./home_file.ts";
import type { HomePaths } from "./paths.ts";

/** Variables to set; undefined takes one out. */
export type DotenvChange = Readonly<Record<string, string | undefined>>;

/**
 * The text of a file of assignments after a change: lines of other variables and comments stay as they are. Proved by
 * reading it again.
 * @throws {HermesError} `config/invalid` for a value that cannot stand in such a file
 */
export function changeDotenv(text: string, change: DotenvChange): string {
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  const kept = text.split(/\r\n|\n/).filter((line) => !isAssignmentOf(line, Object.keys(change)));
  while (kept.at(-1) === "") kept.pop();
  const added = Object.entries(change).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${quoted(value)}`],
  );
  const lines = [...kept, ...added];
  const after = lines.length === 0 ? "" : `${lines.join(lineEnd)}${lineEnd}`;
  const { values } = parseDotenv(after);
  const isRight = Object.entries(change).every(([name, value]) => values.get(name) === value);
  if (isRight) return after;
  throw new HermesError(
    "config/invalid",
    `A value cannot be written to .env: ${Object.keys(change).join(", ")}`,
    { hint: "it must be one line of text" },
  );
}

/**
 * Changes `<home>/.env`, which only its owner can read afterwards. Of changes at the same moment none is lost.
 * @throws {HermesError} `config/*`, `file/unwritable`
 */
export async function setVariables(
  files: Pick<FileStore, "stat" | "readBytes" | "makeDirectory" | "replaceFile" | "withLock">,
  { envFile }: Pick<HomePaths, "envFile">,
  change: DotenvChange,
): Promise<void> {
  const read = async (): Promise<string> => (await readHomeFile(files, envFile))?.text ?? "";
  const before = await read();
  if (changeDotenv(before, change) === before) return;
  try {
    await files.makeDirectory(dirname(envFile), { mode: 0o700 });
    await files.withLock(`${envFile}.lock`, async () => {
      const text = changeDotenv(await read(), change);
      await files.replaceFile(envFile, text, { mode: 0o600, isModeFixed: true });
    });
  } catch (error) {
    if (error instanceof HermesError) throw error;
    throw new HermesError(
      "file/unwritable",
      `Could not write ${envFile}: ${errnoOf(error) ?? "unknown reason"}`,
      { cause: error, hint: `look at its owner and mode: ls -ld ${envFile}` },
    );
  }
}

function isAssignmentOf(line: string, names: readonly string[]): boolean {
  const name = /^\uFEFF?\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=/.exec(line)?.[1];
  return name !== undefined && names.includes(name);
}

/** As it is where nothing in it means something; else in quotes. */
function quoted(value: string): string {
  if (/^[A-Za-z0-9_./:+@%=,~-]+$/.test(value)) return value;
  if (!value.includes("'")) return `'${value}'`;
  return `"${value.replaceAll(/["\\]/g, (char) => `\\${char}`)}"`;
}
