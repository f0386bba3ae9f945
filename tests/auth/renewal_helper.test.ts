import { describe, expect, test } from "bun:test";
import { renewalJson, renewInHelper } from "../../src/auth/renewal_helper.ts";
import type { Renewal } from "../../src/auth/renewal.ts";
import { HermesError } from "../../src/core/errors.ts";
import { createFakeSpawner, type FakeProgram, type FakeSpawnerOptions } from "../fakes/spawner.ts";

const order = { path: "/home/ada/.hermes/auth.json", provider: "xai-oauth", id: "ada", seen: "f1" };
const killed = { code: null, signal: "SIGKILL" } as const;

function answers(renewal: Renewal): FakeProgram {
  return async ({ stdin, print }) => {
    for await (const _ of stdin);
    print(`${JSON.stringify(renewalJson(renewal))}\n`);
    return 0;
  };
}

/** A helper for each start, the last one again and again. */
function helpers(programs: readonly FakeProgram[], options?: FakeSpawnerOptions) {
  const left = [...programs];
  const spawner = createFakeSpawner(
    (process) => ((left.length > 1 ? left.shift() : left[0]) ?? (() => 0))(process),
    options,
  );
  const deps = { spawner, env: { HOME: "/home/ada", NONE: undefined }, program: ["hermes"] };
  return { spawner, renewed: renewInHelper(deps, order) };
}

describe("renewInHelper()", () => {
  test.each([
    { kind: "renewed" },
    { kind: "gone" },
    {
      kind: "refused",
      refusal: { code: 401, reason: "invalid_grant", message: "Revoked" },
    },
    {
      kind: "failed",
      error: new HermesError("network/timeout", "auth.x.ai did not answer within 20 s", {
        retryable: true,
        retryAfterMs: 1_000,
        httpStatus: 503,
        hint: "try again",
      }),
    },
  ] as const satisfies readonly Renewal[])("tells what the helper says: $kind", async (renewal) => {
    const { spawner, renewed } = helpers([answers(renewal)]);
    expect(await renewed).toEqual(renewal);
    expect(spawner.requests).toEqual([
      {
        program: "hermes",
        arguments: ["auth", "refresh"],
        cwd: "/",
        env: { HOME: "/home/ada" },
        stdin: "pipe",
        outlivesUs: true,
      },
    ]);
  });

  test("a helper that is killed is followed by another one, which finds what it left", async () => {
    const { spawner, renewed } = helpers([() => killed, answers({ kind: "renewed" })]);
    expect([await renewed, spawner.requests.length]).toEqual([{ kind: "renewed" }, 2]);
  });

  test("helpers that are killed again and again are a failure of this renewal, not of the program", async () => {
    const { spawner, renewed } = helpers([() => killed]);
    expect([await renewed, spawner.requests.length]).toEqual([
      {
        kind: "failed",
        error: new HermesError(
          "internal/bug",
          "What renews logins ended without a word: ended with SIGKILL",
          { hint: "run the command again" },
        ),
      },
      2,
    ]);
  });

  test("a helper that cannot be started is one, too", async () => {
    const failures = ["EAGAIN", "ENOMEM"].map((code) =>
      Object.assign(new Error(`spawn ${code}`), { code }),
    );
    const { renewed } = helpers([answers({ kind: "renewed" })], { failures });
    expect(await renewed).toEqual({
      kind: "failed",
      error: new HermesError("internal/bug", "What renews logins ended without a word: ENOMEM", {
        hint: "run the command again",
      }),
    });
  });

  test("what it says on stderr is told where it says nothing else", async () => {
    const { renewed } = helpers([
      ({ printError }) => {
        printError("error: No space\n");
        return 1;
      },
    ]);
    expect(await renewed).toMatchObject({
      error: { message: "What renews logins ended without a word: exit code 1, error: No space" },
    });
  });
});
