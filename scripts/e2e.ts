/**
 * Runs the end-to-end tests against dist/hermes, building it if a source is newer, or against the binary that
 * HERMES_BINARY names. Arguments go to `bun test`. The last line counts the tests.
 */
import { runStep, type Step } from "./lib/steps.ts";
import { formatTotals, refuseOnly, testTotals } from "./lib/test_totals.ts";

const bun = process.execPath;
const build: Step = { name: "build", command: bun, args: ["scripts/build.ts", "--if-stale"] };
const tests: Step = {
  name: "e2e",
  command: bun,
  args: [
    "test",
    "./tests/e2e",
    "--parallel=3",
    "--only-failures",
    "--timeout=60000",
    ...process.argv.slice(2),
  ],
  env: refuseOnly,
};

const isBuilt = process.env["HERMES_BINARY"] !== undefined || (await runStep(build)).isOk;
if (isBuilt) {
  const { ended, isOk } = await runStep(tests, (end) => testTotals(end).failed === 0);
  console.log(formatTotals(testTotals(ended)));
  if (!isOk) process.exitCode = 1;
} else {
  console.log(formatTotals({ passed: 0, failed: 1, skipped: 0 }));
  process.exitCode = 1;
}
