import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, Scalar, type Pair } from "yaml";
import type { KeyPath } from "./key_path.ts";
import { renderText, renderValue, type QuoteStyle } from "./render_yaml.ts";
import { findPair, type YamlSource } from "./yaml_source.ts";
import {
  afterColon,
  dashOf,
  endOf,
  endOfPair,
  indentOf,
  lineAfter,
  lineBreakOf,
  linesAfter,
  lineStart,
  startOf,
  type Collection,
  type Splice,
} from "./yaml_text.ts";

/** What to change in a text; undefined where it has a shape that only its author should touch. */
export type Splices = readonly Splice[] | undefined;

/** What a node shall have at a path inside of it. */
interface Change {
  readonly path: KeyPath;
  readonly value: unknown;
}

/** A key stands this far inside of the one that it belongs to. */
const STEP = "  ";

/** Makes the value at a path another one, with as few changes as its surroundings allow. */
export function splicesToSet({ text, document }: YamlSource, change: Change): Splices {
  const root = document.contents;
  if (!isMissing(root)) return setInside(text, root, change);
  const lines = blockLines(text, change, "");
  return lines === undefined ? undefined : [linesAfter(text, text.length, lines)];
}

function setInside(text: string, node: unknown, { path, value }: Change): Splices {
  const [head, ...rest] = path;
  const inner = { path: rest, value };
  if (isSeq(node)) {
    const item = node.items[Number(head)];
    if (item !== undefined && rest.length > 0) return setInside(text, item, inner);
    if (item !== undefined) return isScalar(item) ? [replacement(text, item, value)] : undefined;
    return rest.length === 0 ? [addition(text, node, renderValue(value))] : undefined;
  }
  if (!isMap(node) || head === undefined) return undefined;
  const pair = findPair(node, head);
  if (!pair) {
    const isFlow = node.flow === true;
    const added = isFlow
      ? flowPair({ path, value })
      : blockLines(text, { path, value }, indentOf(text, node));
    return added === undefined ? undefined : [addition(text, node, added)];
  }
  if (rest.length === 0) return replaceValue(text, pair, value);
  if (isCollection(pair.value)) return setInside(text, pair.value, inner);
  const indent = node.flow === true ? undefined : indentOf(text, node) + STEP;
  return openPair(text, { pair, indent }, inner);
}

/** Puts a pair or an entry behind the last one; `added` is what stands between commas, or whole lines. */
function addition(text: string, collection: Collection, added: string): Splice {
  if (collection.flow !== true) {
    const lines = isSeq(collection) ? `${indentOf(text, collection)}- ${added}` : added;
    return linesAfter(text, endOf(collection), lines);
  }
  const last: unknown = collection.items.at(-1);
  const end = last === undefined ? startOf(collection) + 1 : endOfItem(last);
  return { start: end, end, text: last === undefined ? added : `, ${added}` };
}

function replaceValue(text: string, pair: Pair, value: unknown): Splices {
  const child = pair.value;
  const colon = afterColon(pair);
  if (colon === undefined) return undefined;
  if (isMissing(child)) return [{ start: colon, end: colon, text: ` ${renderValue(value)}` }];
  if (!isCollection(child) || child.flow === true) return [replacement(text, child, value)];
  // A block collection stands on lines of its own, below a key that may have a comment.
  const start = lineAfter(text, colon);
  return [
    { start: colon, end: colon, text: ` ${renderValue(value)}` },
    { start, end: lineAfter(text, endOf(child)), text: "" },
  ];
}

/** A value in place of another one that begins on the line of its key. */
function replacement(text: string, node: unknown, value: unknown): Splice {
  const end = endOf(node);
  // Block scalars end with the line break of their last line.
  const lineBreak = text[end - 1] === "\n" ? lineBreakOf(text) : "";
  return { start: startOf(node), end, text: renderValue(value, styleOf(node)) + lineBreak };
}

function styleOf(node: unknown): QuoteStyle {
  if (!isScalar(node)) return "plain";
  if (node.type === Scalar.QUOTE_DOUBLE) return "double";
  return node.type === Scalar.QUOTE_SINGLE ? "single" : "plain";
}

/** A pair that is no table yet; `indent` is that of its keys, absent in flow style. */
interface ClosedPair {
  readonly pair: Pair;
  readonly indent: string | undefined;
}

/** Gives keys to a pair without a value, or to `model: name`, which is short for its `default`. */
function openPair(text: string, { pair, indent }: ClosedPair, change: Change): Splices {
  const child = pair.value;
  const colon = afterColon(pair);
  const inFlow = flowPair(change);
  if (colon === undefined || inFlow === undefined) return undefined;
  if (isMissing(child)) {
    const lines = indent === undefined ? undefined : blockLines(text, change, indent);
    return [
      lines === undefined
        ? { start: colon, end: colon, text: ` {${inFlow}}` }
        : linesAfter(text, colon, lines),
    ];
  }
  const [start, end] = [startOf(child), endOf(child)];
  if (isScalar(child) && child.value === null) return [{ start, end, text: `{${inFlow}}` }];
  if (!isScalar(child) || !isScalar(pair.key) || pair.key.value !== "model") return undefined;
  if (change.path.length === 1 && change.path[0] === "default") {
    return [replacement(text, child, change.value)];
  }
  if (indent === undefined) {
    return [{ start, end, text: `{default: ${text.slice(start, end)}, ${inFlow}}` }];
  }
  const lines = blockLines(text, change, indent) ?? "";
  const opening = `${lineBreakOf(text)}${indent}default: `;
  return [{ start: colon, end: start, text: opening }, linesAfter(text, end, lines)];
}

/** `a: {b: value}`; undefined for entries of lists, which cannot be made one by one. */
function flowPair({ path, value }: Change): string | undefined {
  const [head, ...rest] = path;
  if (typeof head !== "string") return undefined;
  if (rest.length === 0) return `${renderText(head)}: ${renderValue(value)}`;
  const inner = flowPair({ path: rest, value });
  return inner === undefined ? undefined : `${renderText(head)}: {${inner}}`;
}

/** The same as lines, without the last line break. */
function blockLines(text: string, { path, value }: Change, indent: string): string | undefined {
  const [head, ...rest] = path;
  if (typeof head !== "string") return undefined;
  const key = `${indent}${renderText(head)}:`;
  if (rest.length === 0) return `${key} ${renderValue(value)}`;
  const inner = blockLines(text, { path: rest, value }, indent + STEP);
  return inner === undefined ? undefined : key + lineBreakOf(text) + inner;
}

/** Removes the value at a path, and the tables and lists that would be empty without it. */
export function splicesToUnset({ text, document }: YamlSource, path: KeyPath): Splices {
  const places = placesOn(document.contents, path);
  const place = places?.findLast(({ collection }) => collection.items.length > 1) ?? places?.[0];
  if (!place) return undefined;
  const { collection, index } = place;
  if (collection.flow !== true) return cutLines(text, collection, index);
  const [item, previous, next]: readonly unknown[] = [index, index - 1, index + 1].map(
    (at) => collection.items[at],
  );
  // With the comma before it, or, where it is the first, the one behind it.
  if (previous !== undefined)
    return [{ start: endOfItem(previous), end: endOfItem(item), text: "" }];
  const end = next === undefined ? endOfItem(item) : startOfItem(next);
  return [{ start: startOfItem(item), end, text: "" }];
}

/** An entry of a collection. */
interface Place {
  readonly collection: Collection;
  readonly index: number;
}

/** The entries that lead to a path, from the root on; undefined when it is not written out in the text. */
function placesOn(root: unknown, path: KeyPath): readonly Place[] | undefined {
  const places: Place[] = [];
  let node = root;
  for (const segment of path) {
    if (!isCollection(node)) return undefined;
    const pair = isMap(node) ? findPair(node, segment) : undefined;
    const index = isMap(node) ? node.items.findIndex((item) => item === pair) : Number(segment);
    const item: unknown = node.items[index];
    if (item === undefined || isAlias(item)) return undefined;
    places.push({ collection: node, index });
    node = pair ? pair.value : item;
  }
  return places;
}

/** Removes the lines of an entry; one that shares its first line with a dash leaves the dash to the next one. */
function cutLines(text: string, collection: Collection, index: number): Splices {
  const startAt = (at: number): number =>
    isSeq(collection) ? dashOf(collection, at) : startOfItem(collection.items[at]);
  const start = startAt(index);
  const line = lineStart(text, start);
  if (text.slice(line, start).trim() === "") {
    return [{ start: line, end: lineAfter(text, endOfItem(collection.items[index])), text: "" }];
  }
  if (index + 1 >= collection.items.length) return undefined;
  return [{ start, end: startAt(index + 1), text: "" }];
}

function startOfItem(item: unknown): number {
  return startOf(isPair(item) ? item.key : item);
}

function endOfItem(item: unknown): number {
  return isPair(item) ? endOfPair(item) : endOf(item);
}

/** Whether nothing is written where a value may stand. */
function isMissing(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null && startOf(node) === endOf(node));
}
