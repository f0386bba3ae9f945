import { afterEach, beforeEach, expect, test } from "bun:test";
import { startResponsesServer, type StepSource } from "../../fakes/responses_server.ts";
import {
  hangBeforeHeaders,
  refusal,
  type ServerStep,
  textAnswer,
} from "../../fakes/server_steps.ts";
import { configFor, createSandbox, type Sandbox, startChat, wireApis } from "../sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

interface Listed {
  readonly id: string;
  readonly title: string | null;
}

async function titles(): Promise<readonly (string | null)[]> {
  const { stdout } = await sandbox.run(["sessions", "list", "--json"]);
  const { sessions } = JSON.parse(stdout) as { readonly sessions: readonly Listed[] };
  return sessions.map(({ title }) => title);
}

const answers = { steps: [textAnswer("The answer")], repeat: true } as const;

test.each(wireApis)("chat -q leaves a session with a title (%s)", async (wireApi) => {
  await using server = await startResponsesServer({
    ...answers,
    titles: textAnswer('"A talk about **nothing**."'),
  });
  await sandbox.configure(configFor(server.url, wireApi));
  const run = (prompt: string) => sandbox.run(["chat", "-q", prompt]);
  expect((await run("hello")).code).toBe(0);
  expect((await run("hello again")).code).toBe(0);
  expect(await titles()).toEqual(["A talk about nothing #2", "A talk about nothing"]);
  expect([server.requests.length, server.titleRequests.length]).toEqual([2, 2]);
  const body = JSON.stringify(server.titleRequests[0]?.body);
  expect([body.includes("The answer"), body.includes("temperature")]).toEqual([true, false]);
});

test("-z, --ephemeral and sessions.auto_title: false make none", async () => {
  await using server = await startResponsesServer({ ...answers, titles: textAnswer("A title") });
  await sandbox.configure(configFor(server.url));
  await sandbox.run(["-z", "hello"]);
  await sandbox.run(["chat", "-q", "hello", "--ephemeral"]);
  await sandbox.run(["chat", "-q", "hello", "--set", "sessions.auto_title=false"]);
  expect([await titles(), server.titleRequests.length]).toEqual([[null, null], 0]);
});

test("a title of the user's own stays, and a session without one gets one when it goes on", async () => {
  await using server = await startResponsesServer({ ...answers, titles: textAnswer("Not this") });
  await sandbox.configure(configFor(server.url));
  await sandbox.run(["-z", "hello"]);
  await sandbox.run(["chat", "-q", "go on", "-c"]);
  expect(await titles()).toEqual(["Not this"]);
  await sandbox.run(["sessions", "rename", "Not this", "mine"]);
  await sandbox.run(["chat", "-q", "go on", "-c"]);
  expect([await titles(), server.titleRequests.length]).toEqual([["mine"], 1]);
});

test.each([
  ["refused", refusal(402, "Insufficient credits")],
  ["never answered", hangBeforeHeaders],
  ["answered with talk", textAnswer("word ".repeat(40))],
] as const)("a title that is %s fails nothing", async (_, step) => {
  await using server = await startResponsesServer({ ...answers, titles: step });
  await sandbox.configure(configFor(server.url));
  const { code, stdout, stderr } = await sandbox.run(["chat", "-q", "hello"]);
  expect([code, stdout, stderr.includes("rror")]).toEqual([0, "The answer\n", false]);
  expect(await titles()).toEqual([null]);
});

test("auxiliary.title_generation sends it elsewhere; a provider that is down leaves it to the main one", async () => {
  await using main = await startResponsesServer({ ...answers, titles: textAnswer("From main") });
  await using small = await startResponsesServer({ ...answers, titles: textAnswer("From small") });
  const configure = (url: string) =>
    sandbox.configure(
      `${configFor(main.url)}auxiliary: {title_generation: {base_url: "${url}", model: tiny}}\n`,
    );
  await configure(small.url);
  await sandbox.run(["chat", "-q", "hello"]);
  expect(small.titleRequests.map(({ body }) => (body as { model?: string }).model)).toEqual([
    "tiny",
  ]);
  await configure("http://127.0.0.1:9/v1");
  await sandbox.run(["chat", "-q", "hello"]);
  expect(await titles()).toEqual(["From main", "From small"]);
});

test("fallback_providers stand behind the main one: one that cannot be used is passed over, one's own is asked", async () => {
  await using main = await startResponsesServer({ ...answers, titles: refusal(402, "Pay first") });
  await using own = await startResponsesServer({ ...answers, titles: textAnswer("From my own") });
  await sandbox.configure(
    `${configFor(main.url)}fallback_providers: [{provider: nowhere, model: m2}, {provider: mine, model: tiny, base_url: "${own.url}"}]\n`,
  );
  await sandbox.run(["chat", "-q", "hello"]);
  expect(own.titleRequests.map(({ body }) => (body as { model?: string }).model)).toEqual(["tiny"]);
  expect(await titles()).toEqual(["From my own"]);
});

test("a session at the terminal has its title while it is open", async () => {
  const asked = Promise.withResolvers<void>();
  const named: StepSource = (): ServerStep => {
    asked.resolve();
    return textAnswer("Talk at the terminal");
  };
  await using server = await startResponsesServer({ ...answers, titles: named });
  await sandbox.configure(configFor(server.url));
  await using chat = await startChat(sandbox);
  chat.type("hello there\r");
  await chat.untilShown("The answer");
  await asked.promise;
  chat.type("/quit\r");
  expect(await chat.exited).toBe(0);
  expect(await titles()).toEqual(["Talk at the terminal"]);
});

const bodyOf = ({ body }: { readonly body: unknown }) =>
  body as { readonly model?: string; readonly reasoning?: unknown; readonly top_k?: number };

test("a task has a key and fields of its own, which go to its place alone and are never shown", async () => {
  await using main = await startResponsesServer({ ...answers, titles: textAnswer("From main") });
  await using small = await startResponsesServer({ ...answers, titles: refusal(402, "Pay") });
  const key = "small-key-0123456789abcdef";
  await sandbox.configure(
    `${configFor(main.url)}auxiliary:\n  title_generation:\n    base_url: "${small.url}"\n    model: tiny\n    api_key: \${SMALL_KEY}\n    extra_body: {top_k: 7, reasoning: {effort: none}}\n`,
  );
  const env = { SMALL_KEY: key };
  const { stderr } = await sandbox.run(["chat", "-q", "hello"], { env });
  expect(await titles()).toEqual(["From main"]);
  expect(small.titleRequests.map(({ headers }) => headers["authorization"])).toEqual([
    `Bearer ${key}`,
  ]);
  expect(small.titleRequests.map(bodyOf)).toMatchObject([
    { model: "tiny", top_k: 7, reasoning: { effort: "none" } },
  ]);
  const [asked] = main.titleRequests;
  expect([
    asked?.headers["authorization"] === `Bearer ${key}`,
    asked && "top_k" in bodyOf(asked),
  ]).toEqual([false, false]);
  const shown = await sandbox.run(["config", "show"], { env });
  expect([
    shown.stdout.includes("${SMALL_KEY}"),
    shown.stdout.includes(key),
    stderr.includes(key),
  ]).toEqual([true, false, false]);
  await sandbox.run(["config", "set", "auxiliary.title_generation.extra_body.top_k", "9"]);
  await sandbox.run(["chat", "-q", "hello"], { env });
  expect(small.titleRequests.map((request) => bodyOf(request).top_k)).toEqual([7, 9]);
});

test("a task's key without credit leaves the same place to the conversation's own key", async () => {
  const key = "small-key-0123456789abcdef";
  await using main = await startResponsesServer({
    ...answers,
    titles: ({ headers }) =>
      headers["authorization"] === `Bearer ${key}`
        ? refusal(402, "Pay first")
        : textAnswer("From the usual key"),
  });
  await sandbox.configure(
    `${configFor(main.url)}auxiliary: {title_generation: {api_key: "\${SMALL_KEY}"}}\n`,
  );
  await sandbox.run(["chat", "-q", "hello"], { env: { SMALL_KEY: key } });
  expect([await titles(), main.titleRequests.length]).toEqual([["From the usual key"], 2]);
});

test("a task's fallback_chain comes before fallback_providers, and before the main model where its place is named", async () => {
  await using main = await startResponsesServer({ ...answers, titles: refusal(402, "Pay") });
  await using chained = await startResponsesServer({
    ...answers,
    titles: textAnswer("By the chain"),
  });
  await using general = await startResponsesServer({ ...answers, titles: textAnswer("By all") });
  const entry = (name: string, url: string) =>
    `{provider: ${name}, model: tiny, base_url: "${url}"}`;
  const configure = (place: string) =>
    sandbox.configure(
      `${configFor(main.url)}fallback_providers: [${entry("general", general.url)}]\nauxiliary: {title_generation: {${place}fallback_chain: [${entry("chained", chained.url)}]}}\n`,
    );
  await configure("");
  await sandbox.run(["chat", "-q", "hello"]);
  expect([main, chained, general].map((server) => server.titleRequests.length)).toEqual([1, 1, 0]);
  await configure('base_url: "http://127.0.0.1:9/v1", model: m2, ');
  await sandbox.run(["chat", "-q", "hello"]);
  expect([main, chained, general].map((server) => server.titleRequests.length)).toEqual([1, 2, 0]);
  expect(await titles()).toEqual(["By the chain #2", "By the chain"]);
});
