import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createKeySource, type KeyRule } from "../../src/auth/sources.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { Env } from "../../src/core/ports.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { thrown } from "../fakes/thrown.ts";

const rules: ReadonlyMap<string, KeyRule> = new Map([
  ["openai", { names: ["OPENAI_API_KEY"], noKeyNeeded: false }],
  ["moonshot", { names: ["MOONSHOT_API_KEY", "KIMI_API_KEY"], noKeyNeeded: false }],
  ["local", { names: [], noKeyNeeded: true }],
  ["lab", { names: ["LAB_API_KEY"], noKeyNeeded: true }],
]);

const sourceOf = (env: Env, clock = createFakeClock()) =>
  createKeySource({ env, clock, keys: rules });

describe("createKeySource()", () => {
  test("finds the key of a provider and tells where it is from", async () => {
    const source = sourceOf({ OPENAI_API_KEY: " sk-0123456789\n" });
    expect(await source.get("openai")).toEqual({
      id: "env:OPENAI_API_KEY",
      token: "sk-0123456789",
      origin: "environment OPENAI_API_KEY",
    });
  });

  test("describes the origin as it is told to", async () => {
    const env = { OPENAI_API_KEY: "sk-0123456789" };
    const originOf = (name: string) => `.env ${name}`;
    const source = createKeySource({ env, clock: createFakeClock(), keys: rules, originOf });
    expect((await source.get("openai"))?.origin).toBe(".env OPENAI_API_KEY");
  });

  test("knows no key of a provider without a rule", async () => {
    expect(await sourceOf({ OPENAI_API_KEY: "sk-0123456789" }).get("xai")).toBeUndefined();
  });

  test.each([undefined, "", "   ", "\n", "***", "changeme", "YOUR_API_KEY_HERE", "none", "abc"])(
    "takes %p for a variable that is not set",
    async (value) => {
      expect(await sourceOf({ OPENAI_API_KEY: value }).get("openai")).toBeUndefined();
    },
  );

  test("sends a fixed word where no key is needed, and the key where there is one", async () => {
    expect(await sourceOf({}).get("local")).toEqual({
      id: "none:local",
      token: "no-key-required",
      origin: "no key needed",
      isPlaceholder: true,
    });
    expect((await sourceOf({}).get("lab"))?.token).toBe("no-key-required");
    expect((await sourceOf({ LAB_API_KEY: "lab-key" }).get("lab"))?.token).toBe("lab-key");
  });

  test("offers the next variable after a refusal, and then nothing", async () => {
    const source = sourceOf({ MOONSHOT_API_KEY: "first-key", KIMI_API_KEY: "second-key" });
    const first = await source.get("moonshot");
    const second = await source.get("moonshot", { rejected: first! });
    const third = await source.get("moonshot", { rejected: second! });
    expect([first?.id, second?.id, third]).toEqual([
      "env:MOONSHOT_API_KEY",
      "env:KIMI_API_KEY",
      undefined,
    ]);
    // A later turn starts from the first again.
    expect(await source.get("moonshot")).toEqual(first);
  });

  describe("after a limit", () => {
    const env = { MOONSHOT_API_KEY: "first-key", KIMI_API_KEY: "second-key" };
    const rate = new HermesError("model/rate_limited", "Slow down", { retryAfterMs: 1_000 });
    const quota = new HermesError("model/quota", "No credit");

    test("keeps a key at the first limit of the rate, and leaves it at the second one", async () => {
      const clock = createFakeClock();
      const source = sourceOf(env, clock);
      const credential = (await source.get("moonshot"))!;
      const limited = { exhausted: { credential, error: rate } };
      expect(await source.get("moonshot", limited)).toBeUndefined();
      expect(await source.hasOther?.("moonshot", credential)).toBe(true);
      const next = await source.get("moonshot", limited);
      expect(next).toEqual({
        id: "env:KIMI_API_KEY",
        token: "second-key",
        origin: "environment KIMI_API_KEY",
        notice:
          "The key of environment MOONSHOT_API_KEY has used up its limit: going on with that of KIMI_API_KEY (moonshot)",
      });
      // It rests for as long as the server said.
      expect((await source.get("moonshot"))?.id).toBe("env:KIMI_API_KEY");
      expect(await source.hasOther?.("moonshot", next!)).toBe(false);
      await clock.advance(1_000);
      expect(await source.get("moonshot")).toEqual(credential);
    });

    test("leaves a key without credit at once, and asks the first one again when all rest", async () => {
      const source = sourceOf(env);
      const first = (await source.get("moonshot"))!;
      const second = await source.get("moonshot", {
        exhausted: { credential: first, error: quota },
      });
      expect(second?.token).toBe("second-key");
      const exhausted = { credential: second!, error: quota };
      expect(await source.get("moonshot", { exhausted })).toBeUndefined();
      expect(await source.get("moonshot")).toEqual(first);
    });

    test("leaves a key at once whose plan has reached its limit, for an hour where nobody says until when", async () => {
      const clock = createFakeClock();
      const source = sourceOf(env, clock);
      const credential = (await source.get("moonshot"))!;
      const error = new HermesError("model/rate_limited", "Usage limit reached for your plan");
      const next = await source.get("moonshot", { exhausted: { credential, error } });
      expect(next?.id).toBe("env:KIMI_API_KEY");
      await clock.advance(3_599_999);
      expect((await source.get("moonshot"))?.id).toBe("env:KIMI_API_KEY");
      await clock.advance(1);
      expect(await source.get("moonshot")).toEqual(credential);
    });

    test("takes a limit of long ago for none, and no other failure for a limit", async () => {
      const clock = createFakeClock();
      const source = sourceOf(env, clock);
      const credential = (await source.get("moonshot"))!;
      const ask = (error: HermesError) =>
        source.get("moonshot", { exhausted: { credential, error } });
      expect(await ask(rate)).toBeUndefined();
      await clock.advance(3_600_000);
      expect(await ask(rate)).toBeUndefined();
      expect(await ask(new HermesError("model/server_error", "Boom"))).toBeUndefined();
    });

    test("does not step to what is the same key, or none", async () => {
      for (const KIMI_API_KEY of ["first-key", '"quoted-key"']) {
        const source = sourceOf({ MOONSHOT_API_KEY: "first-key", KIMI_API_KEY });
        const credential = (await source.get("moonshot"))!;
        expect(await source.hasOther?.("moonshot", credential)).toBe(false);
        const exhausted = { credential, error: quota };
        expect(await source.get("moonshot", { exhausted })).toBeUndefined();
      }
    });
  });

  test("does not offer a refused key under its other name", async () => {
    const source = sourceOf({ MOONSHOT_API_KEY: "same-key", KIMI_API_KEY: "same-key" });
    const first = await source.get("moonshot");
    expect(await source.get("moonshot", { rejected: first! })).toBeUndefined();
  });

  test("has nothing else to offer when a server refuses the word for no key", async () => {
    const source = sourceOf({});
    const word = await source.get("local");
    expect(await source.get("local", { rejected: word! })).toBeUndefined();
  });

  test.each([
    ["Bearer sk-0123456789", "starts with Bearer"],
    ["bearer  sk-0123456789", "starts with Bearer"],
    ['"sk-0123456789"', "stands in quotes"],
    ["sk-01234\nsk-56789", "has more than one line"],
    ["sk-01234\rsk-56789", "has more than one line"],
    ["sk-01234 56789", "has a blank in it"],
    ["sk-01234\u00a056789", "has a blank in it"],
    ["sk-ключ", "has a character that no HTTP header can carry"],
    ["sk-\u0000123", "has a character that no HTTP header can carry"],
    ["OPENAI_API_KEY=sk-0123456789", "starts with the name of a variable"],
  ])("refuses %j: it %s", async (value, fault) => {
    const failure = await thrown(() => sourceOf({ OPENAI_API_KEY: value }).get("openai"));
    expect(failure).toEqual(
      new HermesError("auth/rejected", `The key in OPENAI_API_KEY cannot be used: it ${fault}`, {
        hint: "set OPENAI_API_KEY to the key alone, on one line, as the vendor shows it",
      }),
    );
  });

  test("takes a key that ends as Base32 does for one", async () => {
    const key = "MFRGGZDFMZTWQ2LK======";
    expect((await sourceOf({ OPENAI_API_KEY: key }).get("openai"))?.token).toBe(key);
  });

  test("never shows a key in what it throws, and gives out only what a header can carry", async () => {
    const text = fc.oneof(fc.string({ minLength: 8 }), fc.string({ unit: "binary", minLength: 8 }));
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const result = await sourceOf({ OPENAI_API_KEY: value })
          .get("openai")
          .catch((error) => error);
        if (result instanceof HermesError) {
          expect(`${result.message} ${result.hint}`).not.toContain(value);
        } else if (result !== undefined) {
          expect(result.token).toMatch(/^[\x21-\x7e]+$/);
          expect(result.token).toBe(value.trim());
        }
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
