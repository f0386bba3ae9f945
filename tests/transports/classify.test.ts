import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HermesError } from "../../src/core/errors.ts";
import { classifyFailure, isInvalidEncryptedContent } from "../../src/transports/classify.ts";
import type { Failure } from "../../src/transports/classify.ts";
import { refusals } from "./refusals.ts";

const failure = (partial: Partial<Failure>): Failure => ({
  message: "request failed",
  provider: "lab",
  model: "m1",
  ...partial,
});

describe("classifyFailure() on what providers really send", () => {
  for (const refusal of refusals) {
    test(`classifyFailure() reads ${refusal.name}`, () => {
      const error = classifyFailure(failure(refusal.failure));
      expect({
        code: error.code,
        retryable: error.retryable,
        retryAfterMs: error.retryAfterMs,
        httpStatus: error.httpStatus,
      }).toEqual({
        code: refusal.code,
        retryable: refusal.retryable,
        retryAfterMs: refusal.retryAfterMs,
        httpStatus: refusal.failure.status ?? numericCode(refusal.failure.body),
      });
    });
  }
});

/** The status that a stream's error frame carries in `error.code`. */
function numericCode(body: unknown): number | undefined {
  const parsed: { error?: { code?: unknown } } = JSON.parse(JSON.stringify(body ?? {}));
  return typeof parsed.error?.code === "number" ? parsed.error.code : undefined;
}

test("classifyFailure() tells provider, model, status and the server's own words", () => {
  const error = classifyFailure(
    failure({ status: 400, body: { error: { message: "Field `x` is wrong." } } }),
  );
  expect({ message: error.message, hint: error.hint }).toEqual({
    message: "lab rejected the request to m1 (HTTP 400): Field `x` is wrong",
    hint: "check the settings of the endpoint: hermes config check, or choose another model: hermes model list",
  });
});

test("classifyFailure() leaves out what the runtime says to programmers", () => {
  const messages = [
    "ECONNREFUSED: Unable to connect. Is the computer able to access the url?",
    'ERR_TLS_CERT_ALTNAME_INVALID fetching "https://h/". For more information, pass `verbose: true` in the second argument to fetch()',
  ];
  expect(
    messages.map((text) => classifyFailure(failure({ cause: new Error(text) })).message),
  ).toEqual([
    "Cannot reach lab for m1: ECONNREFUSED: Unable to connect",
    'lab failed to run m1: ERR_TLS_CERT_ALTNAME_INVALID fetching "https://h/"',
  ]);
});

test("classifyFailure() shows of an HTML page its title and the ray id", () => {
  const error = classifyFailure(
    failure({
      status: 502,
      headers: new Headers({ "cf-ray": "8c1d-FRA" }),
      body: "<!doctype html><html><head><title>\n Bad gateway </title></head><body>x</body></html>",
    }),
  );
  expect(error.message).toBe("lab failed to run m1 (HTTP 502, ray 8c1d-FRA): Bad gateway");
});

test("classifyFailure() shows at most 300 characters, cut between words and never within one character", () => {
  const body = { error: { message: `${"\u{1F600}".repeat(280)} ${"b".repeat(40)} tail` } };
  const error = classifyFailure(failure({ status: 400, body }));
  expect(error.message).toBe(
    `lab rejected the request to m1 (HTTP 400): ${"\u{1F600}".repeat(280)}...`,
  );
});

test("classifyFailure() names the place of a rejected key", () => {
  const hint = (keyOrigin?: string): string | undefined =>
    classifyFailure(failure({ status: 401, ...(keyOrigin !== undefined && { keyOrigin }) })).hint;
  expect([hint("environment LAB_API_KEY"), hint()]).toEqual([
    "replace the key in: environment LAB_API_KEY",
    "set the variable of lab's key to a valid one; hermes doctor names it",
  ]);
});

test("classifyFailure() tells the innermost cause of a failure of the network", () => {
  const cause = new TypeError("fetch failed", {
    cause: Object.assign(new Error("connect failed"), { code: "ECONNREFUSED" }),
  });
  const error = classifyFailure(failure({ message: "Connection error.", cause }));
  expect({ message: error.message, cause: error.cause }).toEqual({
    message: "Cannot reach lab for m1: connect failed (ECONNREFUSED)",
    cause,
  });
});

test("classifyFailure() returns a typed failure among the causes as it is", () => {
  const typed = new HermesError("network/timeout", "No first event within 120 s", {
    retryable: true,
  });
  const error = classifyFailure(failure({ cause: new Error("aborted", { cause: typed }) }));
  expect(error).toBe(typed);
});

test("classifyFailure() finds a status within the causes and survives a chain that closes on itself", () => {
  const inner: Error & { status?: number } = Object.assign(new Error("inner"), { status: 429 });
  const outer = new Error("outer", { cause: inner });
  inner.cause = outer;
  const error = classifyFailure(failure({ cause: outer }));
  expect([error.code, error.httpStatus]).toEqual(["model/rate_limited", 429]);
});

test("classifyFailure() reads a Retry-After date against `now` where the answer has no date", () => {
  const error = classifyFailure(
    failure({
      status: 429,
      headers: new Headers({ "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT" }),
      now: Date.UTC(2026, 9, 21, 7, 28, 0),
    }),
  );
  expect(error.retryAfterMs).toBe(30_000);
});

test("classifyFailure() survives every body, status and cause", () => {
  const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true });
  fc.assert(
    fc.property(
      fc.record(
        {
          status: fc.oneof(fc.integer(), fc.double()),
          body: fc.oneof(anything, fc.json(), fc.record({ error: anything })),
          cause: anything,
        },
        { requiredKeys: [] },
      ),
      (parts) => {
        const error = classifyFailure(failure(parts));
        expect(error).toBeInstanceOf(HermesError);
        expect(error.message.length).toBeLessThan(800);
        expect(error.message).not.toContain("\n");
      },
    ),
    { seed: 12, numRuns: 2000 },
  );
});

test("classifyFailure() survives a body that contains itself", () => {
  const body: Record<string, unknown> = { message: "loop" };
  for (const field of ["error", "detail", "errors", "metadata"]) body[field] = body;
  expect(classifyFailure(failure({ status: 400, body })).message).toBe(
    "lab rejected the request to m1 (HTTP 400): loop",
  );
});

test("isInvalidEncryptedContent() knows the code in any case, and both phrases together", () => {
  const knows = (body: unknown): boolean => isInvalidEncryptedContent(failure({ body }));
  expect([
    knows({ error: { code: "INVALID_ENCRYPTED_CONTENT", message: "x" } }),
    knows({ error: { message: "The encrypted content for item rs_1 could not be verified." } }),
    knows({ error: { message: '{"error":{"code":"invalid_encrypted_content"}}' } }),
    knows({ error: { message: "The signature could not be verified." } }),
    knows("encrypted content for item"),
    knows(undefined),
  ]).toEqual([true, true, true, false, false, false]);
});
