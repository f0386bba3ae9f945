import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type AuthorizationAnswer, readAnswer, readPasted } from "../../src/auth/pasted.ts";

const redirect = "http://127.0.0.1:56121/callback";

describe("readPasted() reads", () => {
  const both = { code: "abc", state: "s1" };
  const rows: readonly (readonly [string, string, AuthorizationAnswer])[] = [
    ["the address", `${redirect}?code=abc&state=s1`, both],
    ["the address in blanks", `  ${redirect}?code=abc&state=s1\r`, both],
    ["the address without its scheme", "127.0.0.1:56121/callback?code=abc&state=s1", both],
    ["the address with a fragment", `${redirect}#code=abc&state=s1`, both],
    ["the address with both", `${redirect}?code=abc&state=s1#_=_`, both],
    ["a query", "?code=abc&state=s1", both],
    ["a fragment", "#code=abc&state=s1", both],
    ["pairs", "code=abc&state=s1", both],
    ["pairs with others between them", "a=b&state=s1&code=abc&code2=x", both],
    ["a code that has a name", "code=abc", { code: "abc" }],
    ["a bare code", "abc", { code: "abc" }],
    ["a bare code that ends in =", "YWJj==", { code: "YWJj==" }],
    ["a bare code with = in it", "a=b=c", { code: "a=b=c" }],
    ["a bare code with + and /", "a+b/c", { code: "a+b/c" }],
    ["a bare code with % in it", "a%2Bb", { code: "a%2Bb" }],
    ["a code of a query that ends in =", "?code=YWJj==&state=s1", { code: "YWJj==", state: "s1" }],
    ["a + in a query", "?code=a+b", { code: "a+b" }],
    ["an encoded + in a query", "?code=a%2Bb", { code: "a+b" }],
    ["marks that nobody sees", "\u200babc\u0007", { code: "abc" }],
    [
      "everything that is known",
      "?error=denied&error_description=No%20way+here&iss=https%3A%2F%2Fauth.x.ai&state=s1",
      {
        error: "denied",
        errorDescription: "No way here",
        issuer: "https://auth.x.ai",
        state: "s1",
      },
    ],
  ];
  test.each(rows.map((row) => [...row] as const))("%s", (_name, text, answer) => {
    expect(readPasted(text, redirect)).toEqual(answer);
  });
});

describe("readPasted() takes for nothing", () => {
  test.each([
    ["an empty line", ""],
    ["blanks", " \t "],
    ["a sentence", "I do not know what to paste"],
    ["the address of the identity provider", "https://auth.x.ai/callback?code=abc"],
    ["the address of another host", "http://evil.example/callback?code=abc&state=s1"],
    ["a host that begins like ours", "http://127.0.0.1:56121.evil.example/callback?code=abc"],
    ["another port", "http://127.0.0.1:56122/callback?code=abc"],
    ["another path", "http://127.0.0.1:56121/other?code=abc"],
    ["another scheme", "https://127.0.0.1:56121/callback?code=abc"],
    ["another name of the host", "http://localhost:56121/callback?code=abc"],
    ["a user name", "http://127.0.0.1:56121@evil.example/callback?code=abc"],
    ["an address that is broken", "http://[/callback?code=abc"],
    ["the address without a query", redirect],
    ["a query that is empty", "?"],
    ["a query of others", "?a=b"],
    ["a state alone", "state=s1"],
    ["a code that is empty", "?code=&state=s1"],
    ["two codes", "?code=a&code=b"],
    ["two states", "code=a&state=s1&state=s2"],
    ["a broken escape", "?code=%E0%A4"],
    ["a line break in a code", "?code=a%0Ab"],
    ["a blank in a code", "?code=a%20b"],
    ["a code of other letters", "kód"],
  ])("%s", (_name, text) => {
    expect(readPasted(text, redirect)).toBeUndefined();
  });
});

describe("readPasted() with any code", () => {
  // RFC 6749 appendix A.11, without the blank.
  const code = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
  const state = fc.stringMatching(/^[A-Za-z0-9_-]{1,43}$/);

  test("reads it from wherever it stands", () => {
    fc.assert(
      fc.property(code, state, (text, mark) => {
        const query = new URLSearchParams({ code: text, state: mark }).toString();
        const wanted = { code: text, state: mark };
        for (const line of [`${redirect}?${query}`, `?${query}`, `#${query}`, query]) {
          expect(readPasted(line, redirect)).toEqual(wanted);
        }
      }),
      { seed: 4 },
    );
  });

  test("reads a bare one as it is, unless it looks like something else", () => {
    const names =
      /^[?#]|^https?:|^127\.0\.0\.1:56121\/|(?:^|&)(?:code|state|error|error_description|iss)=/i;
    fc.assert(
      fc.property(code, (text) => {
        fc.pre(!names.test(text));
        expect(readPasted(text, redirect)).toEqual({ code: text });
      }),
      { seed: 4 },
    );
  });

  test("never fails, and never finds a code that could not be sent as it is", () => {
    const piece = fc.oneof(
      fc.constantFrom("?", "#", "&", "=", "%", "code=", "state=", "error=", redirect, "http://"),
      fc.string({ unit: "binary", maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join("");
        for (const answer of [readPasted(text, redirect), readAnswer(text)]) {
          if (!answer) continue;
          expect(answer.code ?? answer.error ?? "").not.toBe("");
          expect(answer.code ?? "none").toMatch(/^[\x21-\x7e]+$/);
        }
      }),
      { seed: 4, numRuns: 2_000 },
    );
  });
});
