import { throwIfAborted } from "../../core/errors.ts";
import type { Spawner } from "../../core/ports.ts";
import {
  type ContentRequest,
  type Match,
  maxFileBytes,
  maxHits,
  type SearchEngine,
  SearchFailure,
  shownLine,
} from "./engine.ts";
import { createFileFilter, nameGlobs } from "./file_filter.ts";
import { splitText } from "./split_text.ts";

export interface RipgrepDeps {
  readonly spawner: Spawner;
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path of `rg`. */
  readonly program: string;
}

/** Flags of every search, all of them in ripgrep 13 and later. */
const common = [
  // A configuration of the user's could change what is printed.
  "--no-config",
  // Pages need an order.
  "--sort=path",
  // What cannot be read is passed over; what is left on stderr is wrong with the expression.
  "--no-messages",
  // The .gitignore files of the repository, and no others.
  "--no-ignore-dot",
  "--no-ignore-exclude",
  "--no-ignore-global",
  "--color=never",
];

/** Bytes of a line that are printed, enough for what is shown of it. */
const maxColumns = 4_000;

const contentFlags = [
  "--crlf",
  "--no-heading",
  "--with-filename",
  "--line-number",
  "--null",
  `--max-columns=${maxColumns}`,
  "--max-columns-preview",
  `--max-count=${maxHits + 1}`,
  `--max-filesize=${maxFileBytes}`,
];

/** The engine of choice where ripgrep is installed. */
export function createRipgrepEngine(deps: RipgrepDeps): SearchEngine {
  return {
    async *matches(request) {
      const isWanted = createFileFilter(request.root, request.glob);
      for await (const match of readMatches(run(deps, contentArguments(request), request.signal))) {
        if (isWanted(match.path)) yield match;
      }
    },
    async *files({ root, glob, signal }) {
      const isWanted = createFileFilter(root, glob);
      const output = run(deps, [...common, "--files", "--null", "--", root], signal);
      for await (const paths of splitText(output, { separator: "\0" })) {
        yield* paths.filter(isWanted);
      }
    },
  };
}

function contentArguments({ root, pattern, glob }: ContentRequest): readonly string[] {
  // A type and no `--glob`, which would bring back what is ignored. It keeps files from being read in vain; whether
  // their whole path fits is not for ripgrep to say.
  const types = (nameGlobs(glob) ?? []).map((name) => `--type-add=wanted:${name}`);
  return [
    ...common,
    ...contentFlags,
    ...types,
    ...(types.length > 0 ? ["--type=wanted"] : []),
    "-e",
    pattern,
    "--",
    root,
  ];
}

/**
 * The hits in lines of the form `path NUL number:text`. Those of one file are held back to its end: when a NUL character
 * comes up late, ripgrep says only then that the file is binary.
 */
async function* readMatches(output: AsyncIterable<string>): AsyncGenerator<Match, void> {
  let ofFile: Match[] = [];
  let pathStart = "";
  for await (const lines of splitText(output)) {
    for (const line of lines) {
      const match = readMatch(pathStart + line);
      if (match) {
        if (ofFile[0]?.path !== match.path) {
          yield* ofFile;
          ofFile = [];
        }
        ofFile.push(match);
        pathStart = "";
      } else if (isBinaryNote(line)) {
        if (line.startsWith(`${ofFile[0]?.path}: `)) ofFile = [];
        pathStart = "";
      } else {
        // The beginning of a path that has a line break in it.
        pathStart += `${line}\n`;
      }
    }
  }
  yield* ofFile;
}

function readMatch(line: string): Match | undefined {
  const pathEnd = line.indexOf("\0");
  const numberEnd = line.indexOf(":", pathEnd);
  if (pathEnd < 0 || numberEnd < 0) return undefined;
  return {
    path: line.slice(0, pathEnd),
    line: Number(line.slice(pathEnd + 1, numberEnd)),
    content: shownLine(line.slice(numberEnd + 1)),
  };
}

/** Whether ripgrep says of a file that it `stopped searching binary file`, or that a `binary file matches`. */
function isBinaryNote(line: string): boolean {
  return /: (?:WARNING: stopped searching )?binary file /.test(line);
}

/** What ripgrep prints. It is ended when the consumer has enough, and when the signal aborts. */
async function* run(
  { spawner, env, program }: RipgrepDeps,
  args: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  throwIfAborted(signal);
  const child = await spawner.spawn({ program, arguments: args, cwd: "/", env, stdin: "null" });
  const stop = (): void => void child.killGroup("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const problem = readText(child.stderr);
  const decoder = new TextDecoder();
  try {
    for await (const chunk of child.stdout) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
    const { code, signal: ending } = await child.exited;
    throwIfAborted(signal);
    if (code === null) throw new SearchFailure(`ripgrep was ended by ${ending}`);
    // 0: found, 1: not found, 2: something went wrong, which may be a file that could not be read.
    const text = code === 2 ? (await problem).trim() : "";
    if (text !== "") throw new SearchFailure(text);
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
    child.abandon();
  }
}

/** Characters of what ripgrep says of an expression. */
const maxProblemChars = 1_000;

/** The beginning of a stream's text; the rest is read too, so that nobody waits for a full pipe. Never fails. */
async function readText(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of stream) {
      if (text.length < maxProblemChars) text += decoder.decode(chunk, { stream: true });
    }
  } catch {
    // The child is gone, and with it what it had to say.
  }
  return text.slice(0, maxProblemChars).toWellFormed();
}
