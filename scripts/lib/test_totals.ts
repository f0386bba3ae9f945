/** Reads how many tests passed from what `bun test` printed. */
import type { Ended } from "./steps.ts";

/** Environment in which `test.only` is a failure, so that it cannot hide the other tests. */
export const refuseOnly = { CI: "true" };

/** Counts of a test run. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  /** Skipped and to be done. */
  readonly skipped: number;
}

// The end of stderr: a block of counts, ` 12 pass`, ` 1 fail`, ... A file that fails to load counts as one `fail`.
const summary = /(?:^|\n)((?: \d+ [^\n]+\n)+)Ran \d+ tests? across \d+ files?\.[^\n]*\s*$/;

/**
 * Totals of a run of `bun test`, from its text: the JUnit report leaves out files that fail to load. At least one
 * failure where it did not come to its end (a test that calls `process.exit` ends it with 0), ran nothing, or ended
 * with another code than 0.
 */
export function testTotals({ stderr, exitCode }: Pick<Ended, "stderr" | "exitCode">): Totals {
  const counts = summary.exec(stderr)?.[1] ?? "";
  const count = (word: string): number =>
    Number(new RegExp(`^ (\\d+) ${word}$`, "m").exec(counts)?.[1] ?? 0);
  const passed = count("pass");
  const failed = count("fail");
  const skipped = count("skip") + count("todo");
  const isSound = exitCode === 0 && passed + failed + skipped > 0;
  return { passed, failed: isSound ? failed : Math.max(1, failed), skipped };
}

/** The last line of a run, as `.ci/run` adds it up. */
export function formatTotals({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
