import { relative } from "node:path/posix";
import type { Clock, FileStore } from "../../core/ports.ts";
import type { FileSafety } from "../file_safety.ts";
import { collect, type Collected } from "./collect.ts";
import { addContext } from "./context.ts";
import type { ContentRequest, Match, SearchEngine } from "./engine.ts";
import { fitting, type Page, pageFacts, type PageFacts } from "./page.ts";

export interface FindDeps {
  readonly engine: SearchEngine;
  readonly clock: Pick<Clock, "sleep">;
  readonly files: Pick<FileStore, "readChunks">;
  readonly safety: FileSafety;
  /** Paths below it are shown relative to it. */
  readonly cwd: string;
}

export interface FoundFiles extends PageFacts {
  readonly total_count: number;
  readonly files: readonly string[];
}

export interface FoundLines extends PageFacts {
  readonly total_count: number;
  readonly matches: readonly (Match & {
    readonly before?: readonly string[];
    readonly after?: readonly string[];
  })[];
}

export interface FoundCounts extends PageFacts {
  /** Of all lines. */
  readonly total_count: number;
  /** Lines by path. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Files that have the pattern in their name, or fit it as a glob. */
export async function findFiles(
  { engine, clock, cwd }: FindDeps,
  { pattern, root, signal }: ContentRequest,
  page: Page,
): Promise<FoundFiles> {
  const paths: string[] = [];
  const collected = await collect(
    { clock, signal },
    (ending) => engine.files({ root, glob: globOf(pattern), signal: ending }),
    (path, index) => {
      if (isOn(page, index)) paths.push(shownPath(path, cwd));
    },
  );
  const files = fitting(paths);
  return { total_count: collected.total, files, ...pageFacts(collected, page, files.length) };
}

/** Lines that have the expression in them, with so many lines around each. */
export async function findLines(
  deps: FindDeps,
  request: ContentRequest,
  { context, ...page }: Page & { readonly context: number },
): Promise<FoundLines> {
  const found: Match[] = [];
  const collected = await collectMatches(deps, request, (match, index) => {
    if (isOn(page, index)) found.push(match);
  });
  const inContext = context > 0 ? await addContext(deps.files, found, context) : found;
  const matches = fitting(
    inContext.map((match) => ({ ...match, path: shownPath(match.path, deps.cwd) })),
  );
  return { total_count: collected.total, matches, ...pageFacts(collected, page, matches.length) };
}

/** Files with lines that have the expression in them, and how many those are. */
export async function countLines(
  deps: FindDeps,
  request: ContentRequest,
  page: Page,
): Promise<FoundCounts> {
  const { rows, collected } = await countByFile(deps, request);
  const shown = fitting(rows.slice(page.offset, page.offset + page.limit));
  return {
    total_count: collected.total,
    counts: Object.fromEntries(shown),
    ...pageFacts({ ...collected, total: rows.length }, page, shown.length),
  };
}

/** Files with lines that have the expression in them. */
export async function findMatchingFiles(
  deps: FindDeps,
  request: ContentRequest,
  page: Page,
): Promise<FoundFiles> {
  const { rows, collected } = await countByFile(deps, request);
  const paths = rows.map(([path]) => path);
  const files = fitting(paths.slice(page.offset, page.offset + page.limit));
  const facts = pageFacts({ ...collected, total: rows.length }, page, files.length);
  return { total_count: rows.length, files, ...facts };
}

async function countByFile(
  deps: FindDeps,
  request: ContentRequest,
): Promise<{
  readonly rows: readonly (readonly [string, number])[];
  readonly collected: Collected;
}> {
  const counts = new Map<string, number>();
  const collected = await collectMatches(deps, request, ({ path }) => {
    const shown = shownPath(path, deps.cwd);
    counts.set(shown, (counts.get(shown) ?? 0) + 1);
  });
  return { rows: [...counts], collected };
}

async function collectMatches(
  { engine, clock, safety }: FindDeps,
  request: ContentRequest,
  take: (match: Match, index: number) => void,
): Promise<Collected> {
  return await collect(
    { clock, signal: request.signal },
    (signal) => readable(safety, engine.matches({ ...request, signal })),
    take,
  );
}

/** Without the files that must not be read: a search of their directory is no way around that. */
async function* readable(
  safety: FileSafety,
  matches: AsyncIterable<Match>,
): AsyncGenerator<Match, void> {
  let last: { readonly path: string; readonly isReadable: boolean } | undefined;
  for await (const match of matches) {
    if (last?.path !== match.path) {
      const problem = await safety.readProblem(match.path);
      last = { path: match.path, isReadable: problem === undefined };
    }
    if (last.isReadable) yield match;
  }
}

/** What is no glob is a part of a name, or of a path. */
function globOf(pattern: string): string {
  if (/[*?[{]/.test(pattern)) return pattern;
  return pattern.includes("/") ? `**/*${pattern.replace(/^\.?\//, "")}*` : `*${pattern}*`;
}

function isOn({ offset, limit }: Page, index: number): boolean {
  return index >= offset && index < offset + limit;
}

/** Relative to the working directory where it lies below that. */
function shownPath(path: string, cwd: string): string {
  const shown = relative(cwd, path);
  return shown === "" || shown === ".." || shown.startsWith("../") ? path : shown;
}
