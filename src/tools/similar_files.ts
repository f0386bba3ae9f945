import { basename, dirname, join } from "node:path/posix";
import { didYouMean } from "../core/did_you_mean.ts";
import type { JsonObject } from "../core/json.ts";
import type { FileStore } from "../core/ports.ts";

/** Names that are told at most. */
const maxNames = 5;

/** What may have been meant by the path of a file that is not there, as a fact for the result. */
export async function similarFiles(
  files: Pick<FileStore, "list">,
  path: string,
): Promise<JsonObject> {
  const directory = dirname(path);
  const wanted = basename(path);
  const entries = await files.list(directory).catch(() => undefined);
  if (!entries) return { hint: `${directory} is no directory` };
  const names = entries.map(({ name }) => name).toSorted();
  const near = didYouMean(wanted, names);
  const stem = wanted.replace(/(?<=.)\.[^.]*$/, "").toLowerCase();
  const alike = names.filter((name) => name.toLowerCase().includes(stem));
  const similar = [...new Set([...(near === undefined ? [] : [near]), ...alike])];
  if (similar.length === 0) return {};
  return { similar_files: similar.slice(0, maxNames).map((name) => join(directory, name)) };
}
