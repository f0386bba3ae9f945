import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { classifyFailure, type Failure, recoveryOf } from "../../src/transports/classify.ts";

/** Refusals of one provider, as its servers write them; ids, names and keys in them are made up. */
interface Fixture {
  readonly provider: string;
  readonly cases: readonly Case[];
}

interface Case {
  readonly name: string;
  /** Null for an error within a stream that began with 200. */
  readonly status: number | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly estimatedTokens?: number;
  readonly body: unknown;
  readonly expected: Expected;
}

interface Expected {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly recovery: string;
}

const directory = join(import.meta.dir, "../fixtures/errors");
const fixtures = readdirSync(directory).map((file): Fixture =>
  JSON.parse(readFileSync(join(directory, file), "utf8")),
);
/** When the bodies with a date were sent. */
const now = Date.UTC(2026, 0, 1);

function failureOf({ provider }: Fixture, one: Case): Failure {
  return {
    provider,
    model: "m1",
    message: one.status === null ? "The stream reported an error" : `HTTP ${one.status}`,
    now,
    body: one.body,
    ...(one.status !== null && { status: one.status }),
    ...(one.headers !== undefined && { headers: new Headers(one.headers) }),
    ...(one.estimatedTokens !== undefined && { estimatedTokens: one.estimatedTokens }),
  };
}

function readAs(failure: Failure): Expected {
  const { code, retryable, retryAfterMs } = classifyFailure(failure);
  return {
    code,
    retryable,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    recovery: recoveryOf(failure),
  };
}

for (const fixture of fixtures) {
  describe(`classifyFailure() and recoveryOf() on ${fixture.provider}`, () => {
    test.each(fixture.cases.map((one) => [one.name, one] as const))("%s", (_name, one) => {
      expect(readAs(failureOf(fixture, one))).toEqual(one.expected);
    });
  });
}
