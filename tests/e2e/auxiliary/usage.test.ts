/** What sessions used beside their conversation, as the compiled program counts it. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { startResponsesServer } from "../../fakes/responses_server.ts";
import { callTool, textAnswer } from "../../fakes/server_steps.ts";
import { startReviewLab } from "../review/lab.ts";
import { configFor, createSandbox, type Sandbox, startChat } from "../sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

interface Shown {
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
  readonly model_calls: number;
  readonly cost_usd: number | null;
  readonly cost_status: string;
  readonly side_usage?: readonly {
    readonly kind: string;
    readonly model: string;
    readonly model_calls: number;
    readonly cost_usd: number | null;
    readonly usage: { readonly input_tokens: number };
  }[];
}

async function listed(): Promise<Shown & { readonly id: string }> {
  const { stdout } = await sandbox.run(["sessions", "list", "--json"]);
  const [first] = (JSON.parse(stdout) as { sessions: readonly (Shown & { id: string })[] })
    .sessions;
  if (first === undefined) throw new Error("No session");
  return first;
}

async function shown(): Promise<Shown> {
  const { stdout } = await sandbox.run(["sessions", "show", (await listed()).id, "--json"]);
  return (JSON.parse(stdout) as { readonly session: Shown }).session;
}

const kinds = ({ side_usage: sides = [] }: Shown) =>
  sides.map(({ kind, model, model_calls: calls, usage, cost_usd: cost }) => [
    kind,
    model,
    calls,
    usage.input_tokens,
    cost,
  ]);

test("titles, judgements and sub-agents are in a session's cost, and told apart", async () => {
  await using server = await startResponsesServer({
    titles: textAnswer("A title", { tokens: { input: 50 } }),
    rules: [
      {
        lastInput: "<command-",
        step: textAnswer('{"verdict":"approve","why":"fine"}', { tokens: { input: 30 } }),
      },
      { lastInput: "Count the pears", step: textAnswer("Six", { tokens: { input: 1_000 } }) },
    ],
    steps: [
      callTool("delegate_task", { goal: "Count the pears" }, { tokens: { input: 100 } }),
      callTool("terminal", { command: "rm -rf ./nothing-there" }, { tokens: { input: 200 } }),
      textAnswer("Done", { tokens: { input: 300 } }),
    ],
  });
  await sandbox.configure(
    `${configFor(server.url)}approvals: {mode: smart}\nprices: {"test-model": {input: 1, output: 0}}\nauxiliary: {title_generation: {model: tiny}}\n`,
  );
  const flags = ["-m", "test-model", "--approval", "smart"];
  expect((await sandbox.run(["chat", "-q", "hello", ...flags])).code).toBe(0);
  const session = await shown();
  expect([session.usage.input_tokens, session.model_calls, session.cost_status]).toEqual([
    1_680,
    6,
    "partly_known",
  ]);
  expect(session.cost_usd).toBeCloseTo(0.001_63, 9);
  expect(kinds(session)).toEqual([
    ["approval", "test-model", 1, 30, 0.000_03],
    ["delegation", "test-model", 1, 1_000, 0.001],
    ["title_generation", "tiny", 1, 50, null],
  ]);
  expect((await listed()).cost_usd).toBe(session.cost_usd);
  const { stdout } = await sandbox.run(["sessions", "show", "A title"]);
  expect(stdout).toContain("titles: 1 call of tiny (custom), 50 tokens in");
  expect(stdout).toContain("sub-agents: 1 call of test-model (custom), 1,000 tokens in");
});

test("a review beside the session is counted, and /usage tells it", async () => {
  await using lab = await startReviewLab({ reviews: [textAnswer("Nothing to keep")] });
  await sandbox.configure(
    `${configFor(lab.server.url)}memory: {nudge_interval: 1}\nsessions: {auto_title: false}\ndisplay: {memory_notifications: verbose}\n`,
  );
  await using chat = await startChat(sandbox);
  chat.type("hello\r");
  await chat.untilShown("Answer 1");
  await chat.untilShown("Review: nothing kept");
  chat.type("/usage\r");
  await chat.untilShown("2 model calls");
  await chat.untilShown("of it reviews: 1 call of");
  await chat.untilShown("> ");
  chat.type("\x04");
  await chat.exited;
  expect(kinds(await shown()).map(([kind, , calls]) => [kind, calls])).toEqual([["review", 1]]);
});
