import { describe, expect, test } from "bun:test";
import type { ReviewReport } from "../../../src/app/reviewer.ts";
import { reviewLines } from "../../../src/cli/interactive/review_lines.ts";
import { HermesError } from "../../../src/core/errors.ts";

const usage = {
  inputTokens: 12_000,
  cachedInputTokens: 11_000,
  outputTokens: 40,
  reasoningTokens: 0,
  totalTokens: 12_040,
};
const anna = { subsystem: "memory", text: "Is called\nAnna", isStaged: false } as const;
const deploy = { subsystem: "skills", text: "create deploy", isStaged: false } as const;
const changes = [
  anna,
  deploy,
  { ...anna, text: "uses pnpm" },
  { ...anna, text: "likes tea", isStaged: true },
  { ...deploy, isStaged: true },
];
const done: ReviewReport = { kind: "done", changes, usage };
const failed: ReviewReport = {
  kind: "failed",
  changes: [],
  usage,
  error: new HermesError("model/rate_limited", "Slowly with sk-secret"),
};
const impossible: ReviewReport = { kind: "impossible", reason: "No login" };

function lines(
  report: ReviewReport,
  notifications: "off" | "on" | "verbose",
  columns = 200,
): readonly string[] {
  const mask = (text: string): string => text.replace("sk-secret", "***");
  return reviewLines(report, notifications, { columns, mask });
}

describe("reviewLines()", () => {
  test("on: one line, as wide as the terminal", () => {
    expect(lines(done, "on")).toEqual([
      "Saved to memory: Is called Anna; uses pnpm · Saved to skills: create deploy · " +
        "Waits for you in /memory: likes tea · Waits for you in /skills: create deploy",
    ]);
    expect(lines(done, "on", 40)).toEqual(["Saved to memory: Is called Anna; uses …"]);
    expect(lines({ ...done, changes: [] }, "on")).toEqual([]);
    expect(lines(failed, "on")).toEqual([
      "The review beside the session failed: Slowly with *** (model/rate_limited)",
    ]);
    expect(lines({ ...failed, changes: [anna] }, "on")).toEqual([
      "Saved to memory: Is called Anna",
    ]);
    expect(lines(impossible, "on")).toEqual(["No login"]);
  });

  test("verbose: a line each, and what it took", () => {
    const took = "12,000 tokens in (11,000 cached), 40 out";
    expect(lines({ ...failed, changes: [anna, deploy] }, "verbose", 20)).toEqual([
      "Saved to memory: Is called Anna",
      "Saved to skills: create deploy",
      "The review beside the session failed: Slowly with *** (model/rate_limited)",
      `Review: ${took}`,
    ]);
    expect(lines({ ...done, changes: [] }, "verbose")).toEqual([`Review: nothing kept, ${took}`]);
  });

  test("off: not a word", () => {
    expect([done, failed, impossible].flatMap((report) => lines(report, "off"))).toEqual([]);
  });
});
