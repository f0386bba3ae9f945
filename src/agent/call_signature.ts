import { isJsonObject, type Json, parseJson } from "../core/json.ts";

/** What tells a call from others: the hash of its tool and its arguments, whatever their order and spacing. */
export async function callSignature(tool: string, rawArguments: string): Promise<string> {
  return await digest(`${tool}\n${canonicalArguments(rawArguments)}`);
}

/** Arguments with sorted keys and without spacing; what is no JSON stays as it is. */
export function canonicalArguments(rawArguments: string): string {
  const value = parseJson(rawArguments);
  return value === undefined ? rawArguments : JSON.stringify(sorted(value));
}

/** SHA-256 in hexadecimal digits. */
export async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map((entry: Json) => sorted(entry));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, entry]) => [name, sorted(entry)]));
}
