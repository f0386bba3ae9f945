import { expect, test } from "bun:test";
import { delayInText, requestedDelayMs, retryAfterMs } from "../../src/transports/retry_after.ts";

const now = Date.UTC(2026, 9, 21, 7, 28, 0);

test("retryAfterMs() reads seconds and HTTP dates", () => {
  const cases: [string | null, number | undefined][] = [
    ["0", 0],
    ["120", 120_000],
    [" 1.5 ", 1500],
    ["Wed, 21 Oct 2026 07:28:30 GMT", 30_000],
    ["Wednesday, 21-Oct-26 07:28:30 GMT", 30_000],
    ["Wed Oct 21 07:28:30 2026 GMT", 30_000],
    ["Wed, 21 Oct 2026 07:27:00 GMT", 0],
    ["-5", undefined],
    ["soon", undefined],
    ["", undefined],
    [null, undefined],
  ];
  expect(cases.map(([header]) => [header, retryAfterMs(header, now)])).toEqual(cases);
});

test("retryAfterMs() ignores a date without a time to read it against", () => {
  expect(retryAfterMs("Wed, 21 Oct 2026 07:28:30 GMT")).toBeUndefined();
});

test("requestedDelayMs() prefers milliseconds, and the server's clock over ours", () => {
  const delay = (headers: Record<string, string>, at?: number): number | undefined =>
    requestedDelayMs(new Headers(headers), at);
  expect([
    delay({ "retry-after-ms": "250", "retry-after": "1" }),
    delay({ "retry-after-ms": "x", "retry-after": "1" }),
    delay(
      {
        date: "Wed, 21 Oct 2026 07:28:20 GMT",
        "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT",
      },
      now,
    ),
    delay({ "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT" }, now),
    delay({ "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT" }),
    delay({}),
  ]).toEqual([250, 1000, 10_000, 30_000, undefined, undefined]);
});

test("delayInText() reads the spans that providers write", () => {
  const cases: [string, number | undefined][] = [
    ["Please try again in 1.628s. Visit", 1628],
    ["Please try again in 6m0s.", 360_000],
    ["try again in 7h12m30s", 25_950_000],
    ["try again in 859ms", 859],
    ["Please retry in 34.07s.", 34_070],
    ["Retry after 5 seconds", 5000],
    ["try again in 2 minutes", 120_000],
    ["try again in a bit", undefined],
    ["within 5 s", undefined],
  ];
  expect(cases.map(([text]) => [text, delayInText(text)])).toEqual(cases);
});
