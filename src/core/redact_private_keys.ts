import { HIDDEN_PRIVATE_KEY } from "./redact_mask.ts";

/** The lines around a key: RFC 7468, OpenSSH, OpenSSL's older `RSA` and `EC`, PGP. */
const MARKER = /-----(BEGIN|END) (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;

const BREAK = String.raw`(?:\s|\\r|\\n)`;
const FIRST_LINE = new RegExp(`${BREAK}{0,8}[A-Za-z0-9+/]{16,}={0,2}`, "y");
const NEXT_LINE = new RegExp(`${BREAK}{1,8}[A-Za-z0-9+/]+={0,2}(?=${BREAK}|["'\`]|$)`, "y");
const LAST_LINE = new RegExp(`(?:^|${BREAK})([A-Za-z0-9+/]+={0,2})${BREAK}{0,8}$`);

/**
 * Masks private keys as blocks. One that was cut goes too: from its BEGIN as far as base64 reaches, and back from its
 * END, as when only the last lines of an output were kept. A mere mention of a marker stays.
 */
export function maskPrivateKeys(text: string): string {
  if (!text.includes("PRIVATE KEY")) return text;
  let masked = "";
  let done = 0;
  const hide = (start: number, end: number): void => {
    if (start === end) return;
    masked += text.slice(done, start) + HIDDEN_PRIVATE_KEY;
    done = end;
  };
  let begin: { readonly start: number; readonly body: number } | undefined;
  for (const match of text.matchAll(MARKER)) {
    const end = match.index + match[0].length;
    if (match[1] === "BEGIN") {
      if (begin !== undefined) hide(begin.start, endOfCutKey(text, begin));
      begin = { start: match.index, body: end };
      continue;
    }
    const start = begin?.start ?? startOfCutKey(text, match.index, done);
    if (start < match.index) hide(start, end);
    begin = undefined;
  }
  if (begin !== undefined) hide(begin.start, endOfCutKey(text, begin));
  return masked + text.slice(done);
}

/** Where the base64 behind a BEGIN ends; the start of the BEGIN itself when there is none. */
function endOfCutKey(
  text: string,
  { start, body }: { readonly start: number; readonly body: number },
): number {
  const first = lineAt(FIRST_LINE, text, body);
  if (first === 0) return start;
  let end = body + first;
  for (let length = first; length > 0; end += length) length = lineAt(NEXT_LINE, text, end);
  return end;
}

function lineAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** Where the base64 before an END begins, not before `limit`; the END itself when there is none. */
function startOfCutKey(text: string, end: number, limit: number): number {
  let start = end;
  let hasLongLine = false;
  for (;;) {
    const before = text.slice(Math.max(limit, start - 128), start);
    const match = LAST_LINE.exec(before);
    const line = match?.[1] ?? "";
    // Only the last line of a key is short; a short word above it belongs to something else.
    if (match === null || (line.length < 16 && start !== end)) break;
    hasLongLine ||= line.length >= 16;
    start -= before.length - match.index - (match[0].length - match[0].trimStart().length);
  }
  return hasLongLine ? start : end;
}
