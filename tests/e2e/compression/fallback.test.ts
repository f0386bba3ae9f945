import { afterEach, beforeEach, expect, test } from "bun:test";
import { startResponsesServer, type StepSource } from "../../fakes/responses_server.ts";
import { callTool, noCredit, textAnswer, unavailable } from "../../fakes/server_steps.ts";
import { checkEvents, createSandbox, type Sandbox, startChat } from "../sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

/** Calls of a tool, of which only the last fills a window of 100,000 tokens, as the provider counts. */
function work(count: number): StepSource[] {
  return Array.from({ length: count }, (_, index) =>
    callTool(
      "terminal",
      { command: `echo step-${index + 1}; seq 1 4000` },
      { tokens: { input: index === count - 1 ? 90_000 : 10_000 } },
    ),
  );
}

test("a fallback works in a window of its own, and the model after it in its own again", async () => {
  await using first = await startResponsesServer({
    rules: [{ lastInput: "Use exactly these headings", step: textAnswer("## Goal\nNOTES") }],
    steps: [unavailable, ...work(6), textAnswer("Done at first")],
  });
  await using second = await startResponsesServer({ steps: [...work(6), textAnswer("Done")] });
  await sandbox.configure(
    [
      `model: {provider: custom, base_url: "${first.url}", default: m1, context_length: 1000000}`,
      "agent: {api_max_retries: 1}",
      "custom_providers:",
      `  - {name: second, base_url: "${second.url}", key_env: SECOND_KEY, models: {m2: {context_length: 100000}}}`,
      "fallback_providers: [{provider: second, model: m2}]",
      "",
    ].join("\n"),
  );
  const run = async (args: readonly string[]) => {
    const env = { SECOND_KEY: "second-key-0123456789" };
    const { stdout } = await sandbox.run([...args, "--json", "--yolo"], { env });
    expect(checkEvents(stdout)).toMatchObject({ type: "turn.completed" });
    return stdout.includes("Compressing the context");
  };
  expect(await run(["-z", "go"])).toBe(true);
  expect(JSON.stringify(second.requests.at(-1)?.body)).toContain("NOTES");
  expect(await run(["-z", "go on", "-c"])).toBe(false);
  expect(first.requests).toHaveLength(1 + 1 + 7);
});

test("a turn that begins with a fallback, while the primary rests, begins in the fallback's window", async () => {
  // For a summary, too, the one that rests is of no use.
  await using first = await startResponsesServer({ steps: [noCredit], repeat: true });
  await using second = await startResponsesServer({
    rules: [{ lastInput: "Use exactly these headings", step: textAnswer("## Goal\nNOTES") }],
    steps: [
      ...work(6).slice(0, 5),
      textAnswer("one from the second", { tokens: { input: 95_000 } }),
      textAnswer("two from the second"),
    ],
  });
  await sandbox.configure(
    [
      `model: {provider: custom, base_url: "${first.url}", default: m1, context_length: 1000000}`,
      "agent: {api_max_retries: 1}",
      "custom_providers:",
      `  - {name: second, base_url: "${second.url}", models: {m2: {context_length: 100000}}}`,
      "fallback_providers: [{provider: second, model: m2}]",
      "",
    ].join("\n"),
  );
  await using chat = await startChat(sandbox, ["--yolo"]);
  chat.type("go\r");
  await chat.untilShown("one from the second");
  await chat.untilShown("\u001b[1m> \u001b[22m\r\u001b[2C");
  chat.type("go on\r");
  await chat.untilShown("two from the second");
  expect(chat.screen()).toContain("m1 (custom) rests for");
  // Seven steps and a summary.
  expect(second.requests).toHaveLength(8);
  expect(JSON.stringify(second.requests.at(-1)?.body).includes("NOTES")).toBe(true);
  expect(first.requests).toHaveLength(2);
});
