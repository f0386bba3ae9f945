import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type CallbackOptions, isEqual, receive } from "../../src/auth/callback.ts";
import type { LoopbackReply } from "../../src/core/ports.ts";

const options: CallbackOptions = {
  port: 56_121,
  path: "/callback",
  state: "s3cr3t",
  corsOrigins: ["https://accounts.x.ai", "https://auth.x.ai"],
  page: (kind): LoopbackReply => ({ status: 200, headers: { "X-Page": kind }, body: kind }),
};

const host = "127.0.0.1:56121";
const plain = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};
const cors = {
  "Access-Control-Allow-Origin": "https://auth.x.ai",
  "Access-Control-Allow-Methods": "GET, OPTIONS",
  "Access-Control-Allow-Headers": "Content-Type",
  "Access-Control-Allow-Private-Network": "true",
  Vary: "Origin",
};

const ask = (
  target: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): ReturnType<typeof receive> =>
  receive({ method, target, headers: { host, ...headers } }, options);

describe("receive()", () => {
  test("takes the right answer", () => {
    expect(ask("/callback?code=a%2Bb&state=s3cr3t&iss=https%3A%2F%2Fauth.x.ai")).toEqual({
      reply: { status: 200, headers: { "X-Page": "received" }, body: "received" },
      answer: { code: "a+b", state: "s3cr3t", issuer: "https://auth.x.ai" },
    });
  });

  test("takes a refusal", () => {
    expect(ask("/callback?error=access_denied&state=s3cr3t")).toEqual({
      reply: { status: 200, headers: { "X-Page": "denied" }, body: "denied" },
      answer: { error: "access_denied", state: "s3cr3t" },
    });
  });

  test("lets the scripts of the identity provider read what they get, and nobody else's", () => {
    const origin = "https://auth.x.ai";
    expect(ask("/callback?code=a&state=s3cr3t", { origin }).reply.headers).toEqual({
      "X-Page": "received",
      ...cors,
    });
    expect(ask("/callback?code=a", { origin }).reply.headers).toEqual({
      "X-Page": "unknown",
      ...cors,
    });
    expect(ask("/callback", { origin }, "OPTIONS")).toEqual({
      reply: { status: 204, headers: { ...plain, ...cors }, body: "" },
    });
    expect(ask("/callback", { origin: "https://evil.example" }, "OPTIONS")).toEqual({
      reply: { status: 204, headers: plain, body: "" },
    });
    expect(ask("/callback?code=a&state=s3cr3t", { origin: "https://evil.example" })).toEqual({
      reply: { status: 403, headers: plain, body: "" },
    });
  });

  test("says what it takes instead of another method", () => {
    expect(ask("/callback?code=a&state=s3cr3t", {}, "POST")).toEqual({
      reply: { status: 405, headers: { ...plain, Allow: "GET, OPTIONS" }, body: "" },
    });
  });

  test("takes no answer without the state, whatever else is asked", () => {
    const piece = fc.oneof(
      fc.constantFrom("/callback", "?", "&", "code=a", "state=", "error=b", "s3cr3", "#", "%00"),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const target = `/callback?${pieces.join("")}`;
        fc.pre(!target.includes("state=s3cr3t"));
        expect(ask(target).answer).toBeUndefined();
      }),
      { seed: 4, numRuns: 2_000 },
    );
  });
});

test("isEqual() is equality", () => {
  const text = fc.string({ unit: "binary", maxLength: 6 });
  fc.assert(
    fc.property(text, text, (one, other) => {
      expect(isEqual(one, other)).toBe(one === other);
      expect([isEqual(one, one), isEqual(`${one}a`, one), isEqual(one, `${one}\0`)]).toEqual([
        true,
        false,
        false,
      ]);
    }),
    { seed: 4, numRuns: 2_000 },
  );
});
