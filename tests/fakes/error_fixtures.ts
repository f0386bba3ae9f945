import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../../src/core/json.ts";
import type { Recovery } from "../../src/transports/failure_verdicts.ts";

/** Refusals of one provider, as its servers write them; ids, names and keys in them are made up. */
export interface ErrorFixture {
  readonly provider: string;
  readonly cases: readonly ErrorCase[];
}

export interface ErrorCase {
  readonly name: string;
  /** Null for an error within a stream that began with 200. */
  readonly status: number | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly estimatedTokens?: number;
  readonly body: Json;
  readonly expected: ExpectedFailure;
}

/** What a refusal has to come down to. */
export interface ExpectedFailure {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly recovery: Recovery;
}

/** When the bodies with a date were sent. */
export const sentAt = Date.UTC(2026, 0, 1);

const directory = join(import.meta.dir, "../fixtures/errors");

/** Every file of `tests/fixtures/errors`. */
export const errorFixtures: readonly ErrorFixture[] = readdirSync(directory)
  .toSorted()
  .map((file): ErrorFixture => JSON.parse(readFileSync(join(directory, file), "utf8")));
