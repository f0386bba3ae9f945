import { expect } from "bun:test";
import { once } from "node:events";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { CodexBinary } from "../../fakes/codex_binaries.ts";
import {
  failedAnswer,
  rateLimited,
  refusal,
  type ServerStep,
  serverError,
  textAnswer,
  unavailable,
  wrongKey,
} from "../../fakes/server_steps.ts";
import { configFor } from "../sandbox.ts";
import { isNew, onEveryCodex, openLab, said, saidMeanwhile } from "./sandbox.ts";

const done = textAnswer("All done.", { phase: "final_answer" });

/** What a failed turn ended with. */
interface Failure {
  readonly code: number;
  readonly error: string;
}

interface Refused extends Failure {
  readonly name: string;
  readonly step: ServerStep;
  /** Where the newer codex knows more than the older one. */
  readonly before?: Failure;
}

const refusals: readonly Refused[] = [
  { name: "a key that is refused", step: wrongKey, code: 4, error: "auth/rejected" },
  {
    name: "access that is refused",
    step: refusal(403, "No access"),
    code: 4,
    error: "auth/rejected",
  },
  {
    name: "a model that does not exist",
    step: refusal(404, "The model does not exist", { code: "model_not_found" }),
    code: 1,
    error: "model/not_found",
  },
  {
    name: "a quota that is used up",
    step: refusal(429, "You exceeded your current quota", { code: "insufficient_quota" }),
    code: 75,
    error: "model/quota",
    before: { code: 75, error: "model/rate_limited" },
  },
  { name: "too many requests", step: rateLimited(0), code: 75, error: "model/rate_limited" },
  { name: "a server that fails", step: serverError, code: 1, error: "model/server_error" },
  {
    name: "a server that has no room",
    step: unavailable,
    code: 75,
    error: "model/overloaded",
  },
  {
    name: "a message that is refused",
    step: refusal(400, "Something is wrong"),
    code: 1,
    error: "model/bad_request",
  },
  {
    name: "a context that is too long",
    step: failedAnswer("context_length_exceeded", "Your input exceeds the context window"),
    code: 1,
    error: "model/context_overflow",
  },
];

for (const { name, step, before, ...after } of refusals) {
  onEveryCodex(`${name} ends the turn, and the next one works`, async (codex) => {
    let isWell = false;
    const answer = (): ServerStep => (isWell ? done : step);
    const steps = Array.from({ length: 12 }, () => answer);
    await using lab = await openLab(codex, { steps, home: { retries: 1 } });
    const { code, last, stderr } = await lab.turn("Say hello");
    const expected = isNew(codex) ? after : (before ?? after);
    expect({ code, error: errorCode(last) }).toEqual(expected);
    expect(stderr).toContain(`(${expected.error})\n`);
    isWell = true;
    const next = await lab.turn("Again", "-c");
    expect([next.code, next.items]).toEqual([0, [said("All done.")]]);
  });
}

function errorCode(event: Readonly<Record<string, unknown>>): unknown {
  const { error } = event;
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}

const cut = textAnswer("Once upon a time", { cut: { afterFrames: 4, how: "reset" } });

onEveryCodex("a stream that breaks off is no answer", async (codex) => {
  await using lab = await openLab(codex, { steps: [cut, done] });
  const { code, items, last } = await lab.turn("Tell me a story");
  expect([code, items]).toEqual([1, [saidMeanwhile("Once upon a ")]]);
  expect(last).toMatchObject({ error: { code: "stream/no_terminal_event", retryable: true } });
  const next = await lab.turn("Again", "-c");
  expect([next.code, next.items]).toEqual([0, [said("All done.")]]);
});

onEveryCodex("a stream that breaks off is tried again, and told so", async (codex) => {
  await using lab = await openLab(codex, { steps: [cut, done], home: { retries: 1 } });
  const { code, last, events } = await lab.turn("Tell me a story");
  expect([code, last["final_text"]]).toEqual([0, "All done."]);
  expect(events.filter(({ type }) => type === "retry")).toHaveLength(1);
});

onEveryCodex("nobody at the address ends the turn after a bounded time", async (codex) => {
  const home = { settings: closedProvider(await freePort()) };
  await using lab = await openLab(codex, { steps: [], home });
  const { code, last, stderr } = await lab.turn(
    "Say hello",
    "--set",
    "codex.offline_timeout_seconds=1",
  );
  expect([code, errorCode(last)]).toEqual([1, "network/unreachable"]);
  expect(stderr).toContain("hint: check the network and the proxy");
});

function closedProvider(port: number) {
  return {
    model_providers: {
      fake: {
        name: "fake",
        base_url: `http://127.0.0.1:${port}/v1`,
        wire_api: "responses",
        request_max_retries: 0,
        stream_max_retries: 0,
      },
    },
  };
}

/** A port that was free a moment ago: nobody listens there. */
async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return port;
}

onEveryCodex("without codex, nothing begins", async (codex) => {
  await using lab = await openLab(codex, { steps: [done], program: "/nowhere/codex" });
  const { code, last, stderr } = await lab.turn("Say hello");
  expect([code, errorCode(last)]).toEqual([5, "codex/missing"]);
  expect(stderr).toContain("/nowhere/codex");
  expect(stderr).toContain("HERMES_CODEX_BIN names it");
});

onEveryCodex("a codex that is too old is refused with what to do", async (codex) => {
  await using lab = await openLab(codex, { steps: [done] });
  const program = join(lab.hermes.root, "codex");
  const reply = { id: 1, result: { userAgent: "hermes/0.100.0 (test)", codexHome: "/" } };
  const script = `#!/bin/sh\nread -r line\nid=$(printf %s "$line" | sed 's/.*"id":\\([0-9]*\\).*/\\1/')\n`;
  const text = JSON.stringify(reply).replace('"id":1', '"id":%s');
  await writeFile(program, `${script}printf '${text}\\n' "$id"\ncat >/dev/null\n`);
  await chmod(program, 0o755);
  const args = ["-z", "Say hello", "--json", "--runtime", "codex_app_server"];
  const run = lab.start(args, { env: { HERMES_CODEX_BIN: program } });
  const { code, last } = await lab.ended(run);
  expect([code, last]).toMatchObject([
    5,
    {
      error: {
        code: "codex/too_old",
        message: "codex 0.100.0 is too old: at least 0.125.0 is needed",
        hint: "npm install -g @openai/codex",
      },
    },
  ]);
});

onEveryCodex("a program that is no codex is an end, not a wait", async (codex) => {
  await using lab = await openLab(codex, { steps: [done], program: "/bin/false" });
  const { code, last } = await lab.turn("Say hello");
  expect([code, errorCode(last)]).toEqual([1, "codex/exited"]);
});

onEveryCodex(
  "a setting that codex refuses at its start is shown",
  async (codex) => {
    const home = { approvalPolicy: "untrusted" };
    await using lab = await openLab(codex, { steps: [done], home });
    const { code, last, stderr } = await lab.turn("Say hello");
    expect([code, errorCode(last)]).toEqual([78, "codex/config_invalid"]);
    expect(stderr).toContain("untrusted");
  },
  { since: "0.169.0" },
);

onEveryCodex("a home of codex that is not there is told with what to do", async (codex) => {
  await using lab = await openLab(codex, { steps: [done] });
  const env = { CODEX_HOME: join(lab.hermes.root, "gone") };
  const args = ["-z", "Say hello", "--json", "--runtime", "codex_app_server"];
  const { code, last, stderr } = await lab.ended(lab.start(args, { env }));
  expect([code, last]).toMatchObject([
    78,
    {
      error: {
        code: "codex/config_invalid",
        hint: "make that directory, or correct CODEX_HOME",
      },
    },
  ]);
  expect(stderr).toContain(`"${env.CODEX_HOME}"`);
});

for (const [name, text] of [
  ["a value that does not exist", 'approval_policy = "bogus"'],
  ["a sandbox that does not exist", 'sandbox_mode = "bogus"'],
  ["a server without a program", "[mcp_servers.x]\nargs = []"],
] as const) {
  onEveryCodex(`${name} in the configuration is told, and ends the turn`, async (codex) => {
    const key = text.split(" ")[0] ?? "";
    await using lab = await openLab(codex, { steps: [done] });
    const config = await lab.home.readConfig();
    const others = config.split("\n").filter((line) => !line.startsWith(`${key} =`));
    await lab.replaceConfig(
      `${text.includes("=") && !text.startsWith("[") ? `${text}\n` : ""}${others.join("\n")}\n${text.startsWith("[") ? text : ""}\n`,
    );
    const { code, last } = await lab.turn("Say hello");
    expect([code, errorCode(last)]).toEqual([78, "codex/config_invalid"]);
  });
}

onEveryCodex("a syntax error of the configuration is shown with its place", async (codex) => {
  const home = { appended: "[broken\nkey = 1\n" };
  await using lab = await openLab(codex, { steps: [done], home });
  const { code, last, stderr } = await lab.turn("Say hello");
  const lines = (await lab.home.readConfig()).split("\n");
  const place = `${lab.home.configFile}:${lines.indexOf("[broken") + 1}:8`;
  expect([code, errorCode(last)]).toEqual([78, "codex/config_invalid"]);
  expect(stderr).toContain(`${place}: unclosed table`);
});

function signedIn(url: string) {
  return {
    model_providers: {
      fake: {
        name: "fake",
        base_url: url,
        wire_api: "responses",
        requires_openai_auth: true,
        request_max_retries: 0,
        stream_max_retries: 0,
      },
    },
  };
}

onEveryCodex("a key that is not set is named", async (codex) => {
  const fake = { name: "fake", base_url: "http://127.0.0.1:9/v1", env_key: "LAB_API_KEY" };
  const home = { settings: { model_providers: { fake } } };
  await using lab = await openLab(codex, { steps: [done], home });
  const { code, last } = await lab.turn("Say hello");
  expect([code, last]).toMatchObject([
    4,
    { error: { code: "auth/missing", hint: expect.stringMatching(/^set LAB_API_KEY: /) } },
  ]);
});

onEveryCodex("a server that codex's configuration requires is told by its name", async (codex) => {
  const mcpServers = { lab: { command: "/nowhere/lab", args: [], required: true } };
  await using lab = await openLab(codex, { steps: [done], home: { mcpServers } });
  const { code, last } = await lab.turn("Say hello");
  expect([code, last]).toMatchObject([
    5,
    { error: { code: "mcp/unavailable", message: expect.stringContaining("requires: lab: ") } },
  ]);
});

onEveryCodex("without a login, codex is not asked", async (codex) => {
  const home = { settings: signedIn("http://127.0.0.1:9/v1") };
  await using lab = await openLab(codex, { steps: [done], home });
  const { code, last } = await lab.turn("Say hello");
  expect([code, last]).toMatchObject([
    4,
    { error: { code: "auth/missing", hint: "codex login, then try again" } },
  ]);
  expect(lab.server.requests).toEqual([]);
});

onEveryCodex("a login that has expired is told with what to do", async (codex) => {
  const refused = { error: { code: "refresh_token_expired", message: "expired" } };
  const server = createServer((_, response) => {
    response.writeHead(401, { "content-type": "application/json" });
    response.end(JSON.stringify(refused));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const settings = { ...signedIn(`${url}/v1`), chatgpt_base_url: url };
    const env = { CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${url}/oauth/token` };
    await using lab = await openLab(codex, { steps: [], home: { settings }, env });
    await writeFile(join(lab.home.directory, "auth.json"), expiredLogin());
    const { code, last, stderr } = await lab.turn("Say hello");
    // Codex 0.169 takes an expired login for none.
    const error = isNew(codex) ? "auth/missing" : "auth/rejected";
    expect([code, last]).toMatchObject([
      4,
      { error: { code: error, hint: "codex login, then try again" } },
    ]);
    expect(stderr).not.toContain("refresh-secret");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

/** What `codex login` leaves behind, with tokens that nobody signed and that ended long ago. */
function expiredLogin(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    exp: 1_600_000_000,
    email: "ada@example.org",
    "https://api.openai.com/auth": {
      chatgpt_plan_type: "plus",
      chatgpt_account_id: "account-1",
      chatgpt_user_id: "user-1",
    },
  };
  const token = `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.${part({})}`;
  const tokens = {
    id_token: token,
    access_token: token,
    refresh_token: "refresh-secret",
    account_id: "account-1",
  };
  return JSON.stringify({ OPENAI_API_KEY: null, tokens, last_refresh: "2020-01-01T00:00:00Z" });
}

onEveryCodex("a message of more than codex takes is refused", async (codex) => {
  await using lab = await openLab(codex, { steps: [done] });
  const args = ["-z", "-", "--json", "--runtime", "codex_app_server"];
  const run = lab.start(args, { stdin: { text: "x".repeat(1_100_000) } });
  const { code, last } = await lab.ended(run);
  expect([code, errorCode(last)]).toEqual([2, "usage/invalid"]);
  expect(lab.server.requests).toEqual([]);
});

onEveryCodex("a directory that is gone is told", async (codex) => {
  await using lab = await openLab(codex, { steps: [done] });
  const gone = join(lab.hermes.root, "gone");
  await mkdir(gone);
  await lab.turn("Say hello", "--cwd", gone);
  await rm(gone, { recursive: true });
  const { code } = await lab.turn("Again", "--cwd", gone);
  expect(code).toBe(2);
});

onEveryCodex("codex is not asked for models of others", async (codex) => {
  await using lab = await openLab(codex, { steps: [done] });
  await lab.hermes.configure(configFor(lab.server.url));
  const { code, last } = await lab.turn("Say hello");
  expect([code, errorCode(last)]).toEqual([2, "usage/invalid"]);
});

onEveryCodex("an unknown runtime is a wrong call", async (codex: CodexBinary) => {
  await using lab = await openLab(codex, { steps: [done] });
  const { code, stderr } = await lab.run(["-z", "Say hello", "--runtime", "nothing"]);
  expect([code, stderr.includes("codex_app_server")]).toEqual([2, true]);
});
