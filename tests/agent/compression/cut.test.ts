import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { itemsOf, toBlocks } from "../../../src/agent/compression/blocks.ts";
import { type CutOptions, isSaidByUser, planCut } from "../../../src/agent/compression/cut.ts";
import { repairHistory } from "../../../src/agent/repair.ts";
import type { ModelItem } from "../../../src/core/item.ts";
import { estimateItems } from "../../../src/core/token_estimate.ts";
import { histories, history } from "../../fakes/histories.ts";

const options: CutOptions = { protectFirst: 3, protectLast: 20, tailTokens: 1_000, leastTail: 3 };

function ids(items: readonly ModelItem[]): string {
  return items.map((item) => item.id).join(" ");
}

const call = (output: string) => ({ text: "next", calls: [{ input: {}, output }] });
const big = "x".repeat(2_000);

describe("toBlocks()", () => {
  test("keeps a step with its results, and starts anew with the next one", () => {
    const items = history([
      { user: "go" },
      {
        reasoning: true,
        text: "t",
        calls: [
          { input: {}, output: "1" },
          { input: {}, output: "2" },
        ],
      },
      { text: "done" },
      { user: "and" },
      { user: "more" },
    ]);
    expect(toBlocks(items).map((block) => [ids(block.items), block.messages])).toEqual([
      ["u0", 1],
      ["r1 a1 item-c1-0 item-c1-1 t1-0 t1-1", 3],
      ["a2", 1],
      ["u3", 1],
      ["u4", 1],
    ]);
  });

  test("joined is the history again", () => {
    fc.assert(
      fc.property(histories, (items) => {
        expect(itemsOf(toBlocks(items))).toEqual(items);
      }),
      { seed: 61 },
    );
  });
});

describe("planCut()", () => {
  test("keeps the head, a tail within its tokens, and what the user and the model said last", () => {
    const items = history([
      { user: "first" },
      call("a"),
      { user: "second" },
      call(big),
      { text: "I see" },
      { user: "third" },
      ...Array.from({ length: 6 }, () => ({ calls: [{ input: {}, output: big }] })),
    ]);
    const cut = planCut(items, options);
    expect(cut && [cut.head, cut.pinned, cut.tail].map(ids)).toEqual([
      "u0 a1 item-c1-0 t1-0",
      "a4 u5",
      "item-c10-0 t10-0 item-c11-0 t11-0",
    ]);
  });

  test("has nothing to do where head and tail are all there is", () => {
    const short = history([{ user: "first" }, call("a"), { text: "done" }]);
    expect([planCut(short, options), planCut([], options)]).toEqual([undefined, undefined]);
  });

  test("protects nothing at the beginning where it is told so", () => {
    const items = history([
      { user: big },
      { text: big },
      { user: big },
      { text: big },
      { user: "x" },
    ]);
    const cut = planCut(items, { ...options, protectFirst: 0, tailTokens: 10 });
    expect(cut && [cut.head, cut.middle, cut.tail].map(ids)).toEqual(["", "u0 a1", "u2 a3 u4"]);
  });

  test("lets one message stay that is half again too large", () => {
    const items = history([
      { user: "a" },
      { text: "b" },
      { user: "c" },
      { user: big },
      { text: "x".repeat(5_000) },
      { user: "d" },
      { text: "e" },
      { user: "f" },
    ]);
    expect(ids(planCut(items, options)?.tail ?? [])).toBe("a4 u5 a6 u7");
    expect(ids(planCut(items, { ...options, tailTokens: 100 })?.tail ?? [])).toBe("u5 a6 u7");
  });

  test("tears no call from its result, and loses neither the user's nor the model's last words", () => {
    fc.assert(
      fc.property(histories, fc.nat(6), fc.nat(5_000), (items, protectFirst, tailTokens) => {
        const cut = planCut(items, { ...options, protectFirst, tailTokens });
        if (cut === undefined) return;
        const { head, middle, pinned, tail } = cut;
        expect(ids([...head, ...middle, ...tail])).toBe(ids(items));
        for (const part of [head, middle, tail]) expect(repairHistory(part)).toBe(part);
        const kept = [...head, ...pinned, ...tail];
        expect(repairHistory(kept)).toBe(kept);
        const said = (item: ModelItem): boolean =>
          item.type === "assistant-message" && item.text.trim() !== "";
        for (const isLast of [isSaidByUser, said]) {
          expect(kept.findLast(isLast)?.id).toBe(items.findLast(isLast)?.id);
        }
        expect(pinned.length).toBeLessThan(middle.length);
        expect(estimateItems(kept)).toBeLessThan(estimateItems(items));
      }),
      { seed: 62, numRuns: 300 },
    );
  });
});
