import type { FileStore } from "../../core/ports.ts";
import { decodeText } from "../decode_text.ts";
import { worldProblem } from "../output.ts";
import { type Match, shownLine } from "./engine.ts";
import { splitText } from "./split_text.ts";

/** A hit with the lines around it. */
export interface MatchInContext extends Match {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Adds `count` lines before and after each hit. Reads each file once, and no further than its last hit needs. */
export async function addContext(
  files: Pick<FileStore, "readChunks">,
  matches: readonly Match[],
  count: number,
): Promise<readonly MatchInContext[]> {
  const byPath = Map.groupBy(matches, ({ path }) => path);
  const inContext = new Map<Match, MatchInContext>();
  for (const [path, ofFile] of byPath) {
    const wanted = new Set(ofFile.flatMap(({ line }) => [...around(line, count)]));
    const lines = await readNumbered(files, path, wanted);
    const linesOf = (numbers: Iterable<number>): readonly string[] =>
      [...numbers].flatMap((number) => lines.get(number) ?? []);
    for (const match of ofFile) {
      const numbers = [...around(match.line, count)];
      const before = linesOf(numbers.filter((number) => number < match.line));
      const after = linesOf(numbers.filter((number) => number > match.line));
      inContext.set(match, { ...match, before, after });
    }
  }
  return matches.map((match) => inContext.get(match) ?? { ...match, before: [], after: [] });
}

function* around(line: number, count: number): Generator<number, void> {
  for (let number = Math.max(1, line - count); number <= line + count; number++) yield number;
}

/** The wanted lines of a file by their numbers; none where it can no longer be read. */
async function readNumbered(
  files: Pick<FileStore, "readChunks">,
  path: string,
  wanted: ReadonlySet<number>,
): Promise<ReadonlyMap<number, string>> {
  const lines = new Map<number, string>();
  const last = Math.max(...wanted);
  let number = 0;
  try {
    for await (const batch of splitText(decodeText(files.readChunks(path)), { maxLength: 4_000 })) {
      for (const line of batch) if (wanted.has(++number)) lines.set(number, shownLine(line));
      if (number >= last) break;
    }
  } catch (error) {
    if (worldProblem(error) === undefined) throw error;
  }
  return lines;
}
