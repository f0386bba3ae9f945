import { expect, test } from "bun:test";
import { watchdogsOf } from "../../src/app/watchdog_env.ts";

test("watchdogsOf() reads seconds, and 0 as no limit", () => {
  expect(
    watchdogsOf({
      HERMES_CODEX_TTFB_TIMEOUT_SECONDS: "0",
      HERMES_CODEX_TTFB_STRICT: "yes",
      HERMES_CODEX_TTFB_DISABLE_ABOVE_TOKENS: "1000",
      HERMES_CODEX_EVENT_STALE_TIMEOUT_SECONDS: "1.5",
      HERMES_API_CALL_STALE_TIMEOUT: " 90 ",
      HERMES_API_TIMEOUT: "600",
    }),
  ).toEqual({
    firstEventMs: 0,
    firstEventStrict: true,
    longPromptTokens: 1_000,
    eventGapMs: 1_500,
    staleMs: 90_000,
    requestMs: 600_000,
  });
});

test("watchdogsOf() leaves out what is no number", () => {
  expect(
    watchdogsOf({
      HERMES_API_TIMEOUT: "soon",
      HERMES_API_CALL_STALE_TIMEOUT: "-1",
      HERMES_CODEX_TTFB_STRICT: "0",
    }),
  ).toEqual({});
});
