import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startResponsesServer, type StepSource } from "../fakes/responses_server.ts";
import {
  callTool,
  errorFirst,
  hangBeforeHeaders,
  htmlPage,
  noCredit,
  overloaded,
  rateLimited,
  resetBeforeHeaders,
  serverError,
  textAnswer,
  unavailable,
  wrongKey,
} from "../fakes/server_steps.ts";
import {
  binary,
  checkEvents,
  configFor,
  type Event,
  createSandbox,
  type Sandbox,
  wireApis,
} from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

interface Case {
  readonly name: string;
  readonly code: number;
  /** `undefined` where there is no failure. */
  readonly error?: string;
  readonly steps: readonly StepSource[];
  readonly flags?: readonly string[];
}

const danger = callTool("terminal", { command: "rm -rf ./precious" });

const answers: readonly Case[] = [
  { name: "a text answer", code: 0, steps: [textAnswer("hello")] },
  {
    name: "a tool call and an answer",
    code: 0,
    steps: [callTool("terminal", { command: "echo hi" }), textAnswer("done")],
  },
  { name: "an HTTP 500", code: 1, error: "model/server_error", steps: [serverError] },
  {
    name: "a stream without its last event",
    code: 1,
    error: "stream/no_terminal_event",
    steps: [textAnswer("hello", { cut: { afterFrames: 2, how: "end" } })],
  },
  {
    name: "a connection that is reset",
    code: 1,
    error: "network/unreachable",
    steps: [resetBeforeHeaders],
  },
  {
    name: "an unknown toolset",
    code: 2,
    error: "usage/invalid",
    steps: [],
    flags: ["-t", "no-such-toolset"],
  },
  {
    name: "a bad number",
    code: 2,
    error: "usage/invalid",
    steps: [],
    flags: ["--max-turns", "none"],
  },
  { name: "a wrong key", code: 4, error: "auth/rejected", steps: [wrongKey] },
  {
    name: "a dangerous command in an unattended run",
    code: 6,
    error: "approval/denied",
    steps: [danger, textAnswer("I could not delete it.")],
  },
  {
    name: "a session that is not there",
    code: 66,
    error: "session/not_found",
    steps: [],
    flags: ["-r", "no-such-session"],
  },
  {
    name: "nothing to go on with",
    code: 66,
    error: "session/not_found",
    steps: [],
    flags: ["-c"],
  },
  { name: "a rate limit", code: 75, error: "model/rate_limited", steps: [rateLimited(60)] },
  { name: "an empty account", code: 75, error: "model/quota", steps: [noCredit] },
  { name: "an unavailable service", code: 75, error: "model/overloaded", steps: [unavailable] },
  { name: "an overloaded server", code: 75, error: "model/overloaded", steps: [overloaded] },
  {
    name: "a deadline",
    code: 124,
    error: "turn/deadline",
    steps: [hangBeforeHeaders],
    flags: ["--deadline", "3"],
  },
];

describe.each(wireApis)("over %s", (wireApi) => {
  test.each(answers)("$name ends with $code, as text and as JSON", async (example) => {
    for (const format of [[], ["--json"]]) {
      await using server = await startResponsesServer({ steps: example.steps });
      await sandbox.configure(configFor(server.url, wireApi));
      const args = ["-z", "hi", ...format, ...(example.flags ?? [])];
      const { code, stdout, stderr } = await sandbox.run(args);
      const seen = `${stdout}\n${stderr}`;
      expect([code, seen]).toEqual([example.code, seen]);
      if (format.length > 0) {
        const last = checkEvents(stdout);
        const type = example.error === undefined ? "turn.completed" : "turn.failed";
        expect(last).toMatchObject({ type });
        if (example.error !== undefined) {
          expect(last).toMatchObject({ error: { code: example.error } });
        }
      } else if (example.error !== undefined) expect(stdout).toBe("");
      if (example.error !== undefined) {
        const lines = stderr.trimEnd().split("\n");
        const error = lines.findLast((line) => line.startsWith("error: ")) ?? "";
        expect(error).toEndWith(` (${example.error})`);
        expect(lines.indexOf(error)).toBeGreaterThanOrEqual(lines.length - 2);
      }
      expect(server.requests.length).toBe(example.steps.length);
    }
  });

  test("a page of HTML in place of an answer is a typed failure", async () => {
    await using server = await startResponsesServer({ steps: [htmlPage(200, "Sign in")] });
    await sandbox.configure(configFor(server.url, wireApi));
    const { code, stdout } = await sandbox.run(["-z", "hi", "--json"]);
    expect(code).toBe(1);
    expect(checkEvents(stdout)).toMatchObject({ type: "turn.failed" });
  });
});

test("an error as the first frame is a typed failure", async () => {
  await using server = await startResponsesServer({ steps: [errorFirst("boom", "server_error")] });
  await sandbox.configure(configFor(server.url));
  const { code, stdout } = await sandbox.run(["-z", "hi", "--json"]);
  expect(code).toBe(1);
  expect(checkEvents(stdout)).toMatchObject({
    type: "turn.failed",
    error: { code: "model/server_error" },
  });
});

test("a failed turn names the items that did complete", async () => {
  const steps = [callTool("terminal", { command: "echo one" }), serverError];
  await using server = await startResponsesServer({ steps });
  await sandbox.configure(configFor(server.url));
  const { stdout } = await sandbox.run(["-z", "hi", "--json"]);
  const last = checkEvents(stdout);
  const done = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Event)
    .filter(({ type, item }) => type === "item.completed" && item?.status === undefined)
    .map(({ item }) => item?.id ?? "");
  expect(done.length).toBe(3);
  expect(last.completed_items).toEqual(done);
});

test.each([[], ["--json"]])("no credential is 4 without any network call %j", async (...flags) => {
  await sandbox.configure("model: {provider: openai}\n");
  const proxy = { HTTPS_PROXY: "http://127.0.0.1:9" };
  const { code, stdout, stderr } = await sandbox.run(["-z", "hi", ...flags], {
    stdin: "open",
    env: proxy,
  });
  expect(code).toBe(4);
  if (flags.length > 0) {
    expect(checkEvents(stdout)).toMatchObject({ error: { code: "auth/missing" } });
  } else expect(stdout).toBe("");
  expect(stderr).toMatch(/^error: .+ \(auth\/missing\)\nhint: .+\n$/);
});

test.each([
  ["config.yaml", "model: [1\n", "config/invalid"],
  ["sessions.db", "this is not a database, and long enough to be one".repeat(100), "store/invalid"],
])("a %s that cannot be read is 78, and stays as it is", async (name, text, error) => {
  await using server = await startResponsesServer({ steps: [textAnswer("hello")], repeat: true });
  await sandbox.configure(configFor(server.url));
  const path = join(sandbox.home, name);
  await writeFile(path, text);
  for (const flags of [[], ["--json"]]) {
    const { code, stdout, stderr } = await sandbox.run(["-z", "hi", ...flags]);
    expect([code, stderr]).toEqual([78, stderr]);
    expect(stderr).toContain(` (${error})\n`);
    if (flags.length > 0) expect(checkEvents(stdout)).toMatchObject({ error: { code: error } });
    expect(await readFile(path, "utf8")).toBe(text);
  }
  expect(server.requests).toEqual([]);
});

test("a home that is a file is 78", async () => {
  const home = join(sandbox.root, "file");
  await writeFile(home, "");
  const elsewhere = ["--base-url", "http://127.0.0.1:9/v1", "-m", "m1"];
  const { code, stderr } = await sandbox.run(["-z", "hi", ...elsewhere], {
    env: { HERMES_HOME: home },
  });
  expect([code, stderr]).toEqual([78, stderr]);
  expect(stderr).toContain("(store/unreadable)");
});

test.each([
  [["--jsn"], "did you mean --json?"],
  [["sesions"], "did you mean hermes sessions?"],
  [["sessions", "lst"], "did you mean list?"],
  [["chat", "-q"], "hermes chat --help tells what there is"],
])("hermes %j is 2", async (args, hint) => {
  const { code, stdout, stderr } = await sandbox.run(args);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^error: .+ \(usage\/invalid\)\nhint: .+\n$/);
  expect(stderr).toContain(hint);
});

// `script` gives a command a terminal of its own; that of macOS takes other flags.
const hasScript = process.platform === "linux" && spawnSync("script", ["-V"]).status === 0;

test.skipIf(!hasScript)("an editor that is not there is 5", () => {
  const command = `'${binary}' config edit`;
  const { status, stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
    cwd: sandbox.work,
    env: {
      PATH: process.env["PATH"] ?? "",
      HERMES_HOME: sandbox.home,
      HOME: sandbox.root,
      EDITOR: "no-such-editor",
    },
    encoding: "utf8",
  });
  expect([status, stdout]).toEqual([5, stdout]);
  expect(stdout).toContain("(program/missing)");
});
