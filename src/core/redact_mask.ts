/** What takes the place of a short secret. */
export const HIDDEN = "***";

/** What takes the place of a PEM or PGP private key. */
export const HIDDEN_PRIVATE_KEY = "[REDACTED PRIVATE KEY]";

/**
 * The mask of a secret: its first 6 and last 4 characters, or `***` below 18, where they would tell too much, and when
 * they hold what tokens are not made of: a quote or an `@` would change how the text around the mask reads. A mask
 * masks itself.
 */
export function maskSecret(secret: string): string {
  if (isMasked(secret)) return secret;
  const mask = abbreviate(secret, { shortest: 18, head: 6, tail: 4 });
  return /^[\w.~+/=%-]*$/.test(mask) ? mask : HIDDEN;
}

/** Whether a value is a mask already, so that masking twice changes nothing. */
export function isMasked(value: string): boolean {
  return value === HIDDEN || value.startsWith("[REDACTED") || /^[^]{6}\.{3}[^]{4}$/u.test(value);
}

/** How many code points of a secret are shown; all numbers in code points. */
export interface MaskShape {
  /** Below this length nothing is shown. */
  readonly shortest: number;
  readonly head: number;
  readonly tail: number;
}

/** The ends of a secret with `...` between them. Never cuts a surrogate pair. */
export function abbreviate(secret: string, { shortest, head, tail }: MaskShape): string {
  // Twice as many code units hold at least that many code points, so a huge secret is never spread whole.
  const start = Array.from(secret.slice(0, 2 * shortest));
  if (start.length < shortest) return HIDDEN;
  const end = Array.from(secret.slice(-2 * tail));
  return `${start.slice(0, head).join("")}...${end.slice(-tail).join("")}`;
}

const WORD_CHARACTER = /[A-Za-z0-9_-]/;

/** What a letter or digit may be the last character of without being part of the word that follows. */
const ESCAPE_BEFORE = /(?:\\[nrtbf0]|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|%[0-9a-f]{2}|\[[\d;]{0,8}m)$/i;

/**
 * Whether a token can begin at `at`: none of `[A-Za-z0-9_-]` stands before it, other than as the end of an escape:
 * `\n` of a JSON string, `%3D` of a URL, the `m` of a terminal colour.
 */
export function isTokenStart(text: string, at: number): boolean {
  if (at === 0 || !WORD_CHARACTER.test(text.charAt(at - 1))) return true;
  return ESCAPE_BEFORE.test(text.slice(Math.max(0, at - 11), at));
}
