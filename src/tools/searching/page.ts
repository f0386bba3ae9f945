import type { Collected } from "./collect.ts";

/** Characters of a page as JSON: a longer result would be spilled to a file, in one endless line. */
const maxPageChars = 80_000;

/** The rows that are wanted of all. */
export interface Page {
  readonly offset: number;
  readonly limit: number;
}

/** How to go on where not everything is shown. */
export interface PageFacts {
  readonly truncated?: true;
  readonly next_offset?: number;
  readonly limit_reason?: string;
}

/** The first of the rows of a page that fit into one result; at least one. */
export function fitting<Row>(rows: readonly Row[]): readonly Row[] {
  let chars = 0;
  const tooMany = rows.findIndex((row) => (chars += JSON.stringify(row).length) > maxPageChars);
  return tooMany < 0 ? rows : rows.slice(0, Math.max(1, tooMany));
}

/** What there is besides the rows that are shown. */
export function pageFacts(
  { total, limitReason }: Collected,
  { offset }: Page,
  shown: number,
): PageFacts {
  const hasMore = shown > 0 && offset + shown < total;
  return {
    ...(hasMore || limitReason !== undefined ? { truncated: true } : {}),
    ...(hasMore ? { next_offset: offset + shown } : {}),
    ...(limitReason === undefined ? {} : { limit_reason: limitReason }),
  };
}
