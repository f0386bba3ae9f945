import { isJsonObject, type Json, parseJson } from "../core/json.ts";

/** What tells a call from others: the hash of its tool and its arguments, whatever their order and spacing. */
export async function callSignature(tool: string, rawArguments: string): Promise<string> {
  return await digest(`${tool}\n${canonicalArguments(rawArguments)}`);
}

/** Arguments with sorted keys and without spacing; what is no JSON, or nested too deeply to be looked at, stays as it is. */
export function canonicalArguments(rawArguments: string): string {
  const value = parseJson(rawArguments);
  if (value === undefined) return rawArguments;
  try {
    return JSON.stringify(sorted(value));
  } catch (error) {
    if (error instanceof RangeError) return rawArguments;
    throw error;
  }
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
