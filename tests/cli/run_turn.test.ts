import { afterAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { abortError, HermesError } from "../../src/core/errors.ts";
import type { TurnEvent } from "../../src/core/event.ts";
import type { FileStore } from "../../src/core/ports.ts";
import { answer, type FakeAppParts } from "../fakes/app.ts";
import { startCli, type CliRun } from "../fakes/cli.ts";
import { settled } from "../fakes/clock.ts";
import { createFakeFiles } from "../fakes/files.ts";
import type { FakeTerminalOptions } from "../fakes/terminal.ts";

const directory = await mkdtemp(join(tmpdir(), "hermes-cli-"));
await mkdir(join(directory, "sub"));
afterAll(() => rm(directory, { recursive: true, force: true }));

function start(
  argv: readonly string[],
  parts: FakeAppParts = {},
  terminal: FakeTerminalOptions = {},
): CliRun {
  return startCli(argv, { parts, terminal, cwd: directory });
}

async function finish(run: CliRun): Promise<readonly [number, string, string]> {
  const { code, stdout, stderr } = await run.finish();
  return [code, stdout, stderr];
}

function types(run: CliRun): readonly unknown[] {
  return run.events().map((event) => event["type"]);
}

/** A turn that shows half an answer and then waits until it is aborted. */
const stuck: NonNullable<FakeAppParts["turn"]> = async function* (_, signal) {
  yield { type: "turn-start", turnId: "t1" };
  yield { type: "item-start", item: { type: "assistant-message", id: "a", text: "" } };
  yield { type: "item-delta", itemId: "a", channel: "text", delta: "half" };
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const error = abortError(signal);
  yield {
    type: "turn-end",
    outcome:
      error.code === "turn/interrupted"
        ? { status: "interrupted" }
        : { status: "failed", error, completedItemIds: [] },
  };
};

/** A turn that takes no notice of its signal. */
const deaf: NonNullable<FakeAppParts["turn"]> = async function* () {
  yield { type: "turn-start", turnId: "t1" };
  yield { type: "item-start", item: { type: "assistant-message", id: "a", text: "" } };
  await new Promise(() => {});
};

function failing(error: HermesError): NonNullable<FakeAppParts["turn"]> {
  return async function* () {
    const item = { type: "assistant-message", id: "a", text: "" } as const;
    yield { type: "turn-start", turnId: "t1" };
    yield { type: "item-start", item };
    yield { type: "item-delta", itemId: "a", channel: "text", delta: "never whole" };
    const outcome = { status: "failed", error, completedItemIds: [] } as const;
    yield { type: "turn-end", outcome };
  };
}

test("-z prints the final text alone on stdout", async () => {
  const run = start(["-z", "hi"], { turn: answer("hello") });
  expect(await finish(run)).toEqual([0, "hello\n", ""]);
  expect(run.app()?.messages.map(({ parts }) => parts)).toEqual([[{ type: "text", text: "hi" }]]);
  expect(run.app()?.closed()).toBe(1);
});

test("-z adds no second line break", async () => {
  expect(await finish(start(["-z", "hi"], { turn: answer("hello\n") }))).toEqual([
    0,
    "hello\n",
    "",
  ]);
});

test("-z shows tools on stderr, --quiet does not", async () => {
  const turn: NonNullable<FakeAppParts["turn"]> = async function* (message, signal) {
    const call = {
      type: "tool-call",
      id: "c",
      callId: "1",
      name: "terminal",
      arguments: '{"command":"ls"}',
    } as const;
    const result = {
      type: "tool-result",
      id: "r",
      callId: "1",
      output: "x",
      isError: false,
    } as const;
    yield { type: "item-end", item: call };
    yield { type: "item-end", item: result };
    yield {
      type: "item-end",
      item: { ...result, id: "r2", isError: true, output: '{"error":"No"}' },
    };
    yield { type: "notice", level: "warning", text: "watch out" };
    yield* answer("done")(message, signal);
  };
  expect(await finish(start(["-z", "hi"], { turn }))).toEqual([
    0,
    "done\n",
    "✓ terminal ls\n✗ terminal ls: No\nwarning: watch out\n",
  ]);
  expect(await finish(start(["-z", "hi", "--quiet"], { turn }))).toEqual([
    0,
    "done\n",
    "warning: watch out\n",
  ]);
});

test("-z --json prints one event a line and nothing else", async () => {
  const run = start(["-z", "hi", "--json"], { turn: answer("hello") });
  expect(await run.code).toBe(0);
  expect(run.stderr()).toBe("");
  expect(run.events()).toEqual([
    {
      type: "session.started",
      schema_version: 1,
      session_id: "s1",
      provider: "lab",
      model: "m1",
      runtime: "loop",
      cwd: directory,
      approval: "deny",
    },
    { type: "turn.started", turn_id: "t1" },
    {
      type: "item.started",
      item: { id: expect.any(String), type: "user_message", text: "hi" },
    },
    {
      type: "item.completed",
      item: { id: expect.any(String), type: "user_message", text: "hi" },
    },
    { type: "item.started", item: { id: "a", type: "assistant_message", text: "" } },
    { type: "item.delta", item_id: "a", channel: "text", delta: "hel" },
    { type: "item.delta", item_id: "a", channel: "text", delta: "lo" },
    { type: "item.completed", item: { id: "a", type: "assistant_message", text: "hello" } },
    {
      type: "turn.completed",
      turn_id: "t1",
      final_text: "hello",
      usage: {
        input_tokens: 0,
        cached_input_tokens: 0,
        output_tokens: 0,
        reasoning_tokens: 0,
        total_tokens: 0,
      },
      duration_ms: 0,
    },
  ]);
});

test("an answer that never became whole is no answer on stdout", async () => {
  const error = new HermesError("model/truncated", "The answer was cut off", {
    hint: "more tokens",
  });
  expect(await finish(start(["-z", "hi"], { turn: failing(error) }))).toEqual([
    1,
    "",
    "error: The answer was cut off (model/truncated)\nhint: more tokens\n",
  ]);
});

test("a failed turn ends both streams with its error", async () => {
  const error = new HermesError("model/quota", "No credit", { httpStatus: 402 });
  const run = start(["-z", "hi", "--json"], { turn: failing(error) });
  expect(await run.code).toBe(75);
  expect(run.stderr()).toBe("error: No credit (model/quota)\n");
  expect(run.events().at(-1)).toEqual({
    type: "turn.failed",
    turn_id: "t1",
    error: {
      code: "model/quota",
      message: "No credit",
      hint: null,
      retryable: false,
      http_status: 402,
    },
    completed_items: [],
    duration_ms: 0,
  });
});

test("a missing credential is told while a silent pipe is still open", async () => {
  const refusal = new HermesError("auth/missing", "No key", { hint: "export KEY" });
  const run = start(["-z", "hi", "--json"], { refusal }, { stdin: "pipe", keepsOpen: true });
  expect(await run.code).toBe(4);
  expect(types(run)).toEqual(["turn.failed"]);
  expect(run.stderr()).toBe("error: No key (auth/missing)\nhint: export KEY\n");
});

test("a prompt that cannot be read closes the conversation that was opened meanwhile", async () => {
  const run = start(["-z", "-"], {}, { stdin: "pipe", input: ["  "] });
  expect(await run.code).toBe(2);
  expect(run.app()?.closed()).toBe(1);
  expect(run.app()?.messages).toEqual([]);
});

test("stdin beside the prompt is its context", async () => {
  const run = start(["-z", "hi"], {}, { stdin: "file", input: ["data\n"] });
  await run.code;
  expect(run.app()?.messages.map(({ parts }) => parts)).toEqual([
    [{ type: "text", text: "hi\n\n<stdin>\ndata\n</stdin>" }],
  ]);
});

test("how stdin was read is told on stderr, and as an event", async () => {
  const run = start(["-z", "hi", "--json"], {}, { stdin: "file", input: [Uint8Array.of(255)] });
  expect(await run.code).toBe(0);
  const text = "The text on stdin is not valid UTF-8: malformed bytes were replaced";
  expect(run.stderr()).toBe(`warning: ${text}\n`);
  expect(run.events()[1]).toEqual({ type: "notice", level: "warning", text });
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s interrupts the turn cleanly", async (name, code) => {
  const run = start(["-z", "hi", "--json"], { turn: stuck });
  await run.ports.terminal.untilShown('"half"');
  run.ports.signals.send(name);
  expect(await run.code).toBe(code);
  expect(types(run).slice(-2)).toEqual(["item.completed", "turn.interrupted"]);
  expect(run.stderr()).toBe(
    `error: Interrupted by ${name} (turn/interrupted)\nhint: hermes -c goes on with this session\n`,
  );
  expect(run.ports.signals.listeners()).toBe(0);
});

test("a second SIGINT leaves a turn that does not end", async () => {
  const run = start(["-z", "hi", "--json"], { turn: deaf });
  await run.ports.terminal.untilShown("item.started");
  run.ports.signals.send("SIGINT");
  await settled();
  expect(types(run).at(-1)).toBe("item.started");
  run.ports.signals.send("SIGINT");
  expect(await run.code).toBe(130);
  expect(types(run).slice(-2)).toEqual(["item.completed", "turn.interrupted"]);
});

test("a turn that does not end after SIGTERM is left after 3 s", async () => {
  const run = start(["-z", "hi"], { turn: deaf });
  await settled();
  run.ports.signals.send("SIGTERM");
  await run.ports.clock.advance(3_000);
  expect(await run.code).toBe(143);
});

test("the deadline fails the turn", async () => {
  const run = start(["-z", "hi", "--json", "--deadline", "2"], { turn: stuck });
  await run.ports.terminal.untilShown('"half"');
  await run.ports.clock.advance(2_000);
  expect(await run.code).toBe(124);
  expect(run.events().at(-1)).toMatchObject({
    type: "turn.failed",
    error: { code: "turn/deadline" },
    duration_ms: 2_000,
  });
});

test("the deadline is overrun by less than 500 ms when nothing ends", async () => {
  const run = start(["-z", "hi", "--json", "--deadline", "2"], { turn: deaf });
  await run.ports.terminal.untilShown("item.started");
  await run.ports.clock.advance(2_450);
  expect(await run.code).toBe(124);
  expect(types(run).slice(-2)).toEqual(["item.completed", "turn.failed"]);
});

test("the deadline counts while the prompt is waited for", async () => {
  const run = start(["-z", "--deadline", "2"], {}, { stdin: "pipe", keepsOpen: true });
  await run.ports.clock.untilSleeping();
  await run.ports.clock.advance(2_000);
  expect(await run.code).toBe(124);
});

test("an answer is shown before the conversation is closed", async () => {
  const run = start(["-z", "hi"], { turn: answer("hello"), hangsOnClose: true });
  await run.ports.terminal.untilShown("hello\n");
  run.ports.signals.send("SIGINT");
  run.ports.signals.send("SIGINT");
  expect(await run.code).toBe(0);
});

test("a reader that goes away interrupts the turn without a word", async () => {
  const turn: NonNullable<FakeAppParts["turn"]> = async function* (message, signal) {
    yield { type: "turn-start", turnId: "t1" };
    run.ports.terminal.stdout.close();
    yield* stuck(message, signal);
  };
  const run = start(["-z", "hi", "--json"], { turn });
  expect(await run.code).toBe(1);
  expect(run.stderr()).toBe("");
});

test("an answer that nobody reads is not done", async () => {
  const run = start(["-z", "hi"], {
    async *turn(message, signal) {
      run.ports.terminal.stdout.close();
      yield* answer("hello")(message, signal);
    },
  });
  expect(await run.code).toBe(1);
});

test("-o writes the final text to a file, too", async () => {
  const run = start(["-z", "hi", "-o", "out.txt"], { turn: answer("hello") });
  expect(await finish(run)).toEqual([0, "hello\n", ""]);
  expect(await readFile(join(directory, "out.txt"), "utf8")).toBe("hello");
});

describe("-o FILE that cannot be written", () => {
  const flags = ["-z", "hi", "-o", "/project/out.txt"];
  function startIn(files: FileStore, ...more: readonly string[]): CliRun {
    const parts = { turn: answer("hello") };
    return startCli([...flags, ...more], { parts, files, cwd: "/project" });
  }

  test("is refused before anything is opened", async () => {
    const files = createFakeFiles({ "/project/out.txt": "old" });
    files.fail("replaceFile", "/project", "EACCES");
    const run = startIn(files);
    expect(await finish(run)).toEqual([
      2,
      "",
      "error: --output-last-message cannot be written: /project/out.txt (EACCES) (usage/invalid)\n" +
        "hint: look at its directory: ls -ld /project\n",
    ]);
    expect(run.app()?.opened ?? []).toEqual([]);
  });

  test("is looked for where a symlink leads", async () => {
    const files = createFakeFiles({ "/locked/real.txt": "old" });
    files.link("/project/out.txt", "/locked/real.txt");
    files.fail("replaceFile", "/locked", "EROFS");
    expect(await startIn(files).code).toBe(2);
  });

  test("leaves nothing behind where it can be, and old text until there is new", async () => {
    const files = createFakeFiles({ "/project/out.txt": "old" });
    const run = startCli(flags, {
      parts: { refusal: new HermesError("auth/missing", "No key") },
      files,
      cwd: "/project",
    });
    expect(await run.code).toBe(4);
    expect([files.paths(), files.text("/project/out.txt")]).toEqual([
      ["/project", "/project/out.txt"],
      "old",
    ]);
  });

  test("for a reason that comes later fails the run, which still prints the answer", async () => {
    const files = createFakeFiles({ "/project/out.txt": "old" });
    files.fail("replaceFile", "/project/out.txt", "ENOSPC");
    const told =
      "error: Cannot write the final text: /project/out.txt (ENOSPC) (file/unwritable)\n" +
      "hint: free some space or choose another file with -o\n";
    expect(await finish(startIn(files))).toEqual([1, "hello\n", told]);
    const run = startIn(files, "--json");
    expect([await run.code, run.stderr()]).toEqual([1, told]);
    expect(run.events().slice(-2)).toMatchObject([
      { type: "item.completed", item: { text: "hello" } },
      {
        type: "turn.failed",
        error: { code: "file/unwritable" },
        completed_items: [expect.any(String), "a"],
      },
    ]);
  });
});

test.each<readonly [readonly string[], string]>([
  [["-o", "no/out.txt"], `The directory of --output-last-message does not exist: ${directory}/no`],
  [["-o", "sub"], `--output-last-message names a directory: ${directory}/sub`],
  [["--record", "no/r"], `The directory of --record does not exist: ${directory}/no`],
  [["--replay", "no.jsonl"], `The file of --replay does not exist: ${directory}/no.jsonl`],
  [["--cwd", "no"], `--cwd is not a directory: ${directory}/no`],
  [["--output-schema", "no"], `Cannot read the schema of --output-schema: ${directory}/no`],
  [["--image", "no.png"], `No such file: ${directory}/no.png`],
])("a bad file of %j is refused before anything is opened", async (flags, message) => {
  const run = start(["-z", "hi", "--json", ...flags]);
  expect(await run.code).toBe(2);
  expect(run.app()?.opened ?? []).toEqual([]);
  expect(run.events()).toMatchObject([{ type: "turn.failed", error: { code: "usage/invalid" } }]);
  expect(run.stderr().split("\n")[0]).toBe(`error: ${message} (usage/invalid)`);
});

const schema = JSON.stringify({
  type: "object",
  properties: { count: { type: "integer" } },
  required: ["count"],
});

test.each([
  ['{"count":3}', 0],
  ['{"count":"three"}', 1],
  ["three", 1],
])("--output-schema lets %j end with %i", async (text, code) => {
  await writeFile(join(directory, "schema.json"), schema);
  const run = start(["-z", "hi", "--json", "--output-schema", "schema.json", "-o", "checked.txt"], {
    turn: answer(text),
  });
  expect(await run.code).toBe(code);
  expect(run.app()?.opened[0]?.outputSchema?.schema).toEqual(JSON.parse(schema));
  const last = run.events().at(-1);
  if (code === 0) expect(last).toMatchObject({ type: "turn.completed", final_text: text });
  else {
    expect(last).toMatchObject({
      type: "turn.failed",
      error: { code: "turn/answer_invalid" },
      completed_items: [expect.any(String), "a"],
    });
  }
});

test("an answer that --output-schema refuses is shown on stderr, and written nowhere", async () => {
  await writeFile(join(directory, "schema.json"), schema);
  const run = start(
    ["-z", "hi", "--quiet", "--output-schema", "schema.json", "-o", "refused.txt"],
    {
      turn: answer("thr\x1b[2Jee"),
    },
  );
  expect(await finish(run)).toEqual([
    1,
    "",
    "three\nerror: The answer does not fit the schema: it is not valid JSON (turn/answer_invalid)\n" +
      "hint: ask again, or use a model that supports structured answers\n",
  ]);
  expect(await readdir(directory)).not.toContain("refused.txt");
});

test.each([
  ["[1]", "The schema of --output-schema is not a JSON object"],
  ["{", "The schema of --output-schema is not valid JSON"],
  ['{"type":"banana"}', "The schema of --output-schema cannot be used"],
])("--output-schema refuses %j", async (text, message) => {
  await writeFile(join(directory, "bad.json"), text);
  const run = start(["-z", "hi", "--output-schema", "bad.json"]);
  expect(await run.code).toBe(2);
  expect(run.stderr()).toStartWith(`error: ${message}: `);
});

test("flags reach the conversation", async () => {
  const flags = ["-m", "m2", "--provider", "p", "-r", "talk", "-t", "files", "--max-turns", "3"];
  const more = ["--cwd", "sub", "--allow", "ls", "--approval", "ask", "--require-mcp", "fs"];
  const run = start(["-z", "hi", ...flags, ...more]);
  expect(await run.code).toBe(0);
  expect(run.app()?.opened).toEqual([
    {
      source: "oneshot",
      cwd: join(directory, "sub"),
      model: "m2",
      provider: "p",
      resume: { kind: "named", idOrTitle: "talk" },
      toolsets: ["files"],
      requireMcp: ["fs"],
      signal: expect.any(AbortSignal),
      maxSteps: 3,
      ephemeral: false,
      approval: "ask",
      allow: ["ls"],
    },
  ]);
});

test("chat -q streams its answer at a terminal and names the session", async () => {
  const run = start(["chat", "-q", "hi"], { turn: answer("hello") }, { stdin: "tty", columns: 80 });
  expect(await run.code).toBe(0);
  expect(run.stdout()).toBe("hello\n");
  expect(run.stderr()).toBe("\x1b[2msession s1, 0 tokens in, 0 out\x1b[22m\n");
});

test("chat -q into a pipe prints the whole answer once", async () => {
  const run = start(["chat", "-q", "hi"], { turn: answer("hello") });
  expect(await finish(run)).toEqual([0, "hello\n", "session s1, 0 tokens in, 0 out\n"]);
});

test("chat -q shows at a terminal that half an answer was discarded", async () => {
  const turn: NonNullable<FakeAppParts["turn"]> = async function* (message, signal) {
    const events: readonly TurnEvent[] = [
      { type: "item-start", item: { type: "assistant-message", id: "x", text: "" } },
      { type: "item-delta", itemId: "x", channel: "text", delta: "hel\x1b[2J" },
      { type: "item-reset", itemIds: ["x"] },
    ];
    yield* events;
    yield* answer("hello")(message, signal);
  };
  const run = start(["chat", "-q", "hi", "--quiet"], { turn }, { stdin: "tty", columns: 80 });
  expect(await run.code).toBe(0);
  expect(run.stdout()).toBe("hel\nhello\n");
});

test("hermes without a command needs a terminal", async () => {
  expect(await finish(start([]))).toEqual([
    2,
    "",
    "error: An interactive session needs a terminal, stdin is none (usage/invalid)\nhint: run one turn with hermes -z 'PROMPT'\n",
  ]);
});

test("usage errors of a turn are its terminal event, too", async () => {
  for (const argv of [
    ["-z", "hi", "--json", "--max-turns", "no"],
    ["-z", "hi", "--json", "--nope"],
    ["-z", "", "--json"],
  ]) {
    const run = start(argv);
    expect(await run.code).toBe(2);
    expect(run.events()).toMatchObject([
      { type: "turn.failed", turn_id: null, error: { code: "usage/invalid" } },
    ]);
  }
});

test("an unexpected throw is a bug with a stack under --debug", async () => {
  const turn: NonNullable<FakeAppParts["turn"]> = async function* () {
    yield { type: "turn-start", turnId: "t1" };
    throw new Error("boom");
  };
  const run = start(["-z", "hi", "--debug"], { turn });
  expect(await run.code).toBe(1);
  expect(run.stderr()).toContain("caused by Error: boom");
  expect(run.stderr()).toEndWith(
    "error: Unexpected error: boom (internal/bug)\nhint: run again with --debug and report the stack\n",
  );
});
