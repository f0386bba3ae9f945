import { isMap, isNode, isSeq, type Pair, type YAMLMap, type YAMLSeq } from "yaml";

/** A part of the text that becomes another one. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A map or list with its own text. */
export type Collection = YAMLMap | YAMLSeq;

/** The text with all splices made; they must not overlap. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const backwards = splices.toSorted((a, b) => b.start - a.start);
  return backwards.reduce(
    (rest, { start, end, text: replacement }) =>
      rest.slice(0, start) + replacement + rest.slice(end),
    text,
  );
}

/** The line break that a text uses. */
export function lineBreakOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

/** Whole lines, put in after the line in which something ends. */
export function linesAfter(text: string, end: number, lines: string): Splice {
  const start = lineAfter(text, end);
  const needsBreak = start > 0 && text[start - 1] !== "\n" && text.slice(0, start) !== "\uFEFF";
  const added = needsBreak ? lineBreakOf(text) + lines : lines + lineBreakOf(text);
  return { start, end: start, text: added };
}

/** Where the line begins that follows the one in which something ends. */
export function lineAfter(text: string, end: number): number {
  // Block scalars and the collections around them end with their line break.
  if (text[end - 1] === "\n") return end;
  const lineBreak = text.indexOf("\n", end);
  return lineBreak === -1 ? text.length : lineBreak + 1;
}

/** Where the line begins in which an offset is; a byte order mark is no part of it. */
export function lineStart(text: string, offset: number): number {
  return Math.max(text.lastIndexOf("\n", offset - 1) + 1, text.startsWith("\uFEFF") ? 1 : 0);
}

/** Blanks as far as the keys of a block map or the dashes of a block list are indented. */
export function indentOf(text: string, collection: Collection): string {
  const start = isMap(collection) ? startOf(collection.items[0]?.key) : dashOf(collection, 0);
  return " ".repeat(start - lineStart(text, start));
}

/** Where a node begins; its anchor and tag are before it. */
export function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

/** Where the dash of an entry of a block list is. */
export function dashOf(list: YAMLSeq, index: number): number {
  const token = list.srcToken?.type === "block-seq" ? list.srcToken.items[index] : undefined;
  return token?.start.find(({ type }) => type === "seq-item-ind")?.offset ?? 0;
}

/** Where the colon of a pair ends, or undefined when it has none. */
export function afterColon(pair: Pair): number | undefined {
  const colon = pair.srcToken?.sep?.find(({ type }) => type === "map-value-ind");
  return colon && colon.offset + 1;
}

/** Where the value of a pair ends, without comments after it. */
export function endOfPair(pair: Pair): number {
  return isNode(pair.value) ? endOf(pair.value) : (afterColon(pair) ?? endOf(pair.key));
}

/** Where a node ends, without comments after it: the range of a block collection has them in it. */
export function endOf(node: unknown): number {
  if (!isNode(node)) return 0;
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    if (last) return endOfPair(last);
  }
  if (isSeq(node) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    if (isNode(last)) return endOf(last);
  }
  return node.range?.[1] ?? 0;
}
