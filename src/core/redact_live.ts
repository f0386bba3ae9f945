import { maskSecret } from "./redact_mask.ts";

/** Shorter ones are placeholders of local servers (`none`, `ollama`, `EMPTY`): masking them would blot out words. */
const SHORTEST_SECRET = 8;

/** The secrets that the program holds, masked wherever they occur. */
export interface LiveSecrets {
  /** Registers a secret of at least 8 characters, white space around it aside; shorter ones are ignored. */
  add(secret: string): void;
  mask(text: string): string;
}

/** An empty set of live secrets. */
export function createLiveSecrets(): LiveSecrets {
  let forms: readonly string[] = [];
  // The beginnings of all forms in one pattern: a clean text is searched once, however many secrets there are.
  let screen: RegExp | undefined;
  return {
    add(secret) {
      const trimmed = secret.trim().toWellFormed();
      if (trimmed.length < SHORTEST_SECRET) return;
      // The longest first, as one form may be part of another.
      forms = [...new Set([...forms, ...formsOf(trimmed)])].toSorted((a, b) => b.length - a.length);
      const beginnings = new Set(
        forms.map((form) => escapePattern(form.slice(0, SHORTEST_SECRET))),
      );
      screen = new RegExp([...beginnings].join("|"));
    },
    mask(text) {
      if (screen === undefined || !screen.test(text)) return text;
      return forms.reduce((masked, form) => masked.replaceAll(form, () => maskSecret(form)), text);
    },
  };
}

/** The ways in which a secret appears in texts: as it is, and in the encodings of JSON, URLs and base64. */
function formsOf(secret: string): readonly string[] {
  const encoded = encodeURIComponent(secret);
  // RFC 3986 reserves what encodeURIComponent leaves.
  const strict = encoded.replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const urls = [encoded, strict, encodeURI(secret), strict.replaceAll("%20", "+")];
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    ...urls,
    ...urls.map((url) => url.replaceAll(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase())),
    encodeURIComponent(strict),
    ...base64Forms(secret),
  ];
}

/**
 * Base64 (RFC 4648 sections 4 and 5) of the secret alone, and the characters that its octets alone decide when it
 * stands inside something longer, such as `user:secret`, at each of the three alignments.
 */
function base64Forms(secret: string): readonly string[] {
  const octets = String.fromCharCode(...new TextEncoder().encode(secret));
  const inner = [0, 1, 2].map((offset) => {
    const whole = btoa("\0".repeat(offset) + octets).replace(/=+$/, "");
    const undecided = (offset + octets.length) % 3 === 0 ? 0 : 1;
    return whole.slice(offset === 0 ? 0 : offset + 1, whole.length - undecided);
  });
  const alone = btoa(octets);
  const standard = [alone, alone.replace(/=+$/, ""), ...inner];
  return [...standard, ...standard.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}

function escapePattern(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}]/g, "\\$&");
}
