import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as prompts from "../../../src/agent/prompts.ts";
import { callTool, callTools, textAnswer } from "../../fakes/server_steps.ts";
import { createSandbox, type Sandbox, wireApis } from "../sandbox.ts";
import { fieldsOf, lastSaid, runTurn } from "./turn.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const echo = callTool("terminal", { command: "echo hi" });
const nothing = textAnswer("");
const said = (answer: Awaited<ReturnType<typeof runTurn>>): unknown => answer.last["final_text"];

describe.each(wireApis)("over %s", (wireApi) => {
  test("a model that promises work is told to do it, twice at most", async () => {
    const promise = textAnswer("I'll look into the repository and report back.");
    const prompt = "What is wrong with the tests in ./src?";
    const done = await runTurn(sandbox, [promise, echo, textAnswer("All is well.")], {
      wireApi,
      prompt,
    });
    expect([done.code, done.requests.length, said(done)]).toEqual([0, 3, "All is well."]);
    expect(lastSaid(done.requests[1])).toBe(prompts.doWhatWasPromised);
    const lazy = await runTurn(sandbox, [promise, promise, promise], { wireApi, prompt });
    expect([lazy.code, lazy.requests.length]).toEqual([0, 3]);
  });

  test("an answer to a plain question is left alone", async () => {
    const text = "Sure, let me explain: I'll list the files of a project with ls.";
    const { code, requests } = await runTurn(sandbox, [textAnswer(text)], {
      wireApi,
      prompt: "How old is Unix?",
    });
    expect([code, requests.length]).toEqual([0, 1]);
  });

  test("an empty answer after tools is asked for once more, with a nudge", async () => {
    const answer = await runTurn(sandbox, [echo, nothing, textAnswer("It says hi.")], { wireApi });
    expect([answer.code, answer.requests.length, said(answer)]).toEqual([0, 3, "It says hi."]);
    expect(lastSaid(answer.requests[2])).toBe(prompts.answerAfterTools);
  });

  test("what was said beside housekeeping alone is the answer", async () => {
    const answer = await runTurn(
      sandbox,
      [
        {
          kind: "answer",
          text: "The answer is 42.",
          toolCalls: [
            {
              name: "todo",
              arguments: { todos: [{ id: "1", content: "Think", status: "completed" }] },
            },
          ],
        },
        nothing,
      ],
      { wireApi },
    );
    expect([answer.code, answer.requests.length, said(answer)]).toEqual([
      0,
      2,
      "The answer is 42.",
    ]);
  });

  test("a cut answer is continued with a higher limit, and its pieces are joined", async () => {
    const cut = (text: string) => textAnswer(text, { incomplete: "max_output_tokens" });
    const answer = await runTurn(
      sandbox,
      [cut("The quick "), cut("brown fox "), textAnswer("jumps.")],
      { wireApi, config: "" },
    );
    expect([answer.code, answer.requests.length, said(answer)]).toEqual([
      0,
      3,
      "The quick brown fox jumps.",
    ]);
    const field = wireApi === "codex_responses" ? "max_output_tokens" : "max_tokens";
    expect(fieldsOf(answer.requests, field)).toEqual([undefined, 8_192, 12_288]);
  });

  test("an answer that stays cut is a failure after three continuations", async () => {
    const cut = textAnswer("more ", { incomplete: "max_output_tokens" });
    const { code, last, requests } = await runTurn(sandbox, [cut, cut, cut, cut], { wireApi });
    expect([code, requests.length]).toEqual([1, 4]);
    expect(last["error"]).toMatchObject({ code: "model/truncated" });
  });

  test("a call that the limit cut is not run, and sent again in smaller pieces", async () => {
    const cut = callTools(
      [{ name: "write_file", arguments: '{"path": "a.txt", "content": "abc' }],
      { incomplete: "max_output_tokens" },
    );
    const answer = await runTurn(sandbox, [cut, textAnswer("Written in parts.")], { wireApi });
    expect([answer.code, answer.requests.length]).toEqual([0, 2]);
    expect(await Bun.file(`${sandbox.work}/a.txt`).exists()).toBe(false);
  });

  test("reasoning that uses the limit up is a failure with advice, and not continued", async () => {
    const { code, last, requests } = await runTurn(
      sandbox,
      [{ kind: "answer", reasoning: "hm ".repeat(10), incomplete: "max_output_tokens" }],
      { wireApi },
    );
    expect([code, requests.length]).toEqual([1, 1]);
    expect(last["error"]).toMatchObject({
      code: "model/truncated",
      message: "The output limit was used up by reasoning, before anything was said",
    });
  });

  test("a third tool that does not exist ends the turn", async () => {
    const fly = (n: number) => callTool(`fly_${n}`, { n });
    const { code, last, requests, results } = await runTurn(sandbox, [fly(1), fly(2), fly(3)], {
      wireApi,
    });
    expect([code, requests.length, results.length]).toEqual([1, 3, 3]);
    expect(last["error"]).toMatchObject({ code: "model/bad_tool_call" });
  });

  test("an answer that ends in a scratchpad is asked for again, twice at most", async () => {
    const open = textAnswer("Well. <REASONING_SCRATCHPAD>so if I");
    const whole = await runTurn(sandbox, [open, textAnswer("Four.")], { wireApi });
    expect([whole.code, whole.requests.length, said(whole)]).toEqual([0, 2, "Four."]);
    const never = await runTurn(sandbox, [open, open, open], { wireApi });
    expect([never.code, never.requests.length]).toEqual([1, 3]);
    expect(never.last["error"]).toMatchObject({ code: "model/truncated" });
  });

  test("the same call twice in a step runs once", async () => {
    const twice = callTools([
      { name: "terminal", arguments: '{"command": "echo x >> log"}' },
      { name: "terminal", arguments: '{ "command":"echo x >> log" }' },
    ]);
    const { code, results } = await runTurn(sandbox, [twice, textAnswer("Done.")], { wireApi });
    expect([code, results.length]).toEqual([0, 2]);
    expect(await Bun.file(`${sandbox.work}/log`).text()).toBe("x\n");
  });
});

test("an answer that stays empty is asked for three times more, then it is a failure", async () => {
  const { code, last, requests } = await runTurn(sandbox, [nothing, nothing, nothing, nothing], {
    wireApi: "chat_completions",
  });
  expect([code, requests.length]).toEqual([1, 4]);
  expect(last["error"]).toMatchObject({ code: "model/empty_answer" });
});

test("a model that only thinks is told to answer, twice, and asked three times more", async () => {
  const thinks = { kind: "answer", reasoning: "Let me think." } as const;
  const wireApi = "chat_completions";
  const whole = await runTurn(sandbox, [thinks, textAnswer("Four.")], { wireApi });
  expect([whole.code, whole.requests.length]).toEqual([0, 2]);
  expect(lastSaid(whole.requests[1])).toBe(prompts.answerAfterThinking);
  const never = await runTurn(sandbox, [thinks, thinks, thinks, thinks, thinks, thinks], {
    wireApi,
  });
  expect([never.code, never.requests.length]).toEqual([1, 6]);
});

test("an incomplete answer is continued three times; the same remark is kept once", async () => {
  const remark = textAnswer("Still working on it.", { phase: "commentary" });
  const done = await runTurn(sandbox, [remark, remark, remark, textAnswer("Done.")]);
  expect([done.code, done.requests.length, said(done)]).toEqual([0, 4, "Done."]);
  const remarks = JSON.stringify(done.requests[3]?.body).split("Still working on it.").length - 1;
  expect(remarks).toBe(1);
  const never = await runTurn(sandbox, [remark, remark, remark, remark]);
  expect([never.code, never.requests.length]).toEqual([1, 4]);
  expect(never.last["error"]).toMatchObject({ code: "model/truncated" });
});

test("an answer without an item is a failure of the endpoint on Responses: tried again as such", async () => {
  const run = await runTurn(sandbox, [nothing, nothing, nothing]);
  // One attempt is allowed here.
  expect([run.code, run.requests.length]).toEqual([1, 1]);
  expect(run.last["error"]).toMatchObject({ code: "model/empty_answer" });
});

test("an answer of nothing but reasoning is an incomplete one on Responses", async () => {
  const thinks = { kind: "answer", reasoning: "Let me think." } as const;
  const whole = await runTurn(sandbox, [thinks, textAnswer("Four.")]);
  expect([whole.code, whole.requests.length]).toEqual([0, 2]);
  expect(lastSaid(whole.requests[1])).toBe(prompts.continueUnfinished);
  const never = await runTurn(sandbox, [thinks, thinks, thinks, thinks, thinks]);
  expect([never.code, never.requests.length]).toEqual([1, 4]);
  expect(never.last["error"]).toMatchObject({ code: "model/truncated" });
});
