import { expect, test } from "bun:test";
import {
  gapAfter,
  limitsFor,
  type StepLimits,
  type Watchdogs,
} from "../../src/transports/watchdogs.ts";
import { endpoint } from "../fakes/endpoint.ts";

const remote = endpoint();
const steady = endpoint({}, { steadyEvents: true });
const local = endpoint({ isLocal: true });

function limits(firstMs: number, gapMs: number): StepLimits {
  return { firstMs, gapMs, overallMs: 1_800_000 };
}

test.each([
  [1_000, limits(120_000, 180_000)],
  [50_000, limits(120_000, 180_000)],
  [50_001, limits(150_000, 240_000)],
  [100_001, limits(240_000, 300_000)],
])("limitsFor() gives a prompt of %d tokens its time", (tokens, expected) => {
  expect(limitsFor(remote, tokens)).toEqual(expected);
});

test.each([
  [10_000, limits(120_000, 12_000)],
  [10_001, limits(120_000, 60_000)],
  [24_999, limits(120_000, 60_000)],
  [25_000, limits(600_000, 60_000)],
  [50_001, limits(900_000, 120_000)],
  [100_001, limits(1_200_000, 180_000)],
])(
  "limitsFor() trusts events that keep coming, and grants a slow start: %d tokens",
  (tokens, expected) => {
    expect(limitsFor(steady, tokens)).toEqual(expected);
  },
);

test("limitsFor() limits a local server only as a whole", () => {
  expect(limitsFor(local, 1_000_000)).toEqual({ overallMs: 1_800_000 });
});

test.each<[string, Watchdogs, StepLimits]>([
  ["first event", { firstEventMs: 5_000 }, { firstMs: 5_000, overallMs: 1_800_000 }],
  ["gap", { eventGapMs: 6_000 }, { gapMs: 6_000, overallMs: 1_800_000 }],
  ["silence", { staleMs: 7_000 }, { firstMs: 7_000, gapMs: 7_000, overallMs: 1_800_000 }],
  ["whole", { requestMs: 8_000 }, { overallMs: 8_000 }],
  ["nothing", { requestMs: 0 }, {}],
])("limitsFor() keeps what was set for a local server too: %s", (_name, set, expected) => {
  expect(limitsFor(local, 1_000, set)).toEqual(expected);
});

test("limitsFor() switches limits off at 0", () => {
  expect(limitsFor(remote, 1_000, { firstEventMs: 0, eventGapMs: 0, requestMs: 0 })).toEqual({});
});

test("limitsFor() lifts a set first limit for long prompts of slow starters, unless it is strict", () => {
  const set: Watchdogs = { firstEventMs: 5_000, longPromptTokens: 100 };
  expect(limitsFor(steady, 99, set).firstMs).toBe(5_000);
  expect(limitsFor(steady, 100, set).firstMs).toBe(600_000);
  expect(limitsFor(steady, 100, { ...set, firstEventStrict: true }).firstMs).toBe(5_000);
  expect(limitsFor(remote, 100, set).firstMs).toBe(5_000);
});

test("gapAfter() waits briefly for what may follow a complete answer", () => {
  const { overallMs: _overallMs, ...set } = limits(1, 60_000);
  expect([gapAfter("open", set), gapAfter("answered", set), gapAfter("finished", set)]).toEqual([
    60_000, 5_000, 100,
  ]);
  expect([gapAfter("open", {}), gapAfter("answered", {})]).toEqual([undefined, 5_000]);
});
