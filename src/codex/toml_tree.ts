import { parse, TomlDate, TomlError } from "smol-toml";
import { HermesError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";

/** What TOML text says; dates are `TomlDate`, whole numbers bigints. */
export type TomlTree = Readonly<Record<string, unknown>>;

/**
 * Text of a `config.toml` as a tree; `file` is what messages call it.
 * @throws {HermesError} `codex/config_invalid` with line and column
 */
export function parseToml(text: string, file: string): TomlTree {
  try {
    return parse(withoutMark(text), { integersAsBigInt: true });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = ""] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    throw new HermesError(
      "codex/config_invalid",
      `${file} is no TOML, and was left as it is: line ${error.line}, column ${error.column}: ${what}`,
      { cause: error, hint: "correct that line, then try again" },
    );
  }
}

/** A value as JSON, to be compared with one that is wanted; a date is its text. */
export function asJson(value: unknown): Json {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Date) return dateText(value);
  if (Array.isArray(value)) return value.map(asJson);
  if (isTree(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asJson(item)]));
  }
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "number") {
    return value;
  }
  throw new TypeError(`TOML has no ${typeof value}`);
}

/** Whether two trees say the same, to the last digit. */
export function isSameTree(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (one instanceof Date && other instanceof Date) return dateText(one) === dateText(other);
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => isSameTree(item, other[at]));
  }
  if (!isTree(one) || !isTree(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isSameTree(one[key], other[key]))
  );
}

/** Whether two JSON values are the same, in whichever order their keys stand. */
export function isSameJson(one: Json, other: Json): boolean {
  return canonical(one) === canonical(other);
}

/** SHA-256 of a value in hexadecimal, the same for every order of its keys. */
export async function fingerprint(value: Json): Promise<string> {
  const bytes = new TextEncoder().encode(canonical(value));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** What a key of the root says. */
export function tableAt(tree: TomlTree, key: string): TomlTree | undefined {
  const value = Object.hasOwn(tree, key) ? tree[key] : undefined;
  return isTree(value) ? value : undefined;
}

export function isTree(value: unknown): value is TomlTree {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

/** Codex takes a byte order mark for nothing. */
export function withoutMark(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

function dateText(date: Date): string {
  return date instanceof TomlDate || !Number.isNaN(date.getTime())
    ? date.toISOString()
    : String(date);
}

function canonical(value: Json): string {
  return JSON.stringify(value, (_key, item: Json) =>
    typeof item === "object" && item !== null && !Array.isArray(item) ? sorted(item) : item,
  );
}

function sorted(value: Json): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value as JsonObject).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
