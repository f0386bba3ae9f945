/** How long a text may be, and what is left of a longer one, in characters; `limit` leaves room for the mark. */
export interface ShortForm {
  readonly limit: number;
  readonly head: number;
  readonly tail: number;
}

/** A text within its limit: the head and the tail of a longer one, with a mark between them. */
export function shorten(text: string, { limit, head, tail }: ShortForm): string {
  if (text.length <= limit) return text;
  const mark = `[… ${text.length - head - tail} left out …]`;
  return `${text.slice(0, head)}${mark}${tail === 0 ? "" : text.slice(-tail)}`.toWellFormed();
}
