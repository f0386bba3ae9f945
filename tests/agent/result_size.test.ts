import { expect, test } from "bun:test";
import { maxBatchChars, maxResultChars, ResultBudget } from "../../src/agent/result_size.ts";

function createBudget() {
  const written: (readonly [string, number])[] = [];
  const budget = new ResultBudget(
    {
      write({ sessionId, callId }, text) {
        written.push([callId, text.length]);
        return Promise.resolve(`/spill/${sessionId}/${callId}.txt`);
      },
    },
    "s1",
  );
  return { written, budget };
}

test("fit() spills results that are too large for a step together, but never small ones", async () => {
  const { written, budget } = createBudget();
  const half = "x".repeat(maxBatchChars / 2);
  // Exactly the limit is not too much.
  expect(await budget.fit({ callId: "c1" }, half, Infinity)).toBe(half);
  expect(await budget.fit({ callId: "c2" }, half, Infinity)).toBe(half);
  const small = "y".repeat(4_000);
  expect(await budget.fit({ callId: "c3" }, small)).toBe(small);
  expect(await budget.fit({ callId: "c4" }, `${small}y`)).toStartWith(
    "[Result of 4001 characters, too large",
  );
  expect(written).toEqual([["c4", 4_001]]);
});

test("fit() spills a result that is too large by itself, of which the step then has only the preview", async () => {
  const { written, budget } = createBudget();
  const large = "x".repeat(maxResultChars);
  expect(await budget.fit({ callId: "c1" }, large)).toBe(large);
  expect(await budget.fit({ callId: "c2" }, `${large}x`)).toBe(
    [
      `[Result of ${maxResultChars + 1} characters, too large to show. The whole text is in /spill/s1/c2.txt;`,
      "use read_file with offset and limit to read more of it. It begins:]",
      "x".repeat(1_500),
    ].join("\n"),
  );
  const rest = "y".repeat(maxBatchChars - maxResultChars - 2_000);
  expect(await budget.fit({ callId: "c3" }, rest)).toBe(rest);
  expect(written).toEqual([["c2", maxResultChars + 1]]);
});
