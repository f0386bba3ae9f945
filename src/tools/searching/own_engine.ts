import { errorMessage, throwIfAborted } from "../../core/errors.ts";
import type { Clock, FileStore } from "../../core/ports.ts";
import { decodeText } from "../decode_text.ts";
import { worldProblem } from "../output.ts";
import {
  type Match,
  maxFileBytes,
  maxHits,
  type SearchEngine,
  SearchFailure,
  shownLine,
} from "./engine.ts";
import { createFileFilter } from "./file_filter.ts";
import { splitText } from "./split_text.ts";
import { walkFiles } from "./walk.ts";

export interface OwnEngineDeps {
  readonly files: Pick<FileStore, "list" | "stat" | "readText" | "readChunks">;
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
}

/** Whether a line has what is looked for. */
type LineTest = (line: string) => boolean;

/** Milliseconds of work after which others get their turn: timers, the keyboard, an interrupt. */
const sliceMs = 5;
/** Characters of a line that are looked at: a file of one endless line must not fill the memory. */
const maxSearchedChars = 1_000_000;

/** The engine for machines without ripgrep. */
export function createOwnEngine(deps: OwnEngineDeps): SearchEngine {
  const { files } = deps;
  return {
    async *matches({ root, pattern, glob, signal }) {
      const isHit = await compile(pattern);
      const isWanted = createFileFilter(root, glob);
      const breathe = createBreather(deps.clock, signal);
      for await (const path of walkFiles(files, root, signal)) {
        if (!isWanted(path)) continue;
        // A root that is a file was meant, however large it is.
        const isSearched =
          path === root || ((await sizeOf(files, path)) ?? Infinity) <= maxFileBytes;
        if (isSearched) yield* await searchFile(files, { path, isHit, breathe });
      }
    },
    async *files({ root, glob, signal }) {
      const isWanted = createFileFilter(root, glob);
      for await (const path of walkFiles(files, root, signal)) if (isWanted(path)) yield path;
    },
  };
}

/** An expression in the syntax of RE2, which takes linear time whatever it is: JavaScript's may take for ever. */
async function compile(pattern: string): Promise<LineTest> {
  const { RE2JS } = await import("re2js");
  try {
    const expression = RE2JS.compile(pattern);
    return (line) => expression.test(line);
  } catch (error) {
    throw new SearchFailure(errorMessage(error));
  }
}

async function sizeOf(files: OwnEngineDeps["files"], path: string): Promise<number | undefined> {
  return (await files.stat(path).catch(() => undefined))?.size;
}

interface FileSearch {
  readonly path: string;
  readonly isHit: LineTest;
  readonly breathe: () => Promise<void>;
}

/** The hits in a file; none in one that is binary, or that cannot be read. */
async function searchFile(
  files: OwnEngineDeps["files"],
  { path, isHit, breathe }: FileSearch,
): Promise<readonly Match[]> {
  const matches: Match[] = [];
  let line = 0;
  let isBinary = false;
  const text = async function* (): AsyncGenerator<string, void> {
    for await (const piece of decodeText(files.readChunks(path))) {
      isBinary = piece.includes("\0");
      if (isBinary) return;
      yield piece;
    }
  };
  try {
    for await (const lines of splitText(text(), { maxLength: maxSearchedChars })) {
      for (const raw of lines) {
        line++;
        const searched = raw.replace(/\r$/, "");
        if (isHit(searched)) matches.push({ path, line, content: shownLine(searched) });
      }
      if (matches.length > maxHits) break;
      await breathe();
    }
  } catch (error) {
    // What cannot be read is passed over, as grep does.
    if (worldProblem(error) === undefined) throw error;
  }
  return isBinary ? [] : matches;
}

/** Waits for whoever has something to do, when this took long enough. @throws what `signal` was aborted with */
function createBreather(clock: OwnEngineDeps["clock"], signal: AbortSignal): () => Promise<void> {
  let since = clock.monotonic();
  return async () => {
    throwIfAborted(signal);
    if (clock.monotonic() - since < sliceMs) return;
    await clock.sleep(0, signal);
    since = clock.monotonic();
  };
}
