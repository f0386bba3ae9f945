import { expect, test } from "bun:test";
import { isOffline, retryEvent, turnError } from "../../src/codex/turn_error.ts";
import type { ErrorCode } from "../../src/core/errors.ts";
import type { Json } from "../../src/core/json.ts";
import { codexVersions } from "../fakes/codex_binaries.ts";
import { codexSchema } from "../fakes/codex_schema.ts";

const kinds: readonly (readonly [string, ErrorCode])[] = [
  ["activeTurnNotSteerable", "model/bad_request"],
  ["badRequest", "model/bad_request"],
  ["contextWindowExceeded", "model/context_overflow"],
  ["cyberPolicy", "model/content_policy"],
  ["flexUnavailable", "model/overloaded"],
  ["httpConnectionFailed", "network/unreachable"],
  ["inferenceHookDenied", "model/content_policy"],
  ["internalServerError", "model/server_error"],
  ["misalignmentPolicyViolation", "model/content_policy"],
  ["modelNotFound", "model/not_found"],
  ["other", "model/server_error"],
  ["policyCapacityUnavailable", "model/overloaded"],
  ["rateLimitExceeded", "model/rate_limited"],
  ["responseStreamConnectionFailed", "network/unreachable"],
  ["responseStreamDisconnected", "stream/no_terminal_event"],
  ["responseTooManyFailedAttempts", "model/server_error"],
  ["sandboxError", "codex/sandbox"],
  ["serverOverloaded", "model/overloaded"],
  ["sessionBudgetExceeded", "model/quota"],
  ["threadRollbackFailed", "model/server_error"],
  ["tooManyDenials", "approval/denied"],
  ["unauthorized", "auth/rejected"],
  ["usageLimitExceeded", "model/quota"],
];

test.each(kinds)("codex's %s is %s, as a word and with details", (kind, code) => {
  const failed = (codexErrorInfo: Json) =>
    turnError({ message: "It  failed\n", codexErrorInfo }, "failed");
  for (const { code: told, message } of [failed(kind), failed({ [kind]: {} })]) {
    expect([told, message]).toEqual([code, "It failed"]);
  }
});

test("a key that codex does not find is missing, and its variable is named", () => {
  const message = "Missing environment variable: `LAB_KEY`. Ask the lab for one.";
  const { code, hint } = turnError({ message, codexErrorInfo: "other" }, "failed");
  expect([code, hint]).toEqual([
    "auth/missing",
    "set LAB_KEY: env_key of a model provider in codex's config.toml names it",
  ]);
});

test.each([
  ["error sending request for url (http://127.0.0.1:9/v1/responses)", "network/unreachable"],
  ["Transport error: network error: error decoding response body", "stream/no_terminal_event"],
  ["stream closed before response.completed", "stream/no_terminal_event"],
  ["idle timeout waiting for SSE", "stream/no_terminal_event"],
  ["Incomplete response returned, reason: max_output_tokens", "model/truncated"],
  ["Incomplete response returned, reason: content_filter", "model/content_policy"],
  ["The server had an error", "model/server_error"],
] as const)("what codex has no word for is known by its own text: %s", (text, code) => {
  const message = `stream disconnected before completion: ${text}`;
  expect(turnError({ message, codexErrorInfo: "other" }, "failed").code).toBe(code);
});

test.each(codexVersions)("every failure that codex $version has a word for is known", (codex) => {
  const known = new Set(kinds.map(([kind]) => kind));
  const { errorKinds } = codexSchema(codex.version);
  expect(errorKinds.length).toBeGreaterThan(10);
  expect(errorKinds.filter((kind) => !known.has(kind))).toEqual([]);
});

test.each([
  [401, "auth/rejected", false],
  [402, "model/quota", false],
  [403, "auth/rejected", false],
  [404, "model/not_found", false],
  [407, "network/unreachable", true],
  [408, "network/timeout", true],
  [413, "model/context_overflow", false],
  [422, "model/bad_request", false],
  [429, "model/rate_limited", true],
  [500, "model/server_error", true],
  [502, "model/server_error", true],
  [503, "model/overloaded", true],
  [504, "network/timeout", true],
  [524, "network/timeout", true],
  [529, "model/overloaded", true],
] as const)("HTTP %d says more than codex's word: %s", (status, code, retryable) => {
  const details = { responseTooManyFailedAttempts: { httpStatusCode: status } };
  const error = turnError({ message: "no", codexErrorInfo: details }, "failed");
  const told = [error.code, error.retryable, error.httpStatus];
  expect(told).toEqual([code, retryable, status]);
  // 0.130 has the status in its text alone.
  const text = `unexpected status ${status} Odd: url: http://x`;
  const old = turnError({ message: text, codexErrorInfo: "other" }, "failed");
  expect([old.code, old.retryable, old.httpStatus]).toEqual([code, retryable, status]);
});

test.each([
  ["nothing", null, "model/server_error", "codex ended the turn as failed without a reason"],
  ["an odd value", [1], "model/server_error", "codex ended the turn as failed without a reason"],
  [
    "an answer of the model's server",
    { message: '{"error":{"message":"Unsupported  value","code":"bad"}}' },
    "model/bad_request",
    "Unsupported value",
  ],
  [
    "an answer's detail",
    { message: '{"detail":"No such model"}' },
    "model/bad_request",
    "No such model",
  ],
  ["an answer that says nothing", { message: '{"odd":1}' }, "model/bad_request", '{"odd":1}'],
  ["half a surrogate pair", { message: "\ud800" }, "model/server_error", "\ufffd"],
] as const)("a failure told by %s", (_name, error, code, message) => {
  const told = turnError(error, "failed");
  expect([told.code, told.message]).toEqual([code, message]);
});

test("a retry counts the attempts, the first one included", () => {
  const disconnected = {
    message: "Reconnecting... 2/5",
    codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: null } },
    additionalDetails: "stream closed before response.completed",
  };
  const { error, ...numbers } = retryEvent(disconnected, 7);
  expect(numbers).toEqual({ type: "retry", attempt: 3, maxAttempts: 6, delayMs: 0 });
  expect([error.code, error.message]).toEqual([
    "stream/no_terminal_event",
    "stream closed before response.completed",
  ]);
});

test.each([
  ["its own words", { message: "again" }, 2],
  ["nothing", null, 2],
] as const)("a retry told by %s counts how often it came", (_name, error, count) => {
  const { attempt, maxAttempts } = retryEvent(error, count);
  expect([attempt, maxAttempts]).toEqual([3, 3]);
});

test.each([
  [
    { willRetry: true, error: { message: "x", codexErrorInfo: { httpConnectionFailed: {} } } },
    true,
  ],
  [{ willRetry: true, error: { message: "Waiting for network" } }, true],
  [{ willRetry: false, error: { message: "Waiting for network" } }, false],
  [{ willRetry: true, error: { message: "x", codexErrorInfo: "serverOverloaded" } }, false],
  [{ willRetry: true }, false],
  [null, false],
] as const)("isOffline(%j) is %s", (params, offline) => {
  expect(isOffline(params as Json)).toBe(offline);
});

test.each([
  ["Wrong key, url: https://api.openai.com/v1/responses, cf-ray: 1", "codex login, then try again"],
  [
    "Wrong token, url: https://chatgpt.com/backend-api/codex/responses",
    "codex login, then try again",
  ],
  ["Sign in again", "codex login, then try again"],
  ["Wrong key, url: not an address", "codex login, then try again"],
  [
    "Wrong key, url: https://openai.com.example.org/v1/responses, request id: x",
    "correct the key for openai.com.example.org: env_key of its model provider in codex's config.toml names it",
  ],
])("a refusal (%s) is mended by: %s", (what, hint) => {
  const message = `unexpected status 401 Unauthorized: ${what}`;
  const error = turnError({ message, codexErrorInfo: "other" }, "failed");
  expect([error.code, error.hint]).toEqual(["auth/rejected", hint]);
});
