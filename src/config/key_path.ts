import { HermesError } from "../core/errors.ts";

/** Keys and list positions from the root of the configuration on. */
export type KeyPath = readonly (string | number)[];

/** A quoted segment, or one without dots and quotes. */
const SEGMENT = /"((?:[^"\\]|\\.)+)"|([^."\s]+)/y;

/**
 * The path that a key as people write it stands for: `agent.max_turns`, `custom_providers.0.name`,
 * `mcp_servers."my.server".url`.
 * @throws {HermesError} `usage/invalid`
 */
export function parseKey(text: string): KeyPath {
  const path: (string | number)[] = [];
  for (let at = 0; at <= text.length; at++) {
    SEGMENT.lastIndex = at;
    const match = SEGMENT.exec(text);
    if (!match || (text[SEGMENT.lastIndex] ?? ".") !== ".") throw malformed(text);
    const [, quoted, plain = ""] = match;
    if (quoted !== undefined) path.push(quoted.replaceAll(/\\(.)/g, "$1"));
    else path.push(/^\d{1,6}$/.test(plain) ? Number(plain) : plain);
    at = SEGMENT.lastIndex;
  }
  return path;
}

/** The path as `parseKey` reads it. */
export function formatKey(path: KeyPath): string {
  return path
    .map((segment) =>
      typeof segment === "number" || (/^[^."\s\\]+$/.test(segment) && !/^\d{1,6}$/.test(segment))
        ? segment
        : `"${segment.replaceAll(/["\\]/g, String.raw`\$&`)}"`,
    )
    .join(".");
}

function malformed(text: string): HermesError {
  return new HermesError("usage/invalid", `Expected a key like agent.max_turns: ${text}`, {
    hint: "hermes config show lists every key",
  });
}
