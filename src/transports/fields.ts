import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../core/json.ts";

/** Readers for what a peer sent: the value when it has the wanted type, else a harmless one. */

/** A string field, or "". */
export function text(parent: JsonObject | undefined, name: string): string {
  const value = parent?.[name];
  return typeof value === "string" ? value : "";
}

/** An object field, or undefined. */
export function object(parent: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = parent?.[name];
  return isJsonObject(value) ? value : undefined;
}

/** The objects of an array field; other entries are skipped. */
export function objects(parent: JsonObject | undefined, name: string): readonly JsonObject[] {
  const value = parent?.[name];
  return isJsonArray(value) ? value.filter(isJsonObject) : [];
}

/** A whole number from 0 on, or undefined. */
export function count(parent: JsonObject | undefined, name: string): number | undefined {
  const value = parent?.[name];
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Text as it is, nothing as "", anything else as JSON: some servers send arguments as an object. */
export function asText(value: Json | undefined): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  try {
    return JSON.stringify(value);
  } catch {
    // The parser goes deeper than the stack of the serialiser. What is no JSON is told to be so where it is read.
    return "(nested too deeply)";
  }
}
