import { errnoOf } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { ToolOutput } from "../core/tool.ts";

/** A result: JSON text, without what is undefined. */
export function result(value: { readonly [key: string]: unknown }): ToolOutput {
  return { text: JSON.stringify(value), isError: false };
}

/** A result that says what went wrong, with facts that help to go on. */
export function failure(error: string, facts: JsonObject = {}): ToolOutput {
  return { text: JSON.stringify({ error, ...facts }), isError: true };
}

const errnoWords: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "it does not exist"],
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
  ["EEXIST", "a file is where a directory would have to be"],
  ["EISDIR", "it is a directory"],
  ["ENOTDIR", "a part of the path is not a directory"],
  ["ELOOP", "too many symbolic links"],
  ["ENAMETOOLONG", "the name is too long"],
  ["ENOSPC", "no space left on the device"],
  ["EDQUOT", "the disk quota is used up"],
  ["EFBIG", "the file is too large for its file system"],
  ["EROFS", "the file system is read-only"],
  ["EIO", "the device failed (EIO)"],
  ["EMFILE", "too many open files"],
]);

/** What the operating system said, in plain words; undefined when the error is no failure of the world. */
export function worldProblem(error: unknown): string | undefined {
  const errno = errnoOf(error);
  if (errno === undefined || !/^E[A-Z0-9]+$/.test(errno)) return undefined;
  return errnoWords.get(errno) ?? errno;
}

/** The result of an attempt that the operating system failed; rethrows what is no failure of the world. */
export function worldFailure(attempt: string, error: unknown): ToolOutput {
  const problem = worldProblem(error);
  if (problem === undefined) throw error;
  return failure(`Cannot ${attempt}: ${problem}`);
}
