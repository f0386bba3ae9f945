import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HermesError } from "../../src/core/errors.ts";
import { parseJson } from "../../src/core/json.ts";
import {
  classifyFailure,
  isInvalidEncryptedContent,
  recoveryOf,
} from "../../src/transports/classify.ts";
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

test("classifyFailure() calls a key that is missing so, not rejected", () => {
  const { message, hint } = classifyFailure(failure({ status: 401, isWithoutKey: true }));
  expect([message, hint]).toEqual([
    "lab wants a key (HTTP 401): request failed",
    "name the variable of its key: key_env in custom_providers",
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

/** Bodies that no server should send: JSON within JSON, deep nesting, pages, lone surrogates, broken UTF-8. */
const weirdBody: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  body: fc.oneof(
    { maxDepth: 4, depthIdentifier: "body" },
    fc.constantFrom<unknown>(
      null,
      0,
      -1,
      429,
      "429",
      "",
      [],
      {},
      "\ud800",
      "\u0000\u001b[31m",
      true,
    ),
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => new TextDecoder().decode(bytes)),
    fc.constantFrom("<html><title>", "<!doctype html><h1>Oops</h1>", "<title></title>"),
    tie("body").map((inner) => JSON.stringify(inner)),
    fc.array(tie("body"), { maxLength: 5 }),
    fc.dictionary(
      fc.constantFrom("error", "message", "code", "type", "status", "detail", "metadata", "raw"),
      tie("body"),
      { maxKeys: 4 },
    ),
  ),
}))["body"];

test("classifyFailure() and recoveryOf() survive bodies that no server should send", () => {
  fc.assert(
    fc.property(
      weirdBody,
      fc.option(fc.integer({ min: 100, max: 999 }), { nil: undefined }),
      (body, status) => {
        const failed = failure({ body, ...(status !== undefined && { status }) });
        const error = classifyFailure(failed);
        expect(error).toBeInstanceOf(HermesError);
        expect(error.message.isWellFormed()).toBe(true);
        expect(error.message).not.toContain("\n");
        expect(recoveryOf(failed)).toBeString();
      },
    ),
    { seed: 34, numRuns: 2000 },
  );
});

test.each<[string, string]>([
  ["a million letters", "x".repeat(1 << 20)],
  ["a million blanks", " ".repeat(1 << 20)],
  ["a million brackets", "[".repeat(1 << 20)],
  ["a page of a megabyte", `<html><title>Oops</title>${"<p>".repeat(350_000)}`],
  ["objects within objects", `${'{"error":'.repeat(100_000)}1${"}".repeat(100_000)}`],
  ["texts within texts", nestedText(8)],
])("classifyFailure() survives %s", (_name, text) => {
  for (const body of [text, parseJson(text), { error: { message: text } }, { message: [text] }]) {
    const error = classifyFailure(failure({ status: 400, body }));
    expect(error.message.length).toBeLessThan(800);
    expect(error.code).toBe("model/bad_request");
  }
});

function nestedText(depth: number): string {
  return depth === 0 ? "deep" : JSON.stringify({ error: { message: nestedText(depth - 1) } });
}

test("classifyFailure() survives causes whose fields cannot be read", () => {
  const cause = {
    get code(): string {
      throw new Error("no code");
    },
    get message(): string {
      throw new Error("no message");
    },
    get cause(): unknown {
      throw new Error("no cause");
    },
  };
  expect(classifyFailure(failure({ cause })).code).toBe("model/server_error");
});

test("classifyFailure() takes an error of the class RateLimitError for one without a status", () => {
  const cause = Object.assign(new Error("slow"), { name: "RateLimitError" });
  expect(classifyFailure(failure({ cause })).code).toBe("model/rate_limited");
});

test("classifyFailure() looks five causes deep", () => {
  const chain = (depth: number): Error =>
    depth === 0
      ? Object.assign(new Error("inner"), { status_code: 402 })
      : new Error("outer", { cause: chain(depth - 1) });
  const codes = [4, 5].map((depth) => classifyFailure(failure({ cause: chain(depth) })).code);
  expect(codes).toEqual(["model/quota", "model/server_error"]);
});

test("classifyFailure() tells what a router passes on, not that it passes something on", () => {
  const metadata = { raw: '{"error":{"message":"upstream says no"}}', provider_name: "Host" };
  const body = { error: { message: "Provider returned error", code: 400, metadata } };
  expect(classifyFailure(failure({ status: 400, body })).message).toBe(
    "lab rejected the request to m1 (HTTP 400): upstream says no",
  );
});

test("recoveryOf() leaves a typed failure among the causes to what it says of itself", () => {
  const typed = (retryable: boolean) => new HermesError("network/timeout", "late", { retryable });
  expect(
    [true, false].map((retryable) => recoveryOf(failure({ cause: typed(retryable) }))),
  ).toEqual(["retry", "none"]);
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
