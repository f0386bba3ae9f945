import { expect, test } from "bun:test";
import { errorExitCode, outcomeExitCode, signalExitCode } from "../../src/cli/exit_codes.ts";
import { HermesError, type ErrorCode } from "../../src/core/errors.ts";

const table: readonly (readonly [ErrorCode, number])[] = [
  ["usage/invalid", 2],
  ["session/ambiguous", 2],
  ["session/title_taken", 2],
  ["auth/missing", 4],
  ["auth/rejected", 4],
  ["auth/not_entitled", 4],
  ["codex/missing", 5],
  ["codex/too_old", 5],
  ["program/missing", 5],
  ["approval/denied", 6],
  ["session/not_found", 66],
  ["session/busy", 75],
  ["model/rate_limited", 75],
  ["model/quota", 75],
  ["model/overloaded", 75],
  ["config/invalid", 78],
  ["config/unreadable", 78],
  ["store/unreadable", 78],
  ["store/invalid", 78],
  ["store/full", 78],
  ["turn/deadline", 124],
  ["turn/interrupted", 130],
  ["model/truncated", 1],
  ["model/empty_answer", 1],
  ["model/server_error", 1],
  ["network/unreachable", 1],
  ["stream/no_terminal_event", 1],
  ["turn/max_iterations", 1],
  ["turn/tool_loop", 1],
  ["turn/answer_invalid", 1],
  ["replay/mismatch", 1],
  ["internal/bug", 1],
];

test.each(table)("errorExitCode() of %s is %i", (code, expected) => {
  expect(errorExitCode(new HermesError(code, "x"))).toBe(expected);
});

test("errorExitCode() of what a signal ended is that of the signal", () => {
  const codes = (["SIGHUP", "SIGINT", "SIGTERM"] as const).map((endedBy) =>
    errorExitCode(new HermesError("turn/interrupted", "x", { endedBy })),
  );
  expect(codes).toEqual([129, 130, 143]);
});

test.each([402, 429, 503, 529])("errorExitCode() says try later for a status of %i", (status) => {
  const error = new HermesError("model/server_error", "x", { httpStatus: status });
  expect(errorExitCode(error)).toBe(75);
});

test("errorExitCode() keeps the meaning of what is no failure of the model", () => {
  expect(errorExitCode(new HermesError("auth/rejected", "x", { httpStatus: 402 }))).toBe(4);
});

test("outcomeExitCode() tells the signals apart", () => {
  const interrupted = { status: "interrupted" } as const;
  expect(
    ["SIGINT", "SIGTERM", "SIGHUP", undefined].map((signal) =>
      outcomeExitCode(interrupted, signal as "SIGINT" | undefined),
    ),
  ).toEqual([130, 143, 129, 1]);
  expect(signalExitCode("SIGTERM")).toBe(143);
});

test("outcomeExitCode() of a finished turn is 0, of a failed one its error's", () => {
  const error = new HermesError("turn/deadline", "x");
  expect([
    outcomeExitCode({ status: "completed", finalText: "" }, "SIGINT"),
    outcomeExitCode({ status: "failed", error, completedItemIds: [] }, "SIGINT"),
  ]).toEqual([0, 124]);
});
