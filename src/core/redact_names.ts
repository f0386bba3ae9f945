/**
 * The names that tell that their value is a secret, in lower case with `-` between words; in a text the words may
 * be joined in any usual way: `api_key`, `apiKey`, `Api-Key`, `APIKEY`.
 */

/** Names of fields and headers, whole. */
const FIELD_NAMES =
  words(`token api-token bearer bearer-token id-token session-token auth-key secret-value raw-secret
  secret-input key-material passwd passphrase account-key signing-key encryption-key authorization proxy-authorization`);

/** Names of fields and headers, whole or as the end of a longer name: `openai_api_key`, `x-api-key`, `clientSecret`. */
const FIELD_ENDINGS =
  words(`api-key password secret access-token refresh-token auth-token security-token private-token
  vault-token oauth-token bot-token secret-key private-key access-key`);

/** Parts of environment variables, which are UPPER_CASE. */
const VARIABLE_PARTS =
  words(`api-key token secret password passwd passphrase credential access-key private-key
  encryption-key signing-key master-key`);

/** Parameters of URLs and forms: these names are too common to mean a secret elsewhere. */
const PARAMETER_NAMES =
  words(`key code auth jwt session signature x-amz-signature x-goog-signature sig pwd sid otp
  client-assertion code-verifier device-code subscription-key ticket`);

const COOKIE_NAMES = words("cookie set-cookie");

const fieldNames = joined(FIELD_NAMES);
const fieldEnding = new RegExp(`(?:${FIELD_ENDINGS.map(compact).join("|")})$`);
const parameterNames = joined(PARAMETER_NAMES);
// AUTH and AUTHORIZATION are parts too, AUTHOR and AUTHORITY are not; PASS and PWD only at the end.
const variablePart = new RegExp(
  `${VARIABLE_PARTS.map(spelling).join("|").toUpperCase()}|AUTH(?!OR(?!I[SZ]))|_PASS$|_PWD$`,
);

/** Ends of variables that tell about a secret and hold none. `_ID` is missing: Vault's SECRET_ID is a secret. */
const ABOUT_A_SECRET =
  /_(?:URLS?|URI|ENDPOINT|FILE|PATH|DIR|SOCK|TYPE|MODE|METHOD|NAME|HOST|PORT|TTL|LIMIT|COUNT|LENGTH|SIZE|TIMEOUT|ENABLED|EXPIRY)$/;

const A_QUANTITY = /TOKENS$|(?:^|_)(?:MAX|MIN|NUM|TOTAL)_/;

/** Whether a field, header or flag of this name holds a secret. */
export function isSecretField(name: string): boolean {
  const plain = compact(name.toLowerCase());
  return fieldNames.has(plain) || fieldEnding.test(plain);
}

/** Whether an environment variable of this name (UPPER_CASE only) holds a secret. */
export function isSecretVariable(name: string): boolean {
  return /^[A-Z][A-Z0-9_]*$/.test(name) && variablePart.test(name) && !ABOUT_A_SECRET.test(name);
}

/** Whether a number under this name is an amount: `MAX_TOKENS=100`. */
export function isQuantity(name: string): boolean {
  return A_QUANTITY.test(name.toUpperCase());
}

/** Whether a parameter of a query, a fragment or a form body of this name holds a secret. */
export function isSecretParameter(name: string): boolean {
  return parameterNames.has(compact(name.toLowerCase())) || isSecretField(name);
}

/** Whether this is an HTTP header that only ever carries credentials. */
export function isCookieHeader(name: string): boolean {
  return COOKIE_NAMES.includes(name.toLowerCase());
}

/**
 * The source of a pattern that occurs in every name above, for searching texts without regard to case: the shortest
 * of them, as a name that contains another needs no mention.
 */
export const SECRET_NAME_STEM: string = stem([
  ...FIELD_NAMES,
  ...FIELD_ENDINGS,
  ...VARIABLE_PARTS,
  ...PARAMETER_NAMES,
  ...COOKIE_NAMES,
  "pass",
]);

function stem(names: readonly string[]): string {
  const compacts = [...new Set(names.map(compact))];
  const isShortest = (name: string): boolean =>
    compacts.every((other) => other === name || !name.includes(other));
  return [...new Set(names)]
    .filter((name) => isShortest(compact(name)))
    .map(spelling)
    .join("|");
}

function words(text: string): readonly string[] {
  return text.split(/\s+/);
}

function joined(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map(compact));
}

function compact(name: string): string {
  return name.replaceAll("-", "").replaceAll("_", "").replaceAll(".", "");
}

function spelling(name: string): string {
  return name.replaceAll("-", "[-_]?");
}
