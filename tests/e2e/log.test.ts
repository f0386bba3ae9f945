import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { startResponsesServer, type StepSource } from "../fakes/responses_server.ts";
import { refusal, textAnswer } from "../fakes/server_steps.ts";
import { configFor, createSandbox, type Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const logFile = () => join(sandbox.home, "logs", "hermes.log");

/** The lines of the log after a turn, without time and process. */
async function linesAfter(step: StepSource, more = "", args: readonly string[] = []) {
  await using server = await startResponsesServer({ steps: [step] });
  await sandbox.configure(`${configFor(server.url)}${more}`);
  await sandbox.run(["-z", "my own words", ...args], { env: { OPENAI_API_KEY: key } });
  const text = await readFile(logFile(), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^\S+Z (\w+) +/, "$1 ").replace(/pid=\d+ /, ""));
}

const key = "sk-abcdefghijklmnopqrstuvwx0123456789";
const about = (end: string) =>
  new RegExp(
    `^${end} session=\\d{8}_\\d{6}_[0-9a-f]{6} turn=turn_[0-9a-f]{32} source=oneshot provider=custom model=m1 runtime=loop ms=\\d+ tokens=\\d+`,
  );

test("a turn leaves a line in the log, which only its owner reads, without what was said", async () => {
  const lines = await linesAfter(textAnswer("my answer"));
  expect(lines).toEqual([expect.stringMatching(about("info turn.completed"))]);
  expect((await stat(logFile())).mode & 0o777).toBe(0o600);
});

test("a turn that failed leaves the reason, without a secret", async () => {
  const lines = await linesAfter(refusal(400, `I know your key ${key}`));
  expect(lines).toEqual([expect.stringMatching(about("error turn.failed"))]);
  expect(lines[0]).toContain("code=model/bad_request status=400");
  expect(lines[0]).not.toContain(key);
});

test("logging.level decides what is written", async () => {
  const lines = await linesAfter(textAnswer("my answer"), "logging: {level: debug}\n");
  expect(lines.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
    "debug turn.started",
    "debug item.completed",
    "debug item.completed",
    "info turn.completed",
  ]);
  expect(lines.join("\n")).not.toContain("my answer");
});

test("a command that failed leaves its reason; one that is only looked at, nothing", async () => {
  await sandbox.run(["sessions", "list"]);
  expect(existsSync(logFile())).toBe(false);
  await sandbox.run(["sessions", "show", "nobody"]);
  expect(await readFile(logFile(), "utf8")).toContain("command.failed");
});
