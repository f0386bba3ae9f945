import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdir, readFile, rm } from "node:fs/promises";
import { createSandbox, type Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

test("demo runs a whole turn with real tools, without account and network", async () => {
  const { code, stdout, stderr } = await sandbox.run(["demo"]);
  expect([code, stderr]).toEqual([0, ""]);
  const directory = /Works in (\S+)/.exec(stdout)?.[1] ?? "";
  const made = [...stdout.matchAll(/^ {2}(\S+) {2}\d+ bytes$/gm)].map(([, path]) => path ?? "");
  expect(made.length).toBeGreaterThan(0);
  expect(made.toSorted()).toEqual(
    (await readdir(directory)).map((name) => `${directory}/${name}`).toSorted(),
  );
  for (const path of made) expect((await readFile(path)).length).toBeGreaterThan(0);
  await rm(directory, { recursive: true });
  // Neither a session nor anything else of the demo stays in the home.
  expect(await readdir(sandbox.home)).toEqual([]);
  expect(await readdir(sandbox.work)).toEqual([]);
});

test("demo is interrupted like any turn", async () => {
  const run = sandbox.start(["demo"]);
  await run.until("You: ");
  run.signal("SIGINT");
  const { code, stdout } = await run.ended;
  expect(code).toBe(130);
  await rm(/Works in (\S+)/.exec(stdout)?.[1] ?? "", { recursive: true });
});
