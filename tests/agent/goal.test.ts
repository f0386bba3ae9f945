import { describe, expect, test } from "bun:test";
import { formatGoal, goalNudge, judgeGoal, newGoal, parseGoal } from "../../src/agent/goal.ts";
import type { AuxiliaryRequest } from "../../src/core/auxiliary.ts";
import { HermesError } from "../../src/core/errors.ts";

const never = new AbortController().signal;

function judging(...answers: readonly (string | HermesError)[]) {
  const asked: AuxiliaryRequest[] = [];
  return {
    asked,
    ask(request: AuxiliaryRequest) {
      const answer = answers[asked.length] ?? "";
      asked.push(request);
      return answer instanceof HermesError ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
}

const goal = newGoal("Make it so");

describe("judgeGoal()", () => {
  test.each([
    ['{"done":true,"reason":"It is so"}', { done: true, reason: "It is so" }],
    ['```json\n{"done": false, "reason": "not\\nyet"}\n```', { done: false, reason: "not yet" }],
    ['I would say {"done":false}', { done: false, reason: "" }],
  ])("reads %j", async (answer, verdict) => {
    expect(await judgeGoal(judging(answer), { goal, answer: "Done" }, never)).toEqual(verdict);
  });

  test("shows the goal and the end of a long answer inside a fence that it cannot close", async () => {
    const judge = judging('{"done":true,"reason":""}');
    await judgeGoal(judge, { goal, answer: `${"x".repeat(20_000)} the end` }, never);
    const [request] = judge.asked;
    expect(request?.task).toBe("goal_judge");
    expect(request?.text).toContain("Make it so");
    expect(request?.text).toMatch(/<(answer-[\da-f]{8})>\n[^]* the end\n<\/\1>$/);
    expect(request?.text.length).toBeLessThan(12_300);
  });

  test("asks a second time, and fails then", async () => {
    const failure = new HermesError("network/timeout", "Too slow");
    const judge = judging(failure, '{"done":true,"reason":"yes"}');
    expect(await judgeGoal(judge, { goal, answer: "" }, never)).toEqual({
      done: true,
      reason: "yes",
    });
    expect(judgeGoal(judging("maybe", failure), { goal, answer: "" }, never)).rejects.toBe(failure);
    expect(
      judgeGoal(judging("maybe", '{"done":"yes"}'), { goal, answer: "" }, never),
    ).rejects.toThrow("gave no verdict");
  });

  test("does not ask again after an interrupt", async () => {
    const stopped = new AbortController();
    stopped.abort();
    const judge = judging(new HermesError("turn/interrupted", "Interrupted"));
    expect(judgeGoal(judge, { goal, answer: "" }, stopped.signal)).rejects.toThrow("Interrupted");
    expect(judge.asked).toHaveLength(1);
  });
});

test("parseGoal() reads what formatGoal() wrote, masked, and nothing else", () => {
  const kept = { ...goal, turns: 3, reason: "key hunter2 is missing" };
  const mask = (text: string): string => text.replace("hunter2", "***");
  expect(parseGoal(formatGoal(kept, mask))).toEqual({ ...kept, reason: "key *** is missing" });
  expect(parseGoal(formatGoal({ ...goal, status: "paused" }, mask))?.status).toBe("paused");
  for (const text of ["", "[]", "{}", '{"text":"x"}']) expect(parseGoal(text)).toBeUndefined();
});

test("goalNudge() names the goal and what is missing", () => {
  expect(goalNudge(goal, "one test fails")).toMatch(
    /Make it so\n\nWhat is missing[^]*one test fails/,
  );
  expect(goalNudge(goal, undefined)).not.toContain("What is missing");
});
