import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type GuardedCall, LoopGuard, usualGuardSettings } from "../../src/agent/loop_guard.ts";

const hard = { ...usualGuardSettings, stops: true };

function call(tool: string, signature = tool, isIdempotent = false): GuardedCall {
  return { tool, signature, isIdempotent };
}
const failed = { hasFailed: true, result: "no" };
const fine = (result: string) => ({ hasFailed: false, result });

/** The code and count of a warning. */
function short(warning: string | undefined): string {
  return /^\[Tool loop warning: (\w+; count=\d+); [^;\]]+\]$/.exec(warning ?? "")?.[1] ?? "";
}

describe("LoopGuard", () => {
  test("warns from the second failure of the same call on; a success makes it forget", () => {
    const guard = new LoopGuard();
    const end = (how: typeof failed) => short(guard.ended(call("t"), how));
    expect([end(failed), end(failed), end(failed), end(fine("x")), end(failed)]).toEqual([
      "",
      "exact_failure; count=2",
      "exact_failure; count=3",
      "",
      "",
    ]);
  });

  test("warns from the third failure of a tool on, whatever it was called with", () => {
    const guard = new LoopGuard();
    const said = ["a", "b", "c", "d"].map((signature) =>
      short(guard.ended(call("t", signature), failed)),
    );
    expect(said).toEqual(["", "", "same_tool_failure; count=3", "same_tool_failure; count=4"]);
  });

  test("warns of a read that brings the same again, not of one that brings something else", () => {
    const guard = new LoopGuard();
    const end = (result: string) => short(guard.ended(call("r", "r", true), fine(result)));
    expect(["x", "x", "y", "y", "y"].map(end)).toEqual([
      "",
      "idempotent_no_progress; count=2",
      "",
      "idempotent_no_progress; count=2",
      "idempotent_no_progress; count=3",
    ]);
  });

  test("never judges a call that changes something by its result", () => {
    const guard = new LoopGuard(hard);
    for (let n = 0; n < 20; n++) expect(guard.ended(call("w"), fine("ok"))).toBeUndefined();
    expect([guard.refusal(call("w")), guard.halt]).toEqual([undefined, undefined]);
  });

  test("stops nothing unless it is told to", () => {
    const guard = new LoopGuard();
    for (let n = 0; n < 20; n++) guard.ended(call("t"), failed);
    expect([guard.refusal(call("t")), guard.halt]).toEqual([undefined, undefined]);
  });

  test("refuses what failed five times, and ends the turn when its tool has failed eight times", () => {
    const guard = new LoopGuard(hard);
    for (let n = 0; n < 4; n++) guard.ended(call("t"), failed);
    expect(guard.refusal(call("t"))).toBeUndefined();
    guard.ended(call("t"), failed);
    expect(guard.refusal(call("t"))).toStartWith("Refused: this very call has failed 5 times");
    expect(guard.refusal(call("t", "other"))).toBeUndefined();
    guard.refused(call("t"));
    guard.ended(call("t", "other"), failed);
    expect(guard.halt).toBeUndefined();
    guard.ended(call("t", "third"), failed);
    expect(guard.halt).toEqual({ tool: "t", count: 8 });
  });

  test("refuses a read that brought the same five times", () => {
    const guard = new LoopGuard(hard);
    const read = call("r", "r", true);
    for (let n = 0; n < 5; n++) guard.ended(read, fine("x"));
    expect(guard.refusal(read)).toStartWith(
      "Refused: this very call has brought the same result 5",
    );
  });

  test("warns only where it may, and counts all the same", () => {
    const guard = new LoopGuard({ ...hard, warns: false });
    for (let n = 0; n < 5; n++) expect(guard.ended(call("t"), failed)).toBeUndefined();
    expect(guard.refusal(call("t"))).toBeDefined();
  });

  test("a halt comes exactly when one tool has failed often enough in a row", () => {
    const end = fc.record({
      tool: fc.constantFrom("a", "b"),
      signature: fc.nat(2),
      hasFailed: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(end, { maxLength: 40 }), (ends) => {
        const guard = new LoopGuard(hard);
        const inARow = new Map<string, number>();
        let most = 0;
        for (const { tool, signature, hasFailed } of ends) {
          guard.ended(call(tool, `${tool}${signature}`), { hasFailed, result: "" });
          inARow.set(tool, hasFailed ? (inARow.get(tool) ?? 0) + 1 : 0);
          most = Math.max(most, inARow.get(tool) ?? 0);
        }
        expect(guard.halt !== undefined).toBe(most >= hard.stopAfter.sameToolFailure);
      }),
      { seed: 33, numRuns: 300 },
    );
  });
});
