import { describe, expect, test } from "bun:test";
import { type EmptyAnswer, EmptyLadder } from "../../src/agent/empty_answer.ts";
import * as prompts from "../../src/agent/prompts.ts";

const blank: EmptyAnswer = { earlierText: "", tools: [], hasReasoning: false, wasRetried: false };
const again = { kind: "ask-again" } as const;
const nudged = { kind: "ask-again", nudge: prompts.answerAfterTools } as const;
const thought = { kind: "ask-again", nudge: prompts.answerAfterThinking } as const;
const over = { kind: "give-up" } as const;

function climb(ladder: EmptyLadder, answer: Partial<EmptyAnswer>, times: number) {
  return Array.from({ length: times }, () => ladder.next({ ...blank, ...answer }));
}

describe("EmptyLadder", () => {
  test("asks three times more", () => {
    expect(climb(new EmptyLadder(), {}, 5)).toEqual([again, again, again, over, over]);
  });

  test("nudges once after tools, and once more after the next ones", () => {
    const ladder = new EmptyLadder();
    ladder.toolsRan();
    expect(climb(ladder, { tools: ["terminal"] }, 3)).toEqual([nudged, again, again]);
    ladder.toolsRan();
    expect(climb(ladder, { tools: ["terminal"] }, 5)).toEqual([nudged, again, again, again, over]);
  });

  test("continues thinking twice before it asks again", () => {
    expect(climb(new EmptyLadder(), { hasReasoning: true }, 6)).toEqual([
      thought,
      thought,
      again,
      again,
      again,
      over,
    ]);
  });

  test("asks no more where the transport has done so, but still nudges after tools", () => {
    expect(climb(new EmptyLadder(), { wasRetried: true }, 1)).toEqual([over]);
    const ladder = new EmptyLadder();
    ladder.toolsRan();
    expect(climb(ladder, { wasRetried: true, tools: ["terminal"] }, 2)).toEqual([nudged, over]);
  });

  test.each([
    [["todo", "memory"], "Shown", { kind: "finish", text: "Shown" }],
    [["skill_manage", "session_search"], "Shown", { kind: "finish", text: "Shown" }],
    [["todo"], " \n", nudged],
    [["todo", "terminal"], "Shown", nudged],
  ] as const)("takes what was said beside %j: %j", (tools, earlierText, expected) => {
    const ladder = new EmptyLadder();
    ladder.toolsRan();
    expect(ladder.next({ ...blank, tools, earlierText })).toEqual(expected);
  });

  test("begins anew after something else", () => {
    const ladder = new EmptyLadder();
    climb(ladder, {}, 3);
    ladder.reset();
    expect(climb(ladder, {}, 4)).toEqual([again, again, again, over]);
  });
});
