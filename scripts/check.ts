/**
 * The gate: format, lint, types, rooms and tests. Every step runs, so that one run shows all faults. The last line counts
 * the tests.
 */
import { runStep, type Step } from "./lib/steps.ts";
import { formatTotals, refuseOnly, testTotals } from "./lib/test_totals.ts";

const bun = process.execPath;
const bin = "node_modules/.bin";

const steps: readonly Step[] = [
  { name: "format", command: bun, args: ["fmt", "--check"] },
  { name: "lint", command: `${bin}/oxlint`, args: ["-c", "scripts/oxlint.json"] },
  { name: "types (bun)", command: bun, args: ["check"] },
  {
    name: "types (deno)",
    command: `${bin}/deno`,
    args: ["check", "--quiet", "mod.ts", "src", "tests"],
  },
  { name: "rooms", command: bun, args: ["scripts/rooms.ts"] },
];

// The end-to-end tests need the compiled binary: scripts/e2e runs them.
const tests: Step = {
  name: "tests",
  command: bun,
  args: [
    "test",
    "./tests",
    "--path-ignore-patterns=tests/e2e/**",
    "--parallel",
    "--only-failures",
    "--timeout=120000",
  ],
  env: refuseOnly,
};

const faults: string[] = [];
for (const step of steps) {
  const { isOk } = await runStep(step);
  if (!isOk) faults.push(step.name);
}
const { ended, isOk } = await runStep(tests, (end) => testTotals(end).failed === 0);
if (!isOk) faults.push(tests.name);
if (faults.length > 0) {
  console.log(`Failed: ${faults.join(", ")}`);
  process.exitCode = 1;
}
console.log(formatTotals(testTotals(ended)));
