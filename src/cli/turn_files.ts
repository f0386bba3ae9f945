import { dirname, join } from "node:path/posix";
import type { AnswerSchema } from "../app/answer_check.ts";
import { errnoOf } from "../core/errors.ts";
import type { FileStat, FileStore } from "../core/ports.ts";
import { usageError } from "./flags.ts";
import type { TurnOptions } from "./turn_options.ts";

/**
 * Checks, before anything is asked or stored, the files and directories that the flags of a turn name.
 * @returns the schema of the answer, where there is one
 * @throws {HermesError} `usage/invalid`
 */
export async function checkTurnFiles(
  files: FileStore,
  options: TurnOptions,
): Promise<AnswerSchema | undefined> {
  if ((await statOf(files, options.cwd))?.kind !== "directory") {
    throw usageError(
      `--cwd is not a directory: ${options.cwd}`,
      "create it, or pass another directory",
    );
  }
  await checkWritable(files, "--output-last-message", options.lastMessageFile);
  await checkWritable(files, "--record", options.record);
  const { replay } = options;
  if (replay !== undefined && (await statOf(files, replay)) === undefined) {
    throw usageError(
      `The file of --replay does not exist: ${replay}`,
      "write one with hermes -z PROMPT --record FILE",
    );
  }
  if (options.outputSchemaFile === undefined) return undefined;
  const { readAnswerSchema } = await import("./answer_schema.ts");
  return await readAnswerSchema(files, options.outputSchemaFile);
}

async function checkWritable(
  files: FileStore,
  flag: string,
  path: string | undefined,
): Promise<void> {
  if (path === undefined) return;
  const directory = dirname(path);
  if ((await statOf(files, directory))?.kind !== "directory") {
    throw usageError(`The directory of ${flag} does not exist: ${directory}`, "create it first");
  }
  const found = await statOf(files, path);
  if (found?.kind === "directory") {
    throw usageError(`${flag} names a directory: ${path}`, "name a file in it");
  }
  // A pipe is not tried: its reader would see the end of it.
  if (found?.kind === "other") return;
  try {
    const target = found === undefined ? path : await files.realPath(path);
    await tryToReplace(files, target);
  } catch (error) {
    throw usageError(
      `${flag} cannot be written: ${path} (${errnoOf(error) ?? String(error)})`,
      `look at its directory: ls -ld ${directory}`,
      error,
    );
  }
}

/** Makes what a replacement makes, a file beside it; the file itself keeps its text until there is another one. */
async function tryToReplace(files: FileStore, path: string): Promise<void> {
  const trial = join(dirname(path), `.hermes-${crypto.randomUUID()}.tmp`);
  await files.replaceFile(trial, "");
  await files.remove(trial);
}

/** What is there, or undefined: also where a directory above it cannot be read. */
async function statOf(files: FileStore, path: string): Promise<FileStat | undefined> {
  try {
    return await files.stat(path);
  } catch {
    return undefined;
  }
}
