/** What came back from the identity provider, by whichever way; fields that were not there are absent. */
export interface AuthorizationAnswer {
  readonly code?: string;
  readonly state?: string;
  readonly error?: string;
  readonly errorDescription?: string;
  /** RFC 9207. */
  readonly issuer?: string;
}

const names: Readonly<Record<keyof AuthorizationAnswer, string>> = {
  code: "code",
  state: "state",
  error: "error",
  errorDescription: "error_description",
  issuer: "iss",
};

/**
 * What a person pasted: the address that the browser was sent to, a part of it, or the code alone. Undefined for what is
 * none of these, and for the address of another place.
 */
export function readPasted(text: string, redirectUri: string): AuthorizationAnswer | undefined {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, "").trim();
  const expected = new URL(redirectUri);
  // Address bars show addresses without their scheme.
  const address = line.startsWith(`${expected.host}/`) ? `${expected.protocol}//${line}` : line;
  if (/^https?:/i.test(address)) {
    const url = URL.parse(address);
    if (url?.origin !== expected.origin || url.pathname !== expected.pathname) return undefined;
    return readAnswer(url.search === "" ? url.hash : url.search);
  }
  // A code may have `=` in it, at its end above all: only a name that is known makes a query of it.
  if (/^[?#]/.test(line) || pairsOf(line).some(isKnown)) return readAnswer(line);
  return isCode(line) ? { code: line } : undefined;
}

/**
 * The answer in a query or a fragment. Undefined where it has neither a code nor an error, where something that is known
 * is there twice (RFC 6749 section 3.1), and where it cannot be read: such a thing is nobody's answer.
 */
export function readAnswer(text: string): AuthorizationAnswer | undefined {
  const pairs = pairsOf(text);
  const found: { -readonly [Name in keyof AuthorizationAnswer]: string } = {};
  for (const field of fields) {
    const [pair, ...more] = pairs.filter((one) => one.startsWith(`${names[field]}=`));
    if (pair === undefined) continue;
    const value = decode(pair.slice(names[field].length + 1), field);
    if (value === undefined || more.length > 0) return undefined;
    found[field] = value;
  }
  const { code, error = "" } = found;
  return (code === undefined ? error !== "" : isCode(code)) ? found : undefined;
}

const fields: readonly (keyof AuthorizationAnswer)[] = [
  "code",
  "state",
  "error",
  "errorDescription",
  "issuer",
];

function pairsOf(text: string): readonly string[] {
  return text.replace(/^[?#]/, "").split("&");
}

function isKnown(pair: string): boolean {
  return fields.some((field) => pair.startsWith(`${names[field]}=`));
}

/** RFC 6749 appendix A.11, without the blank that no code has. */
function isCode(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** A `+` stays one where no blank is expected: codes have it, unescaped by careless servers and by people. */
function decode(text: string, field: keyof AuthorizationAnswer): string | undefined {
  const plain = field === "errorDescription" ? text.replaceAll("+", " ") : text;
  try {
    return decodeURIComponent(plain);
  } catch {
    return undefined;
  }
}
