import { expect, test } from "bun:test";
import fc from "fast-check";
import { compact, planCompression, type Pressure } from "../../../src/agent/compression/compact.ts";
import { isSaidByUser } from "../../../src/agent/compression/cut.ts";
import type { CompressionSettings } from "../../../src/agent/compression/limits.ts";
import { repairHistory } from "../../../src/agent/repair.ts";
import type { ModelItem } from "../../../src/core/item.ts";
import { estimateItems } from "../../../src/core/token_estimate.ts";
import { histories, history } from "../../fakes/histories.ts";

const settings: CompressionSettings = {
  contextLength: 10_000,
  threshold: 0.5,
  targetRatio: 0.2,
  protectFirst: 3,
  protectLast: 20,
  isAutomatic: true,
  abortsOnFailure: true,
};

function compressed(items: readonly ModelItem[], summary: string, pressure: Pressure = 0) {
  const plan = planCompression(items, settings, pressure);
  return plan && compact(items, plan, { id: "k", summary });
}

test("compact() puts one summary in place of the middle, and the next one in place of that", () => {
  const long = (text: string) => ({ text, calls: [{ input: {}, output: "x".repeat(4_000) }] });
  const items = history([{ user: "start" }, long("a"), long("b"), long("c"), long("d"), long("e")]);
  const first = compressed(items, "SUM ONE");
  expect(first && [first.dropped, first.context.map((item) => item.id)]).toEqual([
    6,
    [
      "u0",
      "a1",
      "item-c1-0",
      "t1-0",
      "k-summary",
      "a4",
      "item-c4-0",
      "t4-0",
      "a5",
      "item-c5-0",
      "t5-0",
    ],
  ]);
  const more = history([{ user: "again" }, long("f"), long("g"), long("h"), long("i")]).map(
    (item) => ({
      ...item,
      id: `2${item.id}`,
      ...("callId" in item ? { callId: `2${item.callId}` } : {}),
    }),
  );
  const before = [...(first?.context ?? []), ...more];
  const plan = planCompression(before, settings);
  const second =
    plan &&
    first &&
    compact(before, plan, { id: "l", summary: "SUM TWO", state: "todo: paint", previous: first });
  const text = JSON.stringify(second?.context);
  expect([
    text.includes("SUM ONE"),
    text.split("SUM TWO").length,
    text.includes("todo: paint"),
  ]).toEqual([false, 2, true]);
  expect(plan && JSON.stringify(plan.record)).not.toContain("SUM ONE");
  expect(text).toContain("again");
  expect(second?.dropped).toBeGreaterThan(first?.dropped ?? 0);
});

test("compact() is always smaller or nothing, sound, and keeps the last words, at every pressure", () => {
  const pressures = fc.constantFrom<Pressure>(0, 1, 2);
  fc.assert(
    fc.property(
      histories,
      fc.string({ maxLength: 3_000 }),
      pressures,
      (items, summary, pressure) => {
        const compaction = compressed(items, summary, pressure);
        if (compaction === undefined) return;
        const { context, dropped } = compaction;
        expect(estimateItems(context)).toBeLessThan(estimateItems(items));
        expect(repairHistory(context)).toBe(context);
        expect(dropped).toBeGreaterThan(0);
        expect(context.findLast(isSaidByUser)).toEqual(items.findLast(isSaidByUser));
      },
    ),
    { seed: 65, numRuns: 300 },
  );
});
