/** What is looked for below a directory, or in one file. */
export interface SearchRequest {
  /** Absolute; the directory or file exists. */
  readonly root: string;
  /** Which files are wanted, see `fileFilter`; a root that is a file is always wanted. */
  readonly glob?: string;
  readonly signal: AbortSignal;
}

export interface ContentRequest extends SearchRequest {
  /** A regular expression, held against each line. */
  readonly pattern: string;
}

export interface Match {
  /** Absolute. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** The line, shortened where it is long. */
  readonly content: string;
}

/**
 * Finds text and files, in the order of their paths. Hidden files, files that git ignores, symlinks, and in searches for
 * text binary and very large files are passed over; a root that is a file is always searched. Both engines give the
 * same for expressions that both understand.
 */
export interface SearchEngine {
  /** @throws {SearchFailure} for an expression or a glob that is none, and when the search itself fails */
  matches(request: ContentRequest): AsyncIterable<Match>;
  /** Absolute paths of files. */
  files(request: SearchRequest): AsyncIterable<string>;
}

/** A search that cannot be done, in words for the model. */
export class SearchFailure extends Error {}

/** Hits that are counted at most. */
export const maxHits = 10_000;

/** Larger files are data, in bytes. */
export const maxFileBytes = 20 * 1024 * 1024;

/** Characters of a line that are shown. */
const maxShownChars = 500;

/** A line as it is shown, without its end. */
export function shownLine(line: string): string {
  const text = line.replace(/\r+$/, "");
  return text.length > maxShownChars ? `${text.slice(0, maxShownChars).toWellFormed()}…` : text;
}
