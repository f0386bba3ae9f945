import { afterEach, beforeEach, expect, test } from "bun:test";
import { startResponsesServer, type StepSource } from "../fakes/responses_server.ts";
import { callTool, textAnswer } from "../fakes/server_steps.ts";
import { checkEvents, createSandbox, eventsOf, type Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const turns = 9;
const long = "word ".repeat(4_000);
/** What the questions for a summary hold, and nothing else does. */
const asksForSummary = "Use exactly these headings";

/** A command and an answer; every third turn fills the window of the model. */
function turnSteps(turn: number): readonly StepSource[] {
  const tokens = { input: turn % 3 === 0 ? 90_000 : 9_000 };
  return [
    callTool("terminal", { command: `echo tool-${turn}.; seq 1 3000` }, { tokens }),
    textAnswer(`${long}answer-${turn}.`, { tokens }),
  ];
}

test("a session that was compressed twice, each turn in a process of its own, is whole: found, taken back, exported", async () => {
  await using server = await startResponsesServer({
    rules: [{ lastInput: asksForSummary, step: textAnswer("## Goal\nNOTES") }],
    steps: Array.from({ length: turns + 1 }, (_, index) => turnSteps(index + 1)).flat(),
  });
  const model = `{provider: custom, base_url: "${server.url}", default: m1, api_mode: codex_responses, context_length: 100000}`;
  await sandbox.configure(`model: ${model}\n`);
  const sessionIds = new Set<string>();
  const say = async (turn: number, ...more: readonly string[]) => {
    const { code, stdout } = await sandbox.run(["-z", `question-${turn}.`, "--json", ...more]);
    expect([code, checkEvents(stdout).type]).toEqual([0, "turn.completed"]);
    for (const { type, session_id: id } of eventsOf(stdout)) {
      if (typeof id === "string" && type.startsWith("session.")) sessionIds.add(id);
    }
  };
  await say(1);
  const [first = ""] = sessionIds;
  for (let turn = 2; turn <= turns; turn++) await say(turn, "-r", first);
  expect(sessionIds.size).toBeGreaterThan(2);

  // Taken back and said again, by the id that it had at first.
  expect((await sandbox.run(["sessions", "rewind", first])).code).toBe(0);
  await say(turns + 1, "-r", first);
  const kept = [...Array.from({ length: turns - 1 }, (_, index) => index + 1), turns + 1];

  const numbers = (text: string, word: string): readonly number[] =>
    [...text.matchAll(new RegExp(`${word}-(\\d+)\\.`, "g"))].map(([, number]) => Number(number));
  const [last = ""] = [...sessionIds].slice(-1);
  for (const id of [first, last]) {
    for (const format of ["md", "html"]) {
      const { code, stdout } = await sandbox.run(["sessions", "export", id, "--format", format]);
      // The first question is the session's name, too.
      const questions = [...new Set(numbers(stdout, "question"))];
      expect([code, questions, numbers(stdout, "answer")]).toEqual([0, kept, kept]);
    }
  }
  for (const turn of kept) {
    const found = await sandbox.run(["sessions", "search", `"answer-${turn}"`, "--json"]);
    const { hits } = JSON.parse(found.stdout) as { readonly hits: readonly unknown[] };
    expect([turn, hits.length]).toEqual([turn, 1]);
  }
  const gone = await sandbox.run(["sessions", "search", `"answer-${turns}"`, "--json"]);
  expect(JSON.parse(gone.stdout)).toMatchObject({ hits: [] });
  const listed = await sandbox.run(["sessions", "list", "--json"]);
  expect(
    (JSON.parse(listed.stdout) as { readonly sessions: readonly unknown[] }).sessions.length,
  ).toBe(1);
});
