import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createRedactor } from "../../src/core/redact.ts";

const redactor = createRedactor();

/** Sources of other projects, without their tests, which hold made-up secrets. */
const PACKAGES = [
  "zod/v4",
  "kysely/dist",
  "commander/lib",
  "@modelcontextprotocol/server/dist",
  "yaml/dist",
  "smol-toml/dist",
];

function sourceLines(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return entries
    .filter((path) => /\.(?:js|d\.ts)$/.test(path) && !path.includes("tests"))
    .flatMap((path) => readFileSync(join(folder, path), "utf8").split("\n"))
    .filter((line) => line.trim() !== "");
}

const CODE = [
  "const MAX_TOKENS = 4096;",
  "MAX_TOKENS=100",
  "LLM_MAX_TOKENS=128000 TOKEN_LIMIT=4096 npm start",
  "TOKEN_TTL=3600 AUTH_MODE=oauth AUTH_URL=https://example.com/login",
  "USE_AUTH=true REQUIRE_TOKEN=0 CSRF_TOKEN=",
  "GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.com",
  "SSH_AUTH_SOCK=/tmp/ssh-XXXX/agent.4711",
  "GITHUB_TOKEN=$GITHUB_TOKEN DEPLOY_TOKEN=${{ secrets.DEPLOY_TOKEN }} API_KEY=<your key>",
  "API_TOKEN=$(cat token.txt) PASSWORD=%PASSWORD% SECRET_KEY=your-secret-key",
  "const API_KEY = process.env.API_KEY;",
  "API_KEY=process.env.API_KEY",
  "token = await getToken()",
  "const token = await store.get(key);",
  "this.token = token;",
  "if (token === undefined || password != other) return;",
  "let secret = crypto.randomBytes(32);",
  "password=form.password, api_key=api_key)",
  "Passwd=credentials[1]",
  "function login(token: string, password?: string): Promise<Session>",
  "readonly apiKey: string | undefined;",
  "headers: { authorization: `Bearer ${token}` },",
  'headers["authorization"] = \'WSSE profile="UsernameToken"\';',
  "headers.set('Authorization', 'Bearer ' + token);",
  "'x-api-key': process.env.KEY,",
  "{ kind: 'token', password: 'Password', secret: 'see below' }",
  '{"type": "password", "token": "", "secret": null, "max_tokens": 4096}',
  '{"api_key": "<api key>", "token": "${TOKEN}", "password": "{{ password }}"}',
  "const AUTH_START = SOCKS5_CUSTOM_AUTH_START;",
  "const TOKENS = /^[0-9A-Za-z]+$/;",
  "case TokenKind.Auth: return Token::new(code);",
  "const isCollection: (token: Token | null) => token is Map;",
  "type Token = { key: Key; code: Code };",
  "--token <token>  the token to use (default: none)",
  "--password PASSWORD, --max-tokens 100000",
  "import { sk } from 'scikit'; // pip install sk-learn",
  '<div class="sk-folding-cube sk-circle-fade-dot fc-toolbar-chunk fc-daygrid-day">',
  "from hf_hub import hf_hub_download, hf_transfer_enabled",
  "npm_config_user_agent=x npm_lifecycle_event=test npm_package_version=1.2.3",
  "gsk_render_node_get_type(node); napi_create_function(env);",
  "const matrix = gsk_transformationmatrix_new(scale);",
  "sk_X509_NAME_ENTRY_new_null(); struct sk_buff_head *queue;",
  "import x from 'npm:zod@4.1.0'; import y from 'jsr:@std/assert@1.0.0';",
  "docker pull docker://alpine:3.20@sha256:" + "0a1b2c3d".repeat(8),
  "fetch(`http://localhost:${port}/@vite/client`);",
  "https://cdn.example.com:8080/npm/@scope/name@1.2.3/index.js?version=2#top",
  "https://${user}:${password}@example.com/",
  "git clone ssh://git@example.com:22/owner/name.git && git clone git@example.com:owner/name.git",
  'if (text.includes("-----BEGIN PRIVATE KEY-----")) throw new Error("a key");',
  "<@123456789012345678> <@!123456789012345678> <:wave:123456789012345678>",
];

const LOGS = [
  "commit 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567 (HEAD -> main)",
  'request 3f2504e0-4f89-41d3-9a0c-0305e82c3301 done, etag W/"0a1b2c3d4e5f6071"',
  "2025-03-01T09:30:00.123+0000 INFO started in 12 ms, +0530 local, 20250301T093000Z",
  "12345678:0a1b2c3d4e5f60718293a4b5c6d7e8f901234567 cached",
  "1719999999999:3f2504e0-4f89-41d3-9a0c-0305e82c3301 queued",
  "offset=+123 total=1234567890123456 ratio=1.5e+12345678 x+12345678",
  "step finished model=gpt-5-mini tokens=1234 input_tokens=12 elapsed=2.3s finish=stop code=0",
  "session=01J9ZK3M4N5P6Q7R8S9T0V1W2X resumed, cursor=eyJ0, key=42",
  "GET /v1/items?page=2&sort=name&state=open HTTP/1.1 200",
  "listening on http://127.0.0.1:8080/, ws://127.0.0.1:9222/devtools/browser/3f2504e0",
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
  "//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbXX0",
  "integrity sha512-q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ==",
  'WWW-Authenticate: Bearer realm="example", error="invalid_token"',
  "401: invalid x-api-key, check the Authorization header: Bearer token expected",
  "Authorization: Bearer tokens are refused here",
  "bearer authentication and basic authentication are supported",
  "Idempotency-Key: 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
  "secret santa: everyone; password: required; token: missing",
  "tests: PASS=12 FAIL=0, PWD=/home/user OLDPWD=/home",
  "[REDACTED PRIVATE KEY] API_KEY=*** token sk-abc...wxyz ok",
];

describe("createRedactor()", () => {
  test("leaves 99.5 % of the lines of foreign source code as they are", () => {
    const modules = join(import.meta.dir, "../../node_modules");
    const lines = PACKAGES.flatMap((name) => sourceLines(join(modules, name)));
    expect(lines.length).toBeGreaterThan(20_000);
    for (const strength of ["boundary", "content"] as const) {
      const changed = lines.filter((line) => redactor[strength](line) !== line);
      expect(changed.length / lines.length).toBeLessThan(0.005);
    }
  });

  for (const [kind, lines] of Object.entries({ CODE, LOGS })) {
    test(`leaves what only looks like a secret: ${kind.toLowerCase()}`, () => {
      expect(lines.map((line) => redactor.boundary(line))).toEqual(lines);
      expect(lines.map((line) => redactor.content(line))).toEqual(lines);
      expect(redactor.boundary(lines.join("\n"))).toBe(lines.join("\n"));
    });
  }
});
