import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { TomlPath } from "./toml_scan.ts";

/**
 * `[path]` and one line for each key; what is in it stands inline. Without what is null, which TOML does not have.
 * @throws {RangeError} for a number that is not finite, or text with half a surrogate pair
 */
export function renderTable(path: TomlPath, table: JsonObject, lineBreak: string): string {
  const lines = membersOf(table).map(([key, value]) => `${renderKey(key)} = ${renderToml(value)}`);
  return [`[${path.map(renderKey).join(".")}]`, ...lines, ""].join(lineBreak);
}

/** A value in one line; null, which TOML does not have, must not be there. @throws {RangeError} as `renderTable` */
export function renderToml(value: Json): string {
  if (typeof value === "string") return renderString(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new RangeError(`No number for TOML: ${value}`);
    // What has no digits behind the point is a whole number, and those end at 2^63.
    return Number.isSafeInteger(value) || !Number.isInteger(value)
      ? String(value).replace("e+", "e")
      : `${String(value).replace("e+", "e")}${/e/.test(String(value)) ? "" : ".0"}`;
  }
  if (Array.isArray(value)) {
    return `[${value
      .filter((item) => item !== null)
      .map(renderToml)
      .join(", ")}]`;
  }
  if (isJsonObject(value)) {
    const members = membersOf(value).map(
      ([key, item]) => `${renderKey(key)} = ${renderToml(item)}`,
    );
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  return value === true ? "true" : "false";
}

/** A key, in quotes where it needs them: letters are those of ASCII. */
export function renderKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : renderString(key);
}

function membersOf(table: JsonObject): readonly (readonly [string, Json])[] {
  return Object.entries(table).filter(([, value]) => value !== null);
}

/** JSON's escapes are TOML's, but for DEL, which JSON leaves as it is. */
function renderString(text: string): string {
  if (!text.isWellFormed()) throw new RangeError("Half a surrogate pair in text for TOML");
  return JSON.stringify(text).replaceAll("\u007f", "\\u007F");
}
