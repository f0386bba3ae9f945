import { maskFields } from "./redact_fields.ts";
import { createLiveSecrets } from "./redact_live.ts";
import { abbreviate } from "./redact_mask.ts";
import { maskPrivateKeys } from "./redact_private_keys.ts";
import { maskPhones, maskTokens } from "./redact_tokens.ts";
import { maskUrlCredentials } from "./redact_urls.ts";

/**
 * How much is masked. `boundary` is for what leaves the program towards people and files: errors, logs, traces.
 * `content` is for what is stored of a conversation: the parameters of URLs stay, so that a link keeps working.
 */
export type RedactionStrength = "boundary" | "content";

/**
 * Masks secrets: a short one as `***`, a longer one as its first 6 and last 4 characters. Masking twice changes
 * nothing; well-formed texts stay well-formed. A text is redacted whole and then cut: half a secret is not recognised.
 */
export interface Redactor {
  boundary(text: string): string;
  content(text: string): string;
  /** Masks nothing but the secrets that the program holds: for what must otherwise stay as it is. */
  held(text: string): string;
  /**
   * Registers a secret that the program holds: masked from now on at both strengths, also base64 or URL encoded.
   * Below 8 characters it is ignored as a placeholder.
   */
  addSecret(secret: string): void;
}

export interface RedactorOptions {
  /** Whether `content` looks for secrets by their form and name (default true); `boundary` always does. */
  readonly enabled?: boolean;
  /** Secrets that the program holds already. */
  readonly secrets?: readonly string[];
}

/** A redactor with its own set of live secrets. */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  const { enabled = true, secrets = [] } = options;
  const live = createLiveSecrets();
  for (const secret of secrets) live.add(secret);
  return {
    boundary: (text) => maskPatterns(live.mask(text), "boundary"),
    content: (text) => (enabled ? maskPatterns(live.mask(text), "content") : live.mask(text)),
    held: (text) => live.mask(text),
    addSecret: (secret) => live.add(secret),
  };
}

/** Masks one secret for `config` and `status`: its first 4 and last 4 characters, `***` when it has fewer than 12. */
export function maskForDisplay(secret: string): string {
  return abbreviate(secret, { shortest: 12, head: 4, tail: 4 });
}

/** More than any text needs; a bound, so that a text can be made to take long but not for ever. */
const MOST_PASSES = 4;

/** Until nothing changes any more: what a mask leaves may read as a field that was not one before. */
function maskPatterns(text: string, strength: RedactionStrength): string {
  let before = text;
  let after = maskOnce(before, strength);
  for (let pass = 1; pass < MOST_PASSES && after !== before; pass += 1) {
    before = after;
    after = maskOnce(before, strength);
  }
  return after;
}

/** Blocks before their lines, tokens before the fields that hold them: a field leaves a mask as it is. */
function maskOnce(text: string, strength: RedactionStrength): string {
  const isBoundary = strength === "boundary";
  const withoutTokens = maskTokens(maskPrivateKeys(text));
  const withoutUrls = maskUrlCredentials(withoutTokens, { inWebUrls: isBoundary });
  return maskPhones(maskFields(withoutUrls, { inUrls: isBoundary }));
}
