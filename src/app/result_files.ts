import { dirname, join, parse } from "node:path/posix";
import type { ResultSpill } from "../agent/result_size.ts";
import type { FileStore } from "../core/ports.ts";
import { isOutsideResult, resultPath } from "../tools/result_place.ts";

/** Keeps results that are too large for the model as files that nobody else can read. */
export function createResultFiles(
  files: Pick<FileStore, "linkStat" | "makeDirectory" | "replaceFile">,
  directory: string,
): ResultSpill {
  return {
    async write(call, text) {
      const path = await freePath(files, resultPath(directory, call));
      await files.makeDirectory(dirname(path), { mode: 0o700 });
      await files.replaceFile(path, text, { mode: 0o600 });
      return path;
    },
    isFromOutside: (path) => isOutsideResult(directory, path),
  };
}

/** The path, or the next one: a command's whole output may be there, and models use ids again in later turns too. */
async function freePath(files: Pick<FileStore, "linkStat">, path: string): Promise<string> {
  const { dir, name, ext } = parse(path);
  let free = path;
  for (let next = 2; await files.linkStat(free); next++) free = join(dir, `${name}-${next}${ext}`);
  return free;
}
