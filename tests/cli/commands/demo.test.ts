import { expect, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HermesError } from "../../../src/core/errors.ts";
import type { FakeAppParts } from "../../fakes/app.ts";
import { answer } from "../../fakes/app.ts";
import { startCli } from "../../fakes/cli.ts";

test("demo shows the transcript on stdout and names the files that were made", async () => {
  let directory = "";
  const parts: FakeAppParts = {
    async *turn(message, signal) {
      directory = run.app()?.opened[0]?.cwd ?? "";
      await writeFile(join(directory, "b.txt"), "12345");
      await writeFile(join(directory, "a.txt"), "");
      yield* answer("it works")(message, signal);
    },
  };
  const run = startCli(["demo"], { parts });
  const { code, stdout, stderr } = await run.finish();
  await rm(directory, { recursive: true });
  expect([code, stderr]).toEqual([0, ""]);
  expect(run.app()?.opened).toEqual([
    {
      source: "demo",
      cwd: directory,
      ephemeral: true,
      approval: "deny",
      allow: [],
      replay: { kind: "demo" },
    },
  ]);
  const [header, place, , prompt] = stdout.split("\n");
  expect(header).toBe("hermes demo: one whole turn with a scripted model and real tools");
  expect(place).toBe(`No account, no network. Works in ${directory}`);
  expect(prompt).toStartWith("You: ");
  expect(stdout).toContain(
    `\nit works\n\nFiles it made (kept):\n  ${directory}/a.txt  0 bytes\n  ${directory}/b.txt  5 bytes\n\nNext: `,
  );
});

test("demo that fails says so", async () => {
  const refusal = new HermesError("replay/mismatch", "Something else was asked");
  const run = startCli(["demo"], { parts: { refusal } });
  const { code, stderr } = await run.finish();
  const directory = run.app()?.opened[0]?.cwd;
  if (directory !== undefined) await rm(directory, { recursive: true });
  expect([code, stderr]).toEqual([1, "error: Something else was asked (replay/mismatch)\n"]);
});
