import { HermesError } from "../core/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../core/json.ts";

/** The schema that this program writes. */
const version = 1;

/** The file of the logins, as it is: what is not known of it is kept. */
export interface AuthFile {
  readonly json: JsonObject;
  /** Written by a later program: it can be read, but not changed without losing something. */
  readonly isNewer: boolean;
}

const empty: JsonObject = { version, providers: {}, credential_pool: {} };

/**
 * What the text of an `auth.json` says; undefined stands for a file that is not there. A text that is no such file is
 * never taken for an empty one: it would be overwritten with the next login.
 * @throws {HermesError} `store/invalid`
 */
export function parseAuthFile(text: string | undefined, path: string): AuthFile {
  if (text === undefined) return { json: empty, isNewer: false };
  const json = parseJson(text.replace(/^\ufeff/, ""));
  if (!isJsonObject(json) || !hasShape(json)) {
    throw new HermesError("store/invalid", `${path} is no file of logins`, {
      hint: `look at it, or start anew: mv ${path} ${path}.old`,
    });
  }
  const written = json["version"];
  return { json, isNewer: typeof written === "number" && written > version };
}

/** The text of the file after a change; `now` in ms since epoch. */
export function renderAuthFile(json: JsonObject, now: number): string {
  const stamped = { ...json, version, updated_at: isoTime(now) };
  return `${JSON.stringify(stamped, null, 2)}\n`;
}

/** `2026-11-21T08:00:00.000+00:00`: how the file has its times. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/Z$/, "+00:00");
}

/** An object below another one; empty where there is none. */
export function objectAt(json: JsonObject, name: string): JsonObject {
  const value = json[name];
  return isJsonObject(value) ? value : {};
}

function hasShape(json: JsonObject): boolean {
  const { providers, credential_pool: pool, version: written } = json;
  const isOdd = (part: unknown): boolean => part !== undefined && !isJsonObject(part);
  if (isOdd(providers) || isOdd(pool)) return false;
  const isVersioned = written === undefined || (typeof written === "number" && written >= 1);
  return isVersioned && (providers !== undefined || pool !== undefined);
}
