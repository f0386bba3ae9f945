import { describe, expect, test } from "bun:test";
import { createRedactor } from "../../src/core/redact.ts";

// Tokens are put together when the test runs: none stands in this file as a whole.
const ALPHANUMERIC = "aB3dE5fG7hJ9kL2mN4pQ6rS8tU";
const HEXADECIMAL = "0f1e2d3c4b5a6978";
const UPPER = "A2B3C4D5E6F7G";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const WORD = "aB3_dE5-fG7hJ9kL2mN4pQ6rS8tUvWxYz01";

function body(length: number, alphabet: string = ALPHANUMERIC): string {
  return alphabet.repeat(Math.ceil(length / alphabet.length)).slice(0, length);
}

/** Vendor, then one token of the documented length. */
const TOKENS: Readonly<Record<string, string>> = {
  openai: `sk-${body(48)}`,
  "openai project": `sk-proj-${body(120, WORD)}`,
  "openai service account": `sk-svcacct-${body(80, WORD)}`,
  "openai session": `sess-${body(40)}`,
  anthropic: `sk-ant-api03-${body(93, WORD)}AA`,
  "anthropic oauth": `sk-ant-oat01-${body(93, WORD)}AA`,
  openrouter: `sk-or-v1-${body(64, HEXADECIMAL)}`,
  langfuse: `sk-lf-${body(8, HEXADECIMAL)}-${body(4, HEXADECIMAL)}-${body(4, HEXADECIMAL)}-${body(12, HEXADECIMAL)}`,
  "short sk-": `sk-${body(15, LOWER)}`,
  elevenlabs: `sk_${body(48, HEXADECIMAL)}`,
  xai: `xai-${body(80)}`,
  perplexity: `pplx-${body(48)}`,
  groq: `gsk_${body(52)}`,
  "hugging face": `hf_${body(34, LOWER)}`,
  replicate: `r8_${body(37)}`,
  nvidia: `nvapi-${body(64, WORD)}`,
  cerebras: `csk-${body(48)}`,
  together: `tgp_v1_${body(43, WORD)}`,
  "google ai": `AIza${body(35, WORD)}`,
  jina: `jina_${body(60)}`,
  pinecone: `pcsk_${body(70)}`,
  voyage: `pa-${body(43, WORD)}`,
  langsmith: `lsv2_pt_${body(32, HEXADECIMAL)}_${body(10, HEXADECIMAL)}`,
  tavily: `tvly-${body(32)}`,
  exa: `exa_${body(36)}`,
  firecrawl: `fc-${body(32, HEXADECIMAL)}`,
  fal: `fal_${body(40)}`,
  browserbase: `bb_live_${body(27)}`,
  agentmail: `am_${body(64, HEXADECIMAL)}`,
  mem0: `mem0_${body(40)}`,
  retaindb: `retaindb_${body(32)}`,
  "hsk-": `hsk-${body(32)}`,
  brv_: `brv_${body(32)}`,
  syt_: `syt_${body(40)}`,
  e2b: `e2b_${body(40, HEXADECIMAL)}`,
  apify: `apify_api_${body(36)}`,
  "github classic": `ghp_${body(36)}`,
  "github fine-grained": `github_pat_${body(22)}_${body(59)}`,
  "github oauth": `gho_${body(36)}`,
  "github user": `ghu_${body(36)}`,
  "github server": `ghs_${body(36)}`,
  "github refresh": `ghr_${body(76)}`,
  gitlab: `glpat-${body(20, WORD)}`,
  "gitlab deploy": `gldt-${body(20, WORD)}`,
  "gitlab runner": `glrt-${body(20, WORD)}`,
  "gitlab trigger": `glptt-${body(40, HEXADECIMAL)}`,
  atlassian: `ATATT3${body(180, WORD)}=${body(8, "0A1B2C3D")}`,
  bitbucket: `ATBB${body(32)}`,
  npm: `npm_${body(36)}`,
  pypi: `pypi-${body(150, WORD)}`,
  rubygems: `rubygems_${body(48, HEXADECIMAL)}`,
  docker: `dckr_pat_${body(27, WORD)}`,
  sourcegraph: `sgp_${body(40, HEXADECIMAL)}`,
  buildkite: `bkua_${body(40, HEXADECIMAL)}`,
  circleci: `CCIPAT_${body(22)}_${body(40, HEXADECIMAL)}`,
  pulumi: `pul-${body(40, HEXADECIMAL)}`,
  "slack bot": `xoxb-${body(12, "1234567890")}-${body(12, "9876543210")}-${body(24)}`,
  "slack user": `xoxp-${body(12, "1234567890")}-${body(32, HEXADECIMAL)}`,
  "slack app": `xapp-1-${body(11, UPPER)}-${body(13, "1234567890")}-${body(64, HEXADECIMAL)}`,
  discord: `M${body(25)}.${body(6)}.${body(38, WORD)}`,
  notion: `ntn_${body(46)}`,
  "notion, older": `secret_${body(43)}`,
  linear: `lin_api_${body(40)}`,
  figma: `figd_${body(40, WORD)}`,
  airtable: `pat${body(14)}.${body(64, HEXADECIMAL)}`,
  postman: `PMAK-${body(24, HEXADECIMAL)}-${body(34, HEXADECIMAL)}`,
  contentful: `CFPAT-${body(43, WORD)}`,
  "1password": `ops_eyJ${body(250)}`,
  "stripe live": `sk_live_${body(24)}`,
  "stripe test": `sk_test_${body(99)}`,
  "stripe restricted": `rk_live_${body(24)}`,
  "stripe webhook": `whsec_${body(32)}`,
  square: `sq0atp-${body(22, WORD)}`,
  shopify: `shpat_${body(32, HEXADECIMAL)}`,
  razorpay: `rzp_live_${body(14)}`,
  sendgrid: `SG.${body(22, WORD)}.${body(43, WORD)}`,
  brevo: `xkeysib-${body(64, HEXADECIMAL)}-${body(16)}`,
  mailgun: `key-${body(32, HEXADECIMAL)}`,
  resend: `re_${body(8)}_${body(24)}`,
  twilio: `SK${body(32, HEXADECIMAL)}`,
  facebook: `EAA${body(180)}`,
  "aws key id": `AKIA${body(16, UPPER)}`,
  "aws temporary key id": `ASIA${body(16, UPPER)}`,
  alibaba: `LTAI${body(20)}`,
  tencent: `AKID${body(32)}`,
  "google oauth": `ya29.${body(120, WORD)}`,
  "google client secret": `GOCSPX-${body(28, WORD)}`,
  "google refresh": `1//0${body(60, WORD)}`,
  digitalocean: `dop_v1_${body(64, HEXADECIMAL)}`,
  "digitalocean oauth": `doo_v1_${body(64, HEXADECIMAL)}`,
  databricks: `dapi${body(32, HEXADECIMAL)}`,
  heroku: `HRKU-${body(8, HEXADECIMAL)}-${body(4, HEXADECIMAL)}-${body(12, HEXADECIMAL)}`,
  supabase: `sbp_${body(40, HEXADECIMAL)}`,
  planetscale: `pscale_tkn_${body(43, WORD)}`,
  neon: `napi_${body(64)}`,
  netlify: `nfp_${body(36)}`,
  render: `rnd_${body(28)}`,
  fly: `fm2_${body(120)}`,
  tailscale: `tskey-auth-${body(18)}-${body(32)}`,
  doppler: `dp.pt.${body(43)}`,
  vault: `hvs.${body(90, WORD)}`,
  ory: `ory_at_${body(43, WORD)}`,
  sentry: `sntryu_${body(64, HEXADECIMAL)}`,
  "new relic": `NRAK-${body(27, UPPER)}`,
  grafana: `glsa_${body(32)}_${body(8, HEXADECIMAL)}`,
  posthog: `phx_${body(43)}`,
  dropbox: `sl.${body(130, WORD)}`,
  age: `AGE-SECRET-KEY-1${body(58, UPPER)}`,
  fernet: `gAAAA${body(100, WORD)}==`,
  "json web token": `eyJ${body(30, WORD)}.eyJ${body(60, WORD)}.${body(43, WORD)}`,
  "encrypted json web token": `eyJ${body(30)}..${body(16)}.${body(60)}.${body(22)}`,
  "json web token, cut": `eyJ${body(30, WORD)}`,
};

/** What people and programs write around a token. */
const CONTEXTS: Readonly<Record<string, (token: string) => string>> = {
  "a sentence": (token) => `I used ${token}, and it was refused.`,
  "an assignment of the environment": (token) => `OPENAI_API_KEY=${token}`,
  "a quoted assignment": (token) => `export SERVICE_TOKEN="${token}"; run`,
  "a variable without a telling name": (token) => `docker run -e VALUE=${token} image`,
  JSON: (token) => JSON.stringify({ api_key: token, count: 1 }),
  "JSON in JSON": (token) => JSON.stringify({ body: JSON.stringify({ note: `a\n${token}` }) }),
  "a single-quoted dump": (token) => `{'token': '${token}', 'count': 1}`,
  "an inspected object": (token) => `{ apiKey: '${token}', retries: 2 }`,
  "a header": (token) => `Authorization: Bearer ${token}`,
  "a header on a command line": (token) => `curl -H 'x-api-key: ${token}' https://example.com/`,
  "a query": (token) => `GET https://example.com/v1?page=2&access_token=${token}&x=1 failed`,
  "an encoded query": (token) => `redirect_uri=https%3A%2F%2Fexample.com%3Fnote%3D${token}`,
  "an argument": (token) => `tool run --api-key ${token} --verbose`,
  "an argument with =": (token) => `tool run --token=${token} --verbose`,
  "a log line": (token) => `2025-03-01T09:30:00.123Z WARN auth: refused key=${token} status=401`,
  "a coloured line": (token) => `\u001b[31m${token}\u001b[0m`,
  Markdown: (token) => `Set **key** to \`${token}\` ([docs](https://example.com/a)).`,
  "a table": (token) => `| name | value |\n|---|---|\n| key | ${token} |\n`,
  "lines of YAML": (token) => `provider:\n  api_key: ${token}\n  retries: 2\n`,
};

function masked(token: string): string {
  return `${token.slice(0, 6)}...${token.slice(-4)}`;
}

describe("createRedactor()", () => {
  const redactor = createRedactor();

  for (const [context, write] of Object.entries(CONTEXTS)) {
    test(`masks every token format in ${context} and leaves the rest`, () => {
      for (const strength of ["boundary", "content"] as const) {
        const found = Object.entries(TOKENS).map(([vendor, token]) => [
          vendor,
          redactor[strength](write(token)),
        ]);
        const expected = Object.entries(TOKENS).map(([vendor, token]) => [
          vendor,
          write(masked(token)),
        ]);
        expect(found).toEqual(expected);
      }
    });
  }

  test("the table covers at least 60 token formats and 8 contexts", () => {
    expect(new Set(Object.values(TOKENS)).size).toBeGreaterThanOrEqual(60);
    expect(Object.keys(CONTEXTS).length).toBeGreaterThanOrEqual(8);
  });
});
