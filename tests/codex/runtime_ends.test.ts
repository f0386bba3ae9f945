import { expect, test } from "bun:test";
import { noUsage, type TurnEvent } from "../../src/core/event.ts";
import { isJsonObject } from "../../src/core/json.ts";
import type { ToolPermission } from "../../src/core/tool.ts";
import { createFakeClock, settled } from "../fakes/clock.ts";
import * as codex from "../fakes/codex_script.ts";
import type { Script, Step } from "../fakes/codex_server.ts";
import { createFakeTool, ok } from "../fakes/tool.ts";
import { createRig, limits, type Rig, thinkingApprover, type TurnOptions } from "./rig.ts";
import { begun, cutOff, ended, failure, finished, said, started, told } from "./told.ts";

const command = "make all";
const message = "Hello there.";
const noTokens: TurnEvent = { type: "usage", usage: noUsage };
const interrupted: TurnEvent = { type: "turn-end", outcome: { status: "interrupted" } };

/** A turn in which the model has begun to write, and nothing more comes. */
const writing: Script = [
  ...codex.turnStarted,
  ...codex.message(message).slice(0, 2),
  { do: "wait" },
];

/** The methods that a codex was called with. */
function called(rig: Rig, run = 1): readonly string[] {
  return rig.sent(run).flatMap(({ method }) => (typeof method === "string" ? [method] : []));
}

/** Aborts when the given event has come. */
function abortedAt(type: TurnEvent["type"]): TurnOptions {
  const stop = new AbortController();
  return {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === type) stop.abort();
    },
  };
}

test("a turn without codex begins and fails", async () => {
  await using rig = createRig([codex.scenario()], { failures: [noProgram()] });
  expect(told(await rig.play())).toEqual([
    { type: "turn-start", turnId: "t-1" },
    failure("codex/missing", "The codex program cannot be started (ENOENT): /usr/bin/codex"),
  ]);
  expect(told(await rig.play()).at(-1)).toEqual(finished(message)[1]);
});

function noProgram(): Error {
  return Object.assign(new Error("spawn ENOENT"), { code: "ENOENT" });
}

test("a codex without a sign-in is not asked anything", async () => {
  const signedOut = codex.reply({ account: null, requiresOpenaiAuth: true });
  await using rig = createRig([codex.scenario({ "account/read": [[signedOut]] })]);
  expect(told(await rig.play())).toEqual([
    { type: "turn-start", turnId: "t-1" },
    failure("auth/missing", "codex is not signed in"),
  ]);
  expect(called(rig)).toEqual(["initialize", "initialized", "config/read", "account/read"]);
});

test("nobody waits for an account that codex cannot read", async () => {
  const refused = codex.scenario({
    "account/read": [[{ do: "refuse", code: -32_603, message: "workspace routing" }]],
  });
  await using rig = createRig([refused]);
  expect(told(await rig.play()).at(-1)).toEqual(finished(message)[1]);
});

test("a configuration that codex cannot read is its own failure, with codex's words", async () => {
  const text = "failed to load configuration: /home/me/.codex/config.toml:3:7: invalid string";
  const broken = codex.scenario({
    "config/read": [[{ do: "refuse", code: -32_600, message: text }]],
  });
  await using rig = createRig([broken]);
  expect(told(await rig.play()).at(-1)).toEqual(
    failure(
      "codex/config_invalid",
      "codex cannot read its configuration: /home/me/.codex/config.toml:3:7: invalid string",
    ),
  );
});

test("a server that codex's own configuration requires is missing, and told with the reason", async () => {
  const text =
    "error creating thread: Fatal error: Failed to initialize session: " +
    "required MCP servers failed to initialize: lab: No such file or directory (os error 2)";
  const broken = codex.scenario({
    "thread/start": [[{ do: "refuse", code: -32_603, message: text }]],
  });
  await using rig = createRig([broken]);
  expect(told(await rig.play()).at(-1)).toEqual(
    failure(
      "mcp/unavailable",
      "codex cannot start MCP servers that its config.toml requires: lab: No such file or directory (os error 2)",
    ),
  );
});

test("a codex that ends at its start says why, in its last words", async () => {
  const start: Script = [
    { do: "log", text: "\u001b[31mError\u001b[0m: `untrusted` is no longer supported" },
    { do: "log", text: "remove this setting from config.toml, hunter2" },
    { do: "exit", code: 1 },
  ];
  await using rig = createRig([codex.scenario({ start: [start] })]);
  const turn = await rig.play();
  expect(told(turn)).toEqual([
    { type: "turn-start", turnId: "t-1" },
    failure(
      "codex/config_invalid",
      [
        "codex ended with exit code 1 while it started",
        "codex: Error: `untrusted` is no longer supported",
        "codex: remove this setting from config.toml, ***",
      ].join("\n"),
    ),
  ]);
  expect(turn.endedAt).toBe(0);
});

test("a codex that knows no app-server is too old", async () => {
  const start: Script = [
    { do: "log", text: "error: unexpected argument 'app-server' found" },
    { do: "exit", code: 2 },
  ];
  await using rig = createRig([codex.scenario({ start: [start] })]);
  expect(told(await rig.play()).at(-1)).toMatchObject({
    outcome: { status: "failed", error: { code: "codex/too_old" } },
  });
});

test("only what codex said in this turn explains its death, and no MCP server's sign-in", async () => {
  const first: Script = [
    { do: "log", text: "refresh token has expired" },
    ...codex.turn(codex.message(message)),
  ];
  const second: Script = [
    ...codex.turnStarted,
    { do: "log", text: "rmcp: unauthorized" },
    { do: "die", signal: "SIGSEGV" },
  ];
  const third: Script = [
    ...codex.turnStarted,
    { do: "log", text: "Your refresh token has expired. Please log in again" },
    { do: "exit", code: 1 },
  ];
  await using rig = createRig([
    codex.scenario({ "turn/start": [first, second] }),
    codex.scenario({ "turn/start": [third] }),
  ]);
  const last = async () => told(await rig.play()).at(-1);
  expect([await last(), await last(), await last()]).toEqual([
    finished(message)[1],
    failure(
      "codex/exited",
      "codex ended with SIGSEGV in the middle of a turn\ncodex: rmcp: unauthorized",
    ),
    failure(
      "auth/rejected",
      "codex ended with exit code 1 in the middle of a turn\ncodex: Your refresh token has expired. Please log in again",
    ),
  ]);
});

test("a failure of the model is the turn's, and codex goes on; one of the sign-in needs a new codex", async () => {
  const failed = (codexErrorInfo: string, text: string): Script => [
    ...codex.turnStarted,
    ...codex.message("I beg"),
    codex.turnCompleted("failed", { message: text, codexErrorInfo }),
  ];
  await using rig = createRig([
    codex.scenario({
      "turn/start": [
        failed("usageLimitExceeded", "You have hit your limit"),
        failed("unauthorized", "Sign in again"),
      ],
    }),
    codex.scenario(),
  ]);
  expect(told(await rig.play())).toEqual([
    started(),
    ...said("I beg"),
    noTokens,
    failure("model/quota", "You have hit your limit", ["cx-turn-1-1-msg-1"]),
  ]);
  expect(told(await rig.play()).at(-1)).toEqual(
    failure("auth/rejected", "Sign in again", ["cx-turn-1-2-msg-1"]),
  );
  expect(told(await rig.play()).at(-1)).toEqual(finished(message)[1]);
  expect(called(rig, 2)).toContain("thread/resume");
});

test("a stream that the model's server cut is no end of codex", async () => {
  const error = {
    message: "stream disconnected before completion",
    codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: null } },
  };
  const script: Script = [...codex.turnStarted, codex.turnCompleted("failed", error)];
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  const turn = await rig.play();
  expect(told(turn).at(-1)).toEqual(
    failure("stream/no_terminal_event", "stream disconnected before completion"),
  );
  expect(turn.endedAt).toBe(0);
});

test("a message that codex does not take is the caller's mistake", async () => {
  const refused: Script = [
    { do: "refuse", code: -32_602, message: "Input exceeds the maximum length" },
  ];
  await using rig = createRig([codex.scenario({ "turn/start": [refused] })]);
  expect(told(await rig.play())).toEqual([
    started(),
    failure("usage/invalid", "codex refused the message: Input exceeds the maximum length"),
  ]);
});

test("a turn that codex does not name cannot be heard, and fails at once", async () => {
  const nameless: Script = [codex.reply({ turn: null }), ...codex.turn().slice(1)];
  await using rig = createRig([codex.scenario({ "turn/start": [nameless] })]);
  const turn = await rig.play();
  expect(told(turn).at(-1)).toMatchObject({ outcome: { error: { code: "stream/invalid" } } });
  expect(turn.endedAt).toBe(0);
});

test("the end of a command that trails the end of its turn is waited for", async () => {
  const script: Script = [
    ...codex.turnStarted,
    codex.commandStarted(command),
    ...codex.message(message),
    codex.turnCompleted(),
    codex.commandCompleted({ command, output: "late\n" }),
  ];
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  const turn = await rig.play();
  expect(told(turn)).toEqual([
    started(),
    begun(command),
    ...said(message),
    ended(command, { output: "late\n" }),
    ...finished(message),
  ]);
  expect(turn.endedAt).toBe(0);
});

test("a command that is not reported to end is not waited for for long", async () => {
  const script: Script = [
    ...codex.turnStarted,
    codex.commandStarted(command),
    ...codex.message(message),
    codex.turnCompleted(),
  ];
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  const turn = await rig.play();
  expect(told(turn)).toEqual([
    started(),
    begun(command),
    ...said(message),
    ended(command, { exitCode: null, status: "in_progress" }),
    ...finished(message),
  ]);
  expect(turn.endedAt).toBe(250);
});

test("codex may die when it has completed the turn: the answer counts", async () => {
  const script: Script = [
    ...codex.turnStarted,
    codex.commandStarted(command),
    ...codex.message(message),
    codex.turnCompleted(),
    { do: "die", signal: "SIGKILL" },
  ];
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  expect(told(await rig.play()).at(-1)).toEqual(finished(message)[1]);
});

const manyDeltas = 100_000;

/** A turn of very many pieces, and what comes after it. */
function flood(...end: Script): Script {
  const answer = codex.message("done");
  const delta = codex.tell("item/agentMessage/delta", { itemId: "msg-1", delta: "x" });
  return [
    ...codex.turnStarted,
    ...answer.slice(0, 1),
    { do: "repeat", times: manyDeltas, steps: [delta] },
    ...answer.slice(-1),
    codex.turnCompleted(),
    ...end,
  ];
}

test("100,000 pieces arrive, all of them", async () => {
  await using rig = createRig([codex.scenario({ "turn/start": [flood()] })]);
  const { events } = await rig.play();
  expect(events.filter(({ type }) => type === "item-delta").length).toBe(manyDeltas);
  expect(events.at(-1)).toEqual({
    type: "turn-end",
    outcome: { status: "completed", finalText: "done" },
  });
});

test("an answer that was finished just before the exit is not lost, however slow its reader", async () => {
  await using rig = createRig([codex.scenario({ "turn/start": [flood({ do: "exit", code: 0 })] })]);
  const stream = rig.runtime.runTurn(rig.request(), new AbortController().signal);
  let last: TurnEvent | undefined;
  let seen = 0;
  for await (const event of stream) {
    last = event;
    // Longer than a program is given whose pipe nobody writes to any more.
    if (seen++ % 20_000 === 0) await rig.clock.advance(1_000);
  }
  expect(last).toEqual({
    type: "turn-end",
    outcome: { status: "completed", finalText: "done" },
  });
});

test("a reader that stands still makes no silence of codex", async () => {
  await using rig = createRig([codex.scenario({ "turn/start": [flood()] })]);
  const stream = rig.runtime.runTurn(rig.request(), new AbortController().signal);
  let last: TurnEvent | undefined;
  let seen = 0;
  for await (const event of stream) {
    last = event;
    // Longer than codex may be silent while its model thinks, and not as long as a turn may take.
    if (seen++ === 2_000) await rig.clock.advance(limits.thinkingMs + 60_000);
  }
  expect(last).toMatchObject({ outcome: { status: "completed" } });
});

test("an abort does not wait for what the last turn left to end", async () => {
  const hang: Script = [...codex.turnStarted, { do: "hang" }];
  await using rig = createRig([codex.scenario({ "turn/start": [hang] }), codex.scenario()]);
  const abortAfter = async (ms: number) => {
    const stop = new AbortController();
    const at = rig.clock.monotonic() + ms;
    void rig.clock.sleep(ms).then(() => stop.abort());
    const { events, endedAt } = await rig.play({ signal: stop.signal });
    return [events.at(-1), endedAt - at <= 250];
  };
  expect(await abortAfter(1_000)).toEqual([interrupted, true]);
  expect(await abortAfter(100)).toEqual([interrupted, true]);
});

test("a caller that listens no more ends the turn, and the next one goes on in the same codex", async () => {
  await using rig = createRig([
    codex.scenario({ "turn/start": [writing, codex.turn(codex.message(message))] }),
  ]);
  const leave = async (): Promise<void> => {
    const stream = rig.runtime.runTurn(rig.request(), new AbortController().signal);
    for await (const event of stream) if (event.type === "item-delta") break;
  };
  await rig.drive(leave());
  expect(told(await rig.play()).at(-1)).toEqual(finished(message)[1]);
  expect(called(rig).slice(5)).toEqual(["turn/start", "turn/interrupt", "turn/start"]);
});

test("an abort keeps what was said, and the next turn goes on in the same codex", async () => {
  await using rig = createRig([
    codex.scenario({ "turn/start": [writing, codex.turn(codex.message(message))] }),
  ]);
  expect(told(await rig.play(abortedAt("item-delta")))).toEqual([
    started(),
    ...said(message).slice(0, 2),
    cutOff("Hello "),
    noTokens,
    interrupted,
  ]);
  expect(told(await rig.play({ turnId: "t-2" }))).toEqual([
    started("thread-1", "t-2"),
    ...said(message, "cx-turn-1-2-msg-1"),
    ...finished(message),
  ]);
  expect(rig.codex.processes.length).toBe(1);
});

test("an interrupt that comes before codex has begun the turn is sent again", async () => {
  const refuse = { do: "refuse", code: -32_600, message: "no active turn to interrupt" } as const;
  const healthy = codex.healthy["turn/interrupt"]?.[0] ?? [];
  await using rig = createRig([
    codex.scenario({ "turn/start": [writing], "turn/interrupt": [[refuse], [refuse], healthy] }),
  ]);
  const turn = await rig.play(abortedAt("item-delta"));
  expect([told(turn).at(-1), turn.endedAt]).toEqual([interrupted, 50]);
});

test("a turn that codex does not end is not there for the next one to fall into", async () => {
  const deaf = codex.scenario({ "turn/start": [writing], "turn/interrupt": [[codex.reply({})]] });
  await using rig = createRig([deaf, codex.scenario()]);
  const turn = await rig.play(abortedAt("item-delta"));
  expect([told(turn).at(-1), turn.endedAt]).toEqual([interrupted, 200]);
  expect(told(await rig.play()).at(-1)).toEqual(finished(message)[1]);
  expect(called(rig, 2)).toContain("thread/resume");
  expect(rig.exits[0]).toEqual({ code: 0, signal: null });
});

test("a codex that cannot end commands is ended with them", async () => {
  const refuse = { do: "refuse", code: -32_600, message: "unknown variant" } as const;
  const running: Script = [...codex.turnStarted, codex.commandStarted(command), { do: "wait" }];
  await using rig = createRig([
    codex.scenario({
      "turn/start": [running],
      "thread/backgroundTerminals/clean": [[refuse]],
    }),
    codex.scenario(),
  ]);
  expect(told(await rig.play(abortedAt("item-start"))).at(-1)).toEqual(interrupted);
  await settled();
  expect(rig.exits[0]).toEqual({ code: 0, signal: null });
});

test("a turn that was aborted before it began starts nothing", async () => {
  await using rig = createRig([codex.scenario()]);
  expect(told(await rig.play({ signal: AbortSignal.abort() }))).toEqual([
    { type: "turn-start", turnId: "t-1" },
    interrupted,
  ]);
  expect(rig.codex.processes).toEqual([]);
});

test("an abort while the thread is opened ends codex", async () => {
  await using rig = createRig([codex.scenario({ "thread/start": [[]] })]);
  const stop = new AbortController();
  const playing = rig.play({ signal: stop.signal });
  while (!called(rig).includes("thread/start")) await settled();
  stop.abort();
  const turn = await playing;
  expect(told(turn)).toEqual([{ type: "turn-start", turnId: "t-1" }, interrupted]);
  await settled();
  expect(rig.exits[0]).toEqual({ code: 0, signal: null });
});

test("the turn's own limit ends it, and what codex calls it does not matter", async () => {
  const running: Script = [...codex.turnStarted, codex.commandStarted(command), { do: "wait" }];
  await using rig = createRig([codex.scenario({ "turn/start": [running] })]);
  const turn = await rig.play();
  expect(told(turn)).toEqual([
    started(),
    begun(command),
    ended(command, { exitCode: null, status: "interrupted" }),
    noTokens,
    failure("turn/deadline", "The turn did not end within 600 s"),
  ]);
  expect(turn.endedAt).toBe(limits.turnMs);
  expect(called(rig).slice(-2)).toEqual(["turn/interrupt", "thread/backgroundTerminals/clean"]);
});

test("without a network codex is not waited for for ever", async () => {
  const offline = codex.tell("error", {
    willRetry: true,
    error: {
      message: "Reconnecting... waiting for network",
      codexErrorInfo: { httpConnectionFailed: { httpStatusCode: null } },
    },
  });
  const script: Script = [...codex.turnStarted, offline, { do: "wait" }];
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  const turn = await rig.play();
  expect(told(turn).at(-1)).toEqual(
    failure("network/unreachable", "codex has tried for 60 s and reaches no model"),
  );
  expect(turn.endedAt).toBe(limits.offlineMs);
});

test("a runtime that is closed in the middle of a turn ends it and codex at once", async () => {
  const rig = createRig([
    codex.scenario({
      "turn/start": [
        [...codex.turnStarted, codex.commandStarted(command), codex.askForCommand(0, command)],
      ],
    }),
  ]);
  const approver = thinkingApprover();
  const playing = rig.play({ approver });
  await settled();
  const closedAt = rig.clock.monotonic();
  await rig[Symbol.asyncDispose]();
  const turn = await playing;
  expect(told(turn)).toEqual([
    started(),
    begun(command),
    ended(command, { exitCode: null, status: "interrupted" }),
    noTokens,
    interrupted,
  ]);
  expect([turn.endedAt, approver.open(), rig.clock.sleeping()]).toEqual([closedAt, 0, 0]);
  expect(rig.exits).toEqual([
    { code: 0, signal: null },
    { code: 0, signal: null },
  ]);
  expect(told(await rig.play())).toEqual([{ type: "turn-start", turnId: "t-1" }, interrupted]);
});

test("a runtime that is closed while codex starts leaves none", async () => {
  const rig = createRig([codex.scenario({ initialize: [[]] })]);
  const playing = rig.play();
  while (called(rig).length === 0) await settled();
  await rig[Symbol.asyncDispose]();
  expect(told(await playing).at(-1)).toEqual(interrupted);
  expect([rig.exits.includes(undefined), rig.clock.sleeping()]).toEqual([false, 0]);
});

test("a codex that dies between turns is replaced, and what it left is ended", async () => {
  const dying: Script = [
    ...codex.turn(codex.message(message)),
    codex.askForCommand("late", command),
    codex.awaitAnswer("late"),
    { do: "die", signal: "SIGKILL" },
  ];
  await using rig = createRig([codex.scenario({ "turn/start": [dying] }), codex.scenario()]);
  await rig.play();
  await settled();
  expect(told(await rig.play({ turnId: "t-2" }))).toEqual([
    started("thread-1", "t-2"),
    ...said(message, "cx-turn-2-1-msg-1"),
    ...finished(message),
  ]);
  expect(rig.files.paths().filter((path) => path.endsWith(".json")).length).toBe(1);
});

test("what codex asks while its turn is being ended is answered, and nobody is asked", async () => {
  const ending: Script = [
    codex.reply({}),
    codex.askForCommand(1, command),
    codex.awaitAnswer(1),
    codex.ask(2, "item/tool/requestUserInput", {
      itemId: "call-1",
      questions: [{ id: "q", header: "Colour", question: "Which one?" }],
    }),
    codex.awaitAnswer(2),
    { do: "stop-turn" },
    codex.turnCompleted("interrupted"),
  ];
  await using rig = createRig([
    codex.scenario({ "turn/start": [writing], "turn/interrupt": [ending] }),
  ]);
  const approver = thinkingApprover();
  const asked: string[] = [];
  const turn = await rig.play({
    approver,
    ask: ({ question }) => {
      asked.push(question);
      return Promise.resolve("red");
    },
    ...abortedAt("item-delta"),
  });
  expect([told(turn).at(-1), turn.endedAt, approver.asked(), asked]).toEqual([
    interrupted,
    0,
    0,
    [],
  ]);
  expect(rig.sent().slice(-2)).toEqual([
    { id: 1, result: { decision: "cancel" } },
    { id: 2, result: { answers: {} } },
  ]);
});

test("a question before the turn disappears with the codex that asked it", async () => {
  const dying: Script = [
    codex.askForCommand(0, command),
    codex.askForCommand(1, command),
    codex.resolved(1),
    codex.ask(2, "future/request"),
    codex.awaitAnswer(2),
    { do: "exit", code: 1 },
  ];
  await using rig = createRig([codex.scenario({ "thread/start": [dying] })]);
  const approver = thinkingApprover();
  const turn = await rig.play({ approver });
  expect(told(turn)).toEqual([
    { type: "turn-start", turnId: "t-1" },
    failure("codex/exited", "codex ended with exit code 1 while it opened the session"),
  ]);
  expect([turn.endedAt, approver.open(), approver.asked()]).toEqual([0, 0, 2]);
});

test("two questions with one id are both answered, and both withdrawn", async () => {
  const asked = (rest: Script): Script => [
    ...codex.turnStarted,
    codex.askForCommand(0, "touch a"),
    codex.askForCommand(0, "touch b"),
    ...rest,
  ];
  await using rig = createRig([
    codex.scenario({
      "turn/start": [
        asked([codex.resolved(0), ...codex.message(message), codex.turnCompleted()]),
        asked([{ do: "wait" }]),
      ],
    }),
  ]);
  const approver = thinkingApprover();
  expect(told(await rig.play({ approver })).at(-1)).toEqual(finished(message)[1]);
  expect([approver.open(), approver.asked()]).toEqual([0, 2]);
  const stop = new AbortController();
  const playing = rig.play({ approver, signal: stop.signal });
  while (approver.asked() < 4) await settled();
  stop.abort();
  await playing;
  expect([approver.open(), approver.asked()]).toEqual([0, 4]);
  const answers = rig.sent().filter(({ id, method }) => id === 0 && method === undefined);
  expect(answers.map(({ result }) => (isJsonObject(result) ? result["decision"] : result))).toEqual(
    ["cancel", "cancel"],
  );
});

test("the account may be silent without a turn failing", async () => {
  await using rig = createRig([codex.scenario({ "account/read": [[]] })]);
  const turn = await rig.play();
  expect(told(turn).at(-1)).toEqual(finished(message)[1]);
  expect(turn.endedAt).toBe(10_000);
});

test("a tool of ours that runs is stopped with its turn", async () => {
  const script: Script = [
    ...codex.turnStarted,
    codex.ask(0, "item/tool/call", { callId: "c-1", tool: "wait", arguments: {} }),
    { do: "wait" },
  ];
  const clock = createFakeClock();
  const running = { count: 0 };
  const wait = createFakeTool("wait", async (_input, { signal }) => {
    running.count++;
    try {
      await clock.sleep(60_000, signal);
    } finally {
      running.count--;
    }
    return { text: "", isError: false };
  });
  await using rig = createRig([codex.scenario({ "turn/start": [script] })], { tools: [wait] });
  const stop = new AbortController();
  const playing = rig.play({ signal: stop.signal });
  while (running.count === 0) await settled();
  stop.abort();
  expect(told(await playing).at(-1)).toEqual(interrupted);
  expect(running.count).toBe(0);
});

/** What never comes to an end, whatever happens. */
const deaf = (): Promise<never> => Promise.withResolvers<never>().promise;
const permission = (): ToolPermission => ({
  kind: "ask",
  request: {
    subject: { kind: "tool", name: "strict", arguments: {} },
    reason: "It changes things",
    key: "strict",
  },
});
const tools = [
  createFakeTool("busy", deaf),
  createFakeTool("undecided", () => ok("done"), { permission: deaf }),
  createFakeTool("strict", () => ok("done"), { permission }),
  createFakeTool("clarify", async (_input, context) =>
    ok((await context.ask({ question: "Which one?", choices: [] })) ?? "nobody"),
  ),
];

function callOf(tool: string): Step {
  return codex.ask(0, "item/tool/call", { callId: "c-1", tool, arguments: {} });
}

const question = codex.ask(0, "item/tool/requestUserInput", {
  itemId: "call-1",
  questions: [{ id: "q", header: "Colour", question: "Which one?" }],
});

function toolAnswer(success: boolean, text: string) {
  return { success, contentItems: [{ type: "inputText", text }] };
}

test.each([
  ["an approver", codex.askForCommand(0, command), { decision: "cancel" }],
  ["a person", question, { answers: {} }],
  ["a tool", callOf("busy"), toolAnswer(false, "Interrupted")],
  ["a tool that makes up its mind", callOf("undecided"), toolAnswer(false, "Interrupted")],
  ["a tool's approver", callOf("strict"), toolAnswer(false, "Interrupted")],
  ["a person asked by a tool", callOf("clarify"), toolAnswer(false, "Interrupted")],
])("%s that does not heed an abort holds up nothing", async (_name, asked, answer) => {
  const asking: Script = [...codex.turnStarted, asked, { do: "wait" }];
  const healthy = codex.turn(codex.message(message));
  const rig = createRig([codex.scenario({ "turn/start": [asking, healthy, asking] })], { tools });
  const nobody = { approver: { decide: deaf }, ask: deaf };
  const stop = new AbortController();
  const playing = rig.play({ ...nobody, signal: stop.signal });
  while (called(rig).at(-1) !== "turn/start") await settled();
  await settled();
  const stoppedAt = rig.clock.monotonic();
  stop.abort();
  const turn = await playing;
  expect([told(turn).at(-1), turn.endedAt]).toEqual([interrupted, stoppedAt]);
  const interrupt = { threadId: "thread-1", turnId: "turn-1-1" };
  expect(rig.sent().slice(-2)).toMatchObject([
    { id: 0, result: answer },
    { method: "turn/interrupt", params: interrupt },
  ]);
  expect(told(await rig.play(nobody)).at(-1)).toEqual(finished(message)[1]);
  // Nor does it hold up the end of everything.
  const last = rig.play(nobody);
  await settled();
  await rig[Symbol.asyncDispose]();
  expect(told(await last).at(-1)).toEqual(interrupted);
  expect(rig.exits.includes(undefined)).toBe(false);
});

test("a tool's call that codex has settled by itself is not answered", async () => {
  const script = codex.turn(callOf("busy"), codex.resolved(0), codex.message(message));
  await using rig = createRig([codex.scenario({ "turn/start": [script] })], { tools });
  expect(told(await rig.play()).at(-1)).toEqual(finished(message)[1]);
  expect(rig.sent().at(-1)).toMatchObject({ method: "turn/start" });
});

test.each([
  ["strict", "done"],
  ["clarify", "this"],
])("while somebody thinks about what the tool %s asks, no time passes", async (tool, text) => {
  const script = codex.turn(callOf(tool), codex.awaitAnswer(0), codex.message(message));
  await using rig = createRig([codex.scenario({ "turn/start": [script] })], { tools });
  const thinking = async <Word>(word: Word): Promise<Word> => {
    await rig.clock.sleep(limits.turnMs + 50);
    return word;
  };
  const turn = await rig.play({
    approver: { decide: () => thinking({ decision: "allow_once", by: "user" }) },
    ask: () => thinking("this"),
  });
  expect([told(turn).at(-1), turn.endedAt]).toEqual([finished(message)[1], limits.turnMs + 50]);
  expect(rig.sent().at(-1)).toEqual({ id: 0, result: toolAnswer(true, text) });
});

/** More than is held back of what codex tells of a thread. */
function tooMuchOf(threadId: string): Step {
  const step = codex.notify("thread/status/changed", { threadId });
  return { do: "repeat", times: 10_001, steps: [step] };
}

test("a codex that tells too much before it names the turn is given up", async () => {
  await using rig = createRig([
    codex.scenario({ "thread/start": [[tooMuchOf("thread-0"), { do: "wait" }]] }),
    codex.scenario({ "turn/start": [[tooMuchOf("thread-2"), { do: "wait" }]] }),
    codex.scenario(),
  ]);
  const tooMuch = failure(
    "stream/invalid",
    "codex said more than 10000 things or 64 MB before it named the turn",
  );
  const first = await rig.play();
  expect(told(first)).toEqual([{ type: "turn-start", turnId: "t-1" }, tooMuch]);
  const second = await rig.play();
  expect(told(second)).toEqual([started("thread-2"), tooMuch]);
  expect(told(await rig.play()).at(-1)).toEqual(finished(message)[1]);
  expect([first.endedAt, second.endedAt, rig.codex.processes.length]).toEqual([0, 0, 3]);
  expect(rig.exits[0]).toEqual({ code: 0, signal: null });
});

test("what other threads tell before codex names the turn is not held back", async () => {
  const [turnStarted = []] = codex.healthy["turn/start"] ?? [];
  const script: Script = [tooMuchOf("thread-0"), ...turnStarted];
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  expect(told(await rig.play())).toEqual([started(), ...said(message), ...finished(message)]);
});
