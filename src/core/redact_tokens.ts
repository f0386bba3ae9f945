import { HIDDEN, isTokenStart, maskSecret } from "./redact_mask.ts";

/** A vendor's tokens: prefixes that are theirs, then a body given as the source of a regular expression. */
interface TokenFormat {
  readonly prefixes: readonly string[];
  readonly body: string;
  /** Whether ordinary names begin like that too (`sk-folding-cube`, `hf_hub_download`, `npm_config_cache`). */
  readonly beginsNames?: true;
}

const WORD = "[A-Za-z0-9_-]";

/**
 * Token formats as the vendors document them. Long bodies stand where a prefix would meet ordinary words, exact
 * ones where the vendor fixes the length. No body matches the `...` of a mask, so masking twice changes nothing.
 */
const TOKEN_FORMATS: readonly TokenFormat[] = [
  {
    prefixes: list(
      `sk- sk_ fc- fal_ hf_ r8_ am_ exa_ gsk_ syt_ mem0_ brv_ ntn_ hsk- bb_live_ retaindb_ npm_ pypi-`,
    ),
    body: `${WORD}{10,}`,
    beginsNames: true,
  },
  {
    // Models and agents
    prefixes:
      list(`sk-proj- sk-svcacct- sk-admin- sk-ant- sk-ant-api03- sk-ant-oat01- sk-or-v1- sk-lf- pplx- tvly- nvapi-
      tgp_v1_ lsv2_pt_ lsv2_sk_ apify_api_`),
    body: `${WORD}{10,}`,
  },
  {
    // Code hosts and registries
    prefixes:
      list(`ghp_ github_pat_ gho_ ghu_ ghs_ ghr_ glpat- gldt- glrt- glptt- glcbt- glft- glsoat- glimt- glagent-
      gloas- rubygems_ dckr_pat_ dckr_oat_ CCIPAT_`),
    body: `${WORD}{10,}`,
  },
  {
    // Chat, work and money
    prefixes:
      list(`xoxa- xoxb- xoxc- xoxd- xoxe- xoxo- xoxp- xoxr- xoxs- xapp- lin_api_ lin_oauth_ figd_ PMAK- CFPAT-
      sk_live_ sk_test_ rk_live_ rk_test_ whsec_ sq0atp- sq0csp- shpat_ shpca_ shppa_ shpss_ rzp_live_ FLWSECK- xkeysib-`),
    body: `${WORD}{10,}`,
  },
  {
    // Clouds and observability
    prefixes:
      list(`dop_v1_ doo_v1_ dor_v1_ glsa_ NRAK- sb_secret_ pscale_tkn_ pscale_pw_ pscale_oauth_ tskey- HRKU-
      ory_at_ ory_rt_ GOCSPX- AGE-SECRET-KEY- mdb_sa_sk_`),
    body: `${WORD}{10,}`,
  },
  {
    prefixes: list(
      `jina_ pcsk_ e2b_ csk- vck_ vcp_ pul- sgp_ bkua_ glc_ phx_ sbp_ fm1r_ fm2_ nfp_ rnd_`,
    ),
    body: `${WORD}{20,}`,
    beginsNames: true,
  },
  { prefixes: list("sess- secret_ pa- napi_"), body: `${WORD}{30,}`, beginsNames: true },
  { prefixes: list("AIza xai- EAA AQ. 1//0 sl."), body: `${WORD}{30,}` },
  { prefixes: list("AKIA ASIA ABIA ACCA"), body: `[A-Z0-9]{16}(?!${WORD})` },
  { prefixes: list("LTAI AKID"), body: "[A-Za-z0-9]{12,}" },
  { prefixes: list("SK key- dapi"), body: `[0-9a-f]{32}(?!${WORD})` },
  { prefixes: list("gAAAA ATBB ATATT3 ATCTT3"), body: `${WORD}{20,}(?:=[0-9A-F]{8}|={0,2})` },
  {
    prefixes: list("sntrys_ sntryu_ ops_"),
    body: "[A-Za-z0-9+/_-]{20,}(?:={1,2}_[A-Za-z0-9+/]+|={0,2})",
  },
  { prefixes: list("SG. hvs. hvb. hvr."), body: `${WORD}{10,}(?:\\.${WORD}{10,})?` },
  { prefixes: list("ya29."), body: `${WORD}{10,}(?:\\.${WORD}{10,})*` },
  {
    prefixes: list("dp.pt. dp.ct. dp.st. dp.sa."),
    body: "(?:[a-z0-9_-]{2,35}\\.)?[A-Za-z0-9]{20,}",
  },
  { prefixes: list("re_"), body: "[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}" },
  { prefixes: list("pat"), body: "[A-Za-z0-9]{14}\\.[0-9a-f]{64}" },
  // A JSON Web Token, signed (RFC 7515) or encrypted, where the second part may be empty (RFC 7516).
  { prefixes: list("eyJ"), body: `${WORD}{10,}(?:\\.{1,2}${WORD}+){0,4}` },
];

// Its own pre-screen: an engine searches the literal prefixes of an alternation first and at once.
const TOKEN = new RegExp(
  TOKEN_FORMATS.map(({ prefixes, body }) => oneOf(prefixes) + body).join("|"),
  "g",
);

const PREFIX = new RegExp(`^${oneOf(TOKEN_FORMATS.flatMap(({ prefixes }) => prefixes))}`);

const PREFIXES_OF_NAMES: ReadonlySet<string> = new Set(
  TOKEN_FORMATS.flatMap(({ prefixes, beginsNames = false }) => (beginsNames ? prefixes : [])),
);

/** A Discord bot token: the bot's id, a time and a signature, base64url and without a prefix. */
const DISCORD_TOKEN = /[MNO][\w-]{22,27}\.[\w-]{6}\.[\w-]{27,45}(?![\w-])/g;

/** A Telegram bot token: the bot's id, a colon, its secret; behind `bot` in the paths of requests. */
const TELEGRAM_TOKEN = /(?<!\d)(\d{8,20}:)([A-Za-z0-9_-]{30,})/g;

/** Credentials of RFC 6750 and RFC 7617 behind their scheme, with or without the name of the header. */
const CREDENTIALS =
  /\b((?:bearer|basic)(?:[ \t]|%20){1,4})([A-Za-z0-9._~+/-]{15,}[A-Za-z0-9_~+/-]={0,2})/gi;

const PHONE = /(?<![\w.+/)\]-])\+[1-9]\d{6,14}(?![A-Za-z0-9])/g;

/** Masks the tokens that are known by their own form, wherever they stand. */
export function maskTokens(text: string): string {
  return text
    .replace(TOKEN, (token, at: number) => (isToken(text, token, at) ? maskSecret(token) : token))
    .replace(DISCORD_TOKEN, (token, at: number, whole: string) =>
      isTokenStart(whole, at) ? maskSecret(token) : token,
    )
    .replace(TELEGRAM_TOKEN, (match, id: string, secret: string) =>
      isHexadecimal(secret) ? match : id + HIDDEN,
    )
    .replace(CREDENTIALS, (match, scheme: string, value: string) =>
      value.length < 24 && !/\d/.test(value) ? match : scheme + maskSecret(value),
    );
}

/** Masks E.164 phone numbers. One that follows a word, a dot or an operator is part of something else. */
export function maskPhones(text: string): string {
  return text.replace(PHONE, (phone) => {
    const shown = phone.length <= 8 ? 2 : 4;
    return `${phone.slice(0, shown)}****${phone.slice(-shown)}`;
  });
}

function isToken(text: string, token: string, at: number): boolean {
  if (!isTokenStart(text, at) || isName(token)) return false;
  // A function is called there; an inline source map is base64 of JSON too.
  return text.charAt(at + token.length) !== "(" && !text.startsWith("base64,", at - 7);
}

/** Several short words behind the prefix; random characters have digits here and there, or are too long for a word. */
function isName(token: string): boolean {
  const prefix = PREFIX.exec(token)?.[0] ?? "";
  if (!PREFIXES_OF_NAMES.has(prefix)) return false;
  const words = token.slice(prefix.length).split(/[_-]/, 12);
  return words.length > 1 && words.every((word) => word.length <= 13 && NAME_PART.test(word));
}

const NAME_PART = /^(?:[A-Za-z]+\d{0,4}[A-Za-z]*)?$/;

/** A git hash or a UUID behind a number (`1719999999:0b5c...`) is no secret. */
function isHexadecimal(value: string): boolean {
  return /^[0-9a-f-]+$/.test(value);
}

/** The longest first: of `sk-` and `sk-proj-` the second is the prefix. */
function oneOf(prefixes: readonly string[]): string {
  const sorted = prefixes.toSorted((a, b) => b.length - a.length);
  return `(?:${sorted.map((prefix) => prefix.replaceAll(/[./]/g, "\\$&")).join("|")})`;
}

function list(words: string): readonly string[] {
  return words.split(/\s+/);
}
