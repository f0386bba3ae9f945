import { expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../scripts/lib/steps.ts";
import { formatTotals, testTotals, type Totals } from "../../scripts/lib/test_totals.ts";

const head = `import { expect, test } from "bun:test";\n`;

/** Runs `bun test` on files with these bodies and reads its totals. */
async function totalsOf(...bodies: readonly string[]): Promise<Totals> {
  const directory = await mkdtemp(join(tmpdir(), "hermes-totals-"));
  try {
    const files = bodies.map((body, index) => ({
      path: join(directory, `${index}.test.ts`),
      text: head + body,
    }));
    await Promise.all(files.map(({ path, text }) => writeFile(path, text)));
    const args = ["test", ...files.map(({ path }) => path)];
    return testTotals(await run({ name: "tests", command: process.execPath, args }));
  } finally {
    await rm(directory, { recursive: true });
  }
}

const passes = `test("passes", () => { expect(1).toBe(1); });`;

test("testTotals() counts what passed, failed, was skipped and is to be done", async () => {
  const body = `${passes} test("fails", () => { expect(1).toBe(2); }); test.skip("s", () => {}); test.todo("t");`;
  expect(await totalsOf(body, passes)).toEqual({ passed: 2, failed: 1, skipped: 2 });
});

test("testTotals() counts a file that fails to load as a failure", async () => {
  expect(await totalsOf(passes, `import "./absent.ts"; ${passes}`)).toEqual({
    passed: 1,
    failed: 1,
    skipped: 0,
  });
  expect(await totalsOf(passes, `test("broken", () => {`)).toEqual({
    passed: 1,
    failed: 1,
    skipped: 0,
  });
});

test("testTotals() counts a failure where the run ends before its summary", async () => {
  const none = { passed: 0, failed: 1, skipped: 0 };
  expect(await totalsOf(`test("leaves", () => { process.exit(0); });`)).toEqual(none);
  expect(await totalsOf(`test("dies", () => { process.kill(process.pid, 9); });`)).toEqual(none);
});

test("testTotals() counts a failure where nothing ran", async () => {
  expect(await totalsOf("expect(1).toBe(1);")).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test("testTotals() is not taken in by a summary that a test printed", () => {
  const printed = " 9 pass\n 0 fail\nRan 9 tests across 1 file. [1.00ms]\n";
  const real = " 1 pass\n 2 fail\n 3 expect() calls\nRan 3 tests across 1 file. [1.00ms]\n";
  expect(testTotals({ stderr: `${printed}(pass) a\n\n${real}`, exitCode: 1 })).toEqual({
    passed: 1,
    failed: 2,
    skipped: 0,
  });
});

test("testTotals() counts a failure where the exit code says so", () => {
  const stderr = "\n 2 pass\n 0 fail\nRan 2 tests across 1 file. [1.00ms]\n";
  expect(testTotals({ stderr, exitCode: 0 })).toEqual({ passed: 2, failed: 0, skipped: 0 });
  expect(testTotals({ stderr, exitCode: 1 })).toEqual({ passed: 2, failed: 1, skipped: 0 });
});

test("formatTotals() names all three counts", () => {
  expect(formatTotals({ passed: 3, failed: 0, skipped: 1 })).toBe("3 passed, 0 failed, 1 skipped");
});
