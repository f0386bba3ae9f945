import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";

/** What a permission profile of codex opens, in plain words, one line each; what is not understood is quoted as JSON. */
export function permissionTexts({ network, fileSystem }: JsonObject): readonly string[] {
  return [...networkTexts(network ?? null), ...fileSystemTexts(fileSystem ?? null)];
}

function networkTexts(network: Json): readonly string[] {
  if (!isJsonObject(network)) return [];
  const { enabled } = network;
  if (enabled === true) return ["network access"];
  return enabled === false ? ["no network access"] : [];
}

function fileSystemTexts(fileSystem: Json): readonly string[] {
  if (!isJsonObject(fileSystem)) return [];
  const { entries, read, write } = fileSystem;
  return [
    ...listOf(read).map((path) => `read ${placeText(path)}`),
    ...listOf(write).map((path) => `write to ${placeText(path)}`),
    ...listOf(entries).map(entryText),
  ];
}

const accessWords: ReadonlyMap<Json | undefined, string> = new Map([
  ["read", "read"],
  ["write", "write to"],
  ["deny", "no access to"],
  // Until 0.130 it was called so.
  ["none", "no access to"],
]);

function entryText(entry: Json): string {
  const words = isJsonObject(entry) ? accessWords.get(entry["access"]) : undefined;
  return isJsonObject(entry) && words !== undefined
    ? `${words} ${placeText(entry["path"] ?? null)}`
    : JSON.stringify(entry);
}

function placeText(place: Json): string {
  if (typeof place === "string") return place;
  if (!isJsonObject(place)) return JSON.stringify(place);
  const { type, path, pattern, value } = place;
  if (type === "path" && typeof path === "string") return path;
  if (type === "glob_pattern" && typeof pattern === "string") return `what matches ${pattern}`;
  return (isJsonObject(value) ? specialText(value) : undefined) ?? JSON.stringify(place);
}

function specialText({ kind, subpath }: JsonObject): string | undefined {
  switch (kind) {
    case "root":
      return "the whole file system";
    case "minimal":
      return "the files that programs need to run";
    case "project_roots":
      return typeof subpath === "string" ? `${subpath} in the project` : "the project";
    case "tmpdir":
      return "$TMPDIR";
    case "slash_tmp":
      return "/tmp";
    default:
      return undefined;
  }
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
