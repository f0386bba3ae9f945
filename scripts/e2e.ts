/**
 * Runs the end-to-end tests against dist/hermes, building it if a source is newer, or against the binary that
 * HERMES_BINARY names. Arguments go to `bun test`: `scripts/e2e tests/e2e/chat.test.ts`, `scripts/e2e -t NAME`. The last
 * line counts the tests.
 */
import { runStep, type Step } from "./lib/steps.ts";
import { formatTotals, refuseOnly, testTotals, type Totals } from "./lib/test_totals.ts";

const bun = process.execPath;
const build: Step = { name: "build", command: bun, args: ["scripts/build.ts", "--if-stale"] };
/** Runs of `bun test`, one after the other. */
const asked = process.argv.slice(2);
const runs: readonly Step[] =
  asked.length > 0
    ? [testRun("e2e", asked.some(isPath) ? asked : ["./tests/e2e", ...asked])]
    : [
        testRun("e2e", [
          "./tests/e2e",
          "--path-ignore-patterns=tests/e2e/codex/**",
          // Most of the time they wait for one another's programs.
          "--parallel=2",
        ]),
        // They run several codex at once by themselves.
        testRun("e2e on codex", ["./tests/e2e/codex"]),
      ];

function testRun(name: string, args: readonly string[]): Step {
  return {
    name,
    command: bun,
    // For what hangs, not for what is slow: a loaded machine is no failure.
    args: ["test", ...args, "--only-failures", "--timeout=240000"],
    env: refuseOnly,
  };
}

function isPath(argument: string): boolean {
  return argument.startsWith("tests/") || argument.startsWith("./");
}

const isBuilt = process.env["HERMES_BINARY"] !== undefined || (await runStep(build)).isOk;
const totals: Totals[] = [];
for (const run of isBuilt ? runs : []) {
  const { ended } = await runStep(run, (end) => testTotals(end).failed === 0);
  totals.push(testTotals(ended));
}
const sum = (of: (each: Totals) => number): number =>
  totals.reduce((count, each) => count + of(each), 0);
const failed = isBuilt ? sum((each) => each.failed) : 1;
console.log(
  formatTotals({
    passed: sum((each) => each.passed),
    failed,
    skipped: sum((each) => each.skipped),
  }),
);
if (failed > 0) process.exitCode = 1;
