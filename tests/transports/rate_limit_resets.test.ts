import { expect, test } from "bun:test";
import { limitResetMs } from "../../src/transports/rate_limit_resets.ts";

const now = Date.UTC(2026, 0, 1);

test("limitResetMs() reads the resets of what is used up", () => {
  const cases: [string, Record<string, string>, number | undefined][] = [
    [
      "a span",
      { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s" },
      360_000,
    ],
    [
      "milliseconds",
      { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "120ms" },
      120,
    ],
    ["seconds", { "ratelimit-remaining": "0", "ratelimit-reset": "12" }, 12_000],
    [
      "a moment in milliseconds",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now + 86_400_000) },
      86_400_000,
    ],
    [
      "a moment in seconds",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1000 + 60) },
      60_000,
    ],
    [
      "a date, by the server's clock",
      {
        date: "Thu, 01 Jan 2026 00:00:10 GMT",
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:40Z",
      },
      30_000,
    ],
    [
      "the later one of two",
      {
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "1s",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "3s",
      },
      3_000,
    ],
    [
      "what is left",
      { "x-ratelimit-remaining-tokens": "7", "x-ratelimit-reset-tokens": "6m0s" },
      undefined,
    ],
    ["no word of what is left", { "x-ratelimit-reset-tokens": "6m0s" }, undefined],
    ["no word of a reset", { "x-ratelimit-remaining-tokens": "0" }, undefined],
    [
      "nonsense",
      { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "soon" },
      undefined,
    ],
    ["a reset at once", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "0" }, undefined],
    [
      "a reset that is over",
      {
        date: "Thu, 01 Jan 2026 00:00:40 GMT",
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:40Z",
      },
      undefined,
    ],
    ["another 0", { "content-length": "0", "x-ratelimit-reset-tokens": "6m0s" }, undefined],
  ];
  const read = cases.map(([name, headers]) => [name, limitResetMs(new Headers(headers), now)]);
  expect(read).toEqual(cases.map(([name, , delay]) => [name, delay]));
});

test("limitResetMs() ignores a moment without a time to read it against", () => {
  const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now) };
  expect(limitResetMs(new Headers(headers))).toBeUndefined();
});
