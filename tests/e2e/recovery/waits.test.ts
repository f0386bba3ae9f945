import { afterEach, beforeEach, expect, test } from "bun:test";
import { startResponsesServer, type StepSource } from "../../fakes/responses_server.ts";
import { failedAnswer, refusal } from "../../fakes/server_steps.ts";
import { configFor, createSandbox, eventsOf, type Sandbox, wireApis } from "../sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

/** 429 with these headers. */
const limited = (headers: Readonly<Record<string, string>>, message = "Rate limit reached") =>
  refusal(429, message, { headers });

/** What is asked for, in which form, and the milliseconds of it. */
const forms: readonly (readonly [string, StepSource, number])[] = [
  ["seconds", limited({ "retry-after": "7" }), 7_000],
  [
    "milliseconds, which are exact",
    limited({ "retry-after-ms": "1500", "retry-after": "2" }),
    1_500,
  ],
  [
    "a date, by the clock of the server",
    limited({
      date: "Thu, 01 Jan 2026 00:00:00 GMT",
      "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT",
    }),
    30_000,
  ],
  ["words", limited({}, "Rate limit reached. Please try again in 1m2.5s."), 62_500],
  [
    "a field of the body",
    { kind: "refusal", status: 429, body: { error: { message: "No", retry_after_seconds: 9 } } },
    9_000,
  ],
  [
    "the reset of what is used up, and of nothing else",
    limited({
      "x-ratelimit-remaining-requests": "99",
      "x-ratelimit-reset-requests": "1h",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "1m7.5s",
    }),
    67_500,
  ],
  [
    "the reset of a vendor with a date",
    limited({
      date: "Thu, 01 Jan 2026 00:00:00 GMT",
      "anthropic-ratelimit-input-tokens-remaining": "0",
      "anthropic-ratelimit-input-tokens-reset": "2026-01-01T00:00:40Z",
    }),
    40_000,
  ],
  [
    "an overloaded server",
    refusal(529, "Overloaded", { headers: { "retry-after": "11" } }),
    11_000,
  ],
];

/** The wait before the second attempt, in ms; nobody waits for it here. */
async function waitAfter(step: StepSource, wireApi: (typeof wireApis)[number]): Promise<number> {
  await using server = await startResponsesServer({ steps: [step] });
  await sandbox.configure(configFor(server.url, wireApi).replace("retries: 0", "retries: 2"));
  const run = sandbox.start(["-z", "go", "--json"]);
  await run.until('"type":"retry"');
  run.signal("SIGINT");
  const { code, stdout } = await run.ended;
  expect([code, server.requests.length]).toEqual([130, 1]);
  const told = eventsOf(stdout).find(({ type }) => type === "retry");
  return Number(told?.["delay_ms"]);
}

/** Never earlier than asked for, and at most a tenth later: who was refused together does not come back together. */
function expectWait(actual: number, asked: number): void {
  expect(actual).toBeGreaterThanOrEqual(asked);
  expect(actual).toBeLessThanOrEqual(Math.round(asked * 1.1));
}

test.each(forms)("%s: nobody asks again before that", async (_, step, asked) => {
  for (const wireApi of wireApis) expectWait(await waitAfter(step, wireApi), asked);
});

test("no wait is longer than two minutes, whatever is asked for", async () => {
  for (const wireApi of wireApis) {
    expect(await waitAfter(limited({ "retry-after": "3600" }), wireApi)).toBe(120_000);
  }
});

test("the words of a failure within a stream are heeded, too", async () => {
  const step = failedAnswer("rate_limit_exceeded", "Rate limit reached. Please try again in 28s.");
  expectWait(await waitAfter(step, "codex_responses"), 28_000);
});
