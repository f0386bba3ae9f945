import { isJsonObject } from "../core/json.ts";
import type { KeyPath } from "./key_path.ts";

type Table = Readonly<Record<string, unknown>>;

/** Whether a value is a table of keys. */
export function isTable(value: unknown): value is Table {
  return isJsonObject(value);
}

/** The value at a path of plain data, or undefined. */
export function valueAt(tree: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((node, segment) => childOf(node, segment), tree);
}

/** A copy of plain data with a value at a path, or without it for undefined; tables that are missing are made. */
export function withValue(tree: unknown, path: KeyPath, value: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (Array.isArray(tree) && typeof head !== "number") return tree;
  const child = withValue(childOf(tree, head), rest, value);
  if (Array.isArray(tree)) {
    const elements: readonly unknown[] = tree;
    return elements.toSpliced(Number(head), 1, ...(child === undefined ? [] : [child]));
  }
  const entries = new Map<string, unknown>(isTable(tree) ? Object.entries(tree) : []);
  if (child === undefined) entries.delete(String(head));
  else entries.set(String(head), child);
  return Object.fromEntries(entries);
}

/** Whether a value can be set at a path: all on the way are tables, lists up to their next entry, or nothing yet. */
export function canHold(tree: unknown, path: KeyPath): boolean {
  return path.every((segment, index) => {
    const node = valueAt(tree, path.slice(0, index));
    if (Array.isArray(node)) return typeof segment === "number" && segment <= node.length;
    return node === undefined || node === null || isTable(node);
  });
}

/** Every value of plain data that is no table, and every empty table, with its path. */
export function leavesOf(
  tree: unknown,
  path: KeyPath = [],
): readonly (readonly [KeyPath, unknown])[] {
  const entries = isTable(tree) ? Object.entries(tree) : [];
  if (entries.length === 0) return path.length === 0 ? [] : [[path, tree]];
  return entries.flatMap(([key, value]) => leavesOf(value, [...path, key]));
}

/** Plain data whose `model: name`, if it has one, is written as the table that it is short for. */
export function withModelTable(tree: unknown): unknown {
  if (!isTable(tree) || typeof tree["model"] !== "string") return tree;
  return { ...tree, model: { default: tree["model"] } };
}

/** Whether a value is a table or list with nothing in it. */
export function isEmptyTree(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Whether two values of plain data are equal; the order of keys does not count. */
export function isSameTree(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) {
    return Object.is(one, other);
  }
  const values = new Map(Object.entries(one));
  const others = Object.entries(other);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    values.size === others.length &&
    others.every(([key, value]) => values.has(key) && isSameTree(values.get(key), value))
  );
}

function childOf(node: unknown, segment: string | number): unknown {
  if (Array.isArray(node)) return typeof segment === "number" ? node[segment] : undefined;
  return isTable(node) && Object.hasOwn(node, segment) ? node[segment] : undefined;
}
