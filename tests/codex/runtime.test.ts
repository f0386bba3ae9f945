import { expect, test } from "bun:test";
import type { ApprovalVerdict, Approver } from "../../src/core/approval.ts";
import { noUsage } from "../../src/core/event.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";
import { settled } from "../fakes/clock.ts";
import * as codex from "../fakes/codex_script.ts";
import { createFakeTool, ok } from "../fakes/tool.ts";
import { approverOf, createRig, type Rig, thinkingApprover, userMessage, limits } from "./rig.ts";
import { begun, ended, failure, finished, said, started, startedWithTools, told } from "./told.ts";

const command = "touch /etc/motd";
const subject = { kind: "command", command, cwd: "/project" } as const;
const message = "Hello there.";

const declined: JsonObject = {
  type: "commandExecution",
  id: "call-1",
  command: `/bin/bash -lc '${command}'`,
  cwd: "/project",
  status: "declined",
  aggregatedOutput: null,
  exitCode: null,
};

/** A turn in which codex asks for a command, and goes on as it is answered. */
const asking = codex.turn(
  codex.commandStarted(command),
  codex.askForCommand(0, command),
  codex.awaitAnswer(0, {
    accept: [codex.resolved(0), codex.commandCompleted({ command, output: "done\n" })],
    decline: [codex.resolved(0), codex.tell("item/completed", { item: declined })],
    // Codex would end the turn by itself; here it waits to be asked.
    cancel: [{ do: "wait" }],
  }),
  codex.message(message),
);

/** What codex was called with, and the answers that it got: `3 -> {...}`. */
function calls(rig: Rig, run = 1): readonly (readonly [string, Json | undefined])[] {
  return rig
    .sent(run)
    .map(({ id, method, params, result, error }) =>
      typeof method === "string"
        ? [method, params]
        : [`answer to ${JSON.stringify(id)}`, result ?? error],
    );
}

const hi = [{ type: "text", text: "Hi" }];
/** What codex's commands are found by. */
const marked = { "shell_environment_policy.set.HERMES_CODEX_RUN": expect.any(String) as string };

test("a turn opens a thread, and the next one goes on in it", async () => {
  await using rig = createRig([codex.scenario()]);
  expect(told(await rig.play())).toEqual([started(), ...said(message), ...finished(message)]);
  const next = await rig.play({ turnId: "t-2", message: userMessage("Again") });
  expect(told(next)).toEqual([
    started("thread-1", "t-2"),
    ...said(message, "cx-turn-1-2-msg-1"),
    ...finished(message),
  ]);
  expect(calls(rig)).toEqual([
    [
      "initialize",
      {
        clientInfo: { name: "hermes", title: "Hermes Agent", version: "1.0.0" },
        capabilities: { experimentalApi: true },
      },
    ],
    ["initialized", undefined],
    ["config/read", { cwd: "/project" }],
    ["account/read", { refreshToken: false }],
    ["thread/start", { developerInstructions: "Be brief.", config: marked }],
    ["turn/start", { threadId: "thread-1", input: hi }],
    ["turn/start", { threadId: "thread-1", input: [{ type: "text", text: "Again" }] }],
  ]);
  expect(rig.clock.monotonic()).toBe(0);
});

test("what the user chose goes to codex, and its own choice of a sandbox is left alone", async () => {
  const undecided = codex.reply({ config: { model: null } });
  await using rig = createRig([codex.scenario({ "config/read": [[undecided]] })], {
    model: "gpt-5.6-sol",
    effort: "high",
    serviceTier: "fast",
  });
  await rig.play({ outputSchema: { type: "object" }, instructions: "" });
  expect(calls(rig).slice(4)).toEqual([
    [
      "thread/start",
      {
        model: "gpt-5.6-sol",
        serviceTier: "fast",
        config: { ...marked, default_permissions: ":workspace" },
      },
    ],
    [
      "turn/start",
      { threadId: "thread-1", input: hi, effort: "high", outputSchema: { type: "object" } },
    ],
  ]);
});

test("a command that is allowed runs", async () => {
  await using rig = createRig([codex.scenario({ "turn/start": [asking] })]);
  const verdict: ApprovalVerdict = { decision: "allow_once", by: "user" };
  const approver = approverOf(verdict);
  expect(told(await rig.play({ approver }))).toEqual([
    started(),
    begun(command),
    { type: "approval-decided", subject, verdict },
    ended(command, { output: "done\n" }),
    ...said(message),
    ...finished(message),
  ]);
  expect(approver.asked.map((asked) => asked.subject)).toEqual([subject]);
  expect(calls(rig).at(-1)).toEqual(["answer to 0", { decision: "accept" }]);
});

test("a command that a person denies does not run, and the turn goes on", async () => {
  await using rig = createRig([codex.scenario({ "turn/start": [asking] })]);
  const verdict: ApprovalVerdict = { decision: "deny", by: "user" };
  expect(told(await rig.play({ approver: approverOf(verdict) }))).toEqual([
    started(),
    begun(command),
    { type: "approval-decided", subject, verdict },
    ended(command, { exitCode: null, status: "declined" }),
    ...said(message),
    ...finished(message),
  ]);
  expect(calls(rig).at(-1)).toEqual(["answer to 0", { decision: "decline" }]);
});

test("a turn that could not do without what the policy denied has failed", async () => {
  await using rig = createRig([codex.scenario({ "turn/start": [asking] })]);
  const verdict: ApprovalVerdict = { decision: "deny", by: "policy" };
  const turn = await rig.play({ approver: approverOf(verdict) });
  expect(told(turn)).toEqual([
    started(),
    begun(command),
    { type: "approval-decided", subject, verdict },
    ended(command, { exitCode: null, status: "declined" }),
    ...said(message),
    { type: "usage", usage: noUsage },
    failure("approval/denied", `The turn could not finish without what was denied: ${command}`, [
      "cx-turn-1-1-call-1",
      "cx-turn-1-1-msg-1",
    ]),
  ]);
  expect(turn.endedAt).toBe(0);
});

test("a tool of ours is no way around what was denied", async () => {
  const call = { type: "dynamicToolCall", id: "call-9", tool: "todo", arguments: {} };
  const script = codex.turn(
    codex.commandStarted(command),
    codex.askForCommand(0, command),
    codex.awaitAnswer(0),
    codex.commandCompleted({ command, status: "declined" }),
    codex.tell("item/started", { item: { ...call, status: "inProgress" } }),
    codex.ask(1, "item/tool/call", { callId: "call-9", tool: "todo", arguments: {} }),
    codex.awaitAnswer(1),
    codex.tell("item/completed", {
      item: { ...call, status: "completed", success: true, contentItems: [] },
    }),
    codex.message(message),
  );
  const tools = [createFakeTool("todo", () => ok("done"))];
  await using rig = createRig([codex.scenario({ "turn/start": [script] })], { tools });
  const verdict: ApprovalVerdict = { decision: "deny", by: "policy" };
  expect(told(await rig.play({ approver: approverOf(verdict) })).at(-1)).toMatchObject({
    outcome: { status: "failed", error: { code: "approval/denied" } },
  });
});

test("what an earlier turn left running ends with the next one that is interrupted", async () => {
  const leaving = [
    ...codex.turnStarted,
    codex.commandStarted(command),
    ...codex.message(message),
    codex.turnCompleted(),
  ];
  await using rig = createRig([codex.scenario({ "turn/start": [leaving, asking] })]);
  await rig.play();
  const stop = new AbortController();
  await rig.play({
    approver: thinkingApprover(),
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === "item-start") void settled().then(() => stop.abort());
    },
  });
  expect(calls(rig).at(-1)).toEqual(["thread/backgroundTerminals/clean", { threadId: "thread-1" }]);
});

test("an abort withdraws the question, answers it, and ends the turn", async () => {
  await using rig = createRig([codex.scenario({ "turn/start": [asking] })]);
  const stop = new AbortController();
  const approver = thinkingApprover();
  const turn = await rig.play({
    approver,
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === "item-start") void settled().then(() => stop.abort());
    },
  });
  expect(told(turn)).toEqual([
    started(),
    begun(command),
    ended(command, { exitCode: null, status: "interrupted" }),
    { type: "usage", usage: noUsage },
    { type: "turn-end", outcome: { status: "interrupted" } },
  ]);
  expect([turn.endedAt, approver.open(), approver.asked()]).toEqual([0, 0, 1]);
  expect(calls(rig).slice(-3)).toEqual([
    ["answer to 0", { decision: "cancel" }],
    ["turn/interrupt", { threadId: "thread-1", turnId: "turn-1-1" }],
    // The interrupt alone would leave the command running.
    ["thread/backgroundTerminals/clean", { threadId: "thread-1" }],
  ]);
});

test("a question that codex settles by itself disappears, and is not answered", async () => {
  const script = codex.turn(
    codex.commandStarted(command),
    codex.askForCommand("q-7", command),
    codex.resolved("q-7"),
    codex.commandCompleted({ command }),
    codex.message(message),
  );
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  const approver = thinkingApprover();
  expect(told(await rig.play({ approver }))).toEqual([
    started(),
    begun(command),
    ended(command),
    ...said(message),
    ...finished(message),
  ]);
  expect([approver.open(), approver.asked()]).toEqual([0, 1]);
  expect(calls(rig).at(-1)?.[0]).toBe("turn/start");
});

/** Somebody who decides about each command when the test says so. */
function decideLater() {
  const waiting = new Map<string, (verdict: ApprovalVerdict) => void>();
  const approver: Approver = {
    decide: ({ subject: asked }) =>
      new Promise((resolve) => {
        waiting.set(asked.kind === "command" ? asked.command : "", resolve);
      }),
  };
  const decide = (name: string, verdict: ApprovalVerdict): void => waiting.get(name)?.(verdict);
  return { approver, decide };
}

test("two questions are open at once, and each gets its own answer", async () => {
  const script = codex.turn(
    codex.commandStarted("touch a", "call-a"),
    codex.commandStarted("touch b", "call-b"),
    codex.askForCommand(0, "touch a", "call-a"),
    codex.askForCommand(1, "touch b", "call-b"),
    codex.awaitAnswer(1),
    codex.commandCompleted({ id: "call-b", command: "touch b" }),
    codex.awaitAnswer(0),
    codex.commandCompleted({ id: "call-a", command: "touch a" }),
    codex.message(message),
  );
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  const { approver, decide } = decideLater();
  const once: ApprovalVerdict = { decision: "allow_once", by: "user" };
  const session: ApprovalVerdict = { decision: "allow_session", by: "user" };
  const playing = rig.play({ approver });
  await settled();
  decide("touch b", session);
  await settled();
  decide("touch a", once);
  const a = "cx-turn-1-1-call-a";
  const b = "cx-turn-1-1-call-b";
  const about = (name: string) => ({ kind: "command", command: name, cwd: "/project" });
  expect(told(await playing)).toEqual([
    started(),
    begun("touch a", a),
    begun("touch b", b),
    { type: "approval-decided", subject: about("touch b"), verdict: session },
    ended("touch b", { id: b }),
    { type: "approval-decided", subject: about("touch a"), verdict: once },
    ended("touch a", { id: a }),
    ...said(message),
    ...finished(message),
  ]);
});

test("a tool of ours answers codex's model with the turn that runs", async () => {
  const call = {
    type: "dynamicToolCall",
    id: "call-9",
    tool: "todo",
    arguments: { add: "milk" },
  };
  const script = codex.turn(
    codex.tell("item/started", { item: { ...call, status: "inProgress" } }),
    codex.ask(0, "item/tool/call", {
      callId: "call-9",
      tool: "todo",
      arguments: { add: "milk" },
    }),
    codex.awaitAnswer(0),
    codex.tell("item/completed", {
      item: {
        ...call,
        status: "completed",
        success: true,
        contentItems: [{ type: "inputText", text: "1. milk" }],
      },
    }),
    codex.message(message),
  );
  const seen: unknown[] = [];
  const todo = createFakeTool("todo", (given, { sessionId, turnId, callId, cwd }) => {
    seen.push(given, { sessionId, turnId, callId, cwd });
    return ok("1. milk");
  });
  await using rig = createRig([codex.scenario({ "turn/start": [script] })], { tools: [todo] });
  const id = "cx-turn-1-1-call-9";
  const toolCall = {
    type: "tool-call",
    id,
    callId: id,
    name: "todo",
    arguments: '{"add":"milk"}',
  };
  const result = { type: "tool-result", id: `${id}-r`, callId: id, isError: false };
  expect(told(await rig.play())).toEqual([
    startedWithTools(),
    { type: "item-start", item: toolCall },
    { type: "item-end", item: toolCall },
    { type: "item-start", item: { ...result, output: "" } },
    { type: "item-end", item: { ...result, output: "1. milk" } },
    ...said(message),
    ...finished(message),
  ]);
  expect(seen).toEqual([
    { add: "milk" },
    { sessionId: "s-1", turnId: "t-1", callId: "call-9", cwd: "/project" },
  ]);
  expect(calls(rig).at(-1)).toEqual([
    "answer to 0",
    { success: true, contentItems: [{ type: "inputText", text: "1. milk" }] },
  ]);
  expect(calls(rig)[4]).toEqual([
    "thread/start",
    {
      developerInstructions: "Be brief.",
      config: marked,
      dynamicTools: [
        {
          type: "function",
          name: "todo",
          description: "The todo tool",
          inputSchema: { type: "object", properties: {} },
        },
      ],
    },
  ]);
});

test("a question of our tool may be thought about for longer than a turn may take", async () => {
  const call = { type: "dynamicToolCall", id: "call-9", tool: "clarify", arguments: {} };
  const script = codex.turn(
    codex.tell("item/started", { item: { ...call, status: "inProgress" } }),
    codex.ask(0, "item/tool/call", { callId: "call-9", tool: "clarify", arguments: {} }),
    codex.awaitAnswer(0),
    codex.tell("item/completed", {
      item: { ...call, status: "completed", success: true, contentItems: [] },
    }),
    codex.message(message),
  );
  const clarify = createFakeTool("clarify", async (_given, context) =>
    ok((await context.ask?.({ question: "Which?", choices: [] })) ?? "nobody"),
  );
  await using rig = createRig([codex.scenario({ "turn/start": [script] })], { tools: [clarify] });
  const ask = async (): Promise<string> => {
    await rig.clock.sleep(limits.turnMs + 60_000);
    return "this";
  };
  expect(told(await rig.play({ ask })).at(-1)).toEqual(finished(message)[1]);
  expect(calls(rig).at(-1)).toEqual([
    "answer to 0",
    { success: true, contentItems: [{ type: "inputText", text: "this" }] },
  ]);
});

test("a codex that refuses our tools works with its own", async () => {
  const refused = { do: "refuse", code: -32_600, message: "unknown field `dynamicTools`" } as const;
  const [accepted = []] = codex.healthy["thread/start"] ?? [];
  await using rig = createRig([codex.scenario({ "thread/start": [[refused], accepted] })], {
    tools: [createFakeTool("todo", () => ok(""))],
  });
  expect(told(await rig.play())).toEqual([
    started(),
    {
      type: "notice",
      level: "warning",
      text: "This codex takes no tools of hermes: it works with its own",
    },
    ...said(message),
    ...finished(message),
  ]);
  expect(calls(rig).slice(5)).toEqual([
    ["thread/start", { developerInstructions: "Be brief.", config: marked }],
    ["turn/start", { threadId: "thread-1", input: hi }],
  ]);
});

test("questions of the model are put to the person, one after the other", async () => {
  const question = (id: string, text: string) => ({
    id,
    header: id,
    question: text,
    isSecret: false,
    options: null,
  });
  const script = codex.turn(
    codex.ask(0, "item/tool/requestUserInput", {
      itemId: "call-1",
      questions: [question("Colour", "Which one?"), question("Size", "How big?")],
    }),
    codex.awaitAnswer(0),
    codex.message(message),
  );
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  const asked: string[] = [];
  await rig.play({
    ask: (put) => {
      asked.push(put.question);
      return Promise.resolve(`answer ${asked.length}`);
    },
  });
  expect(asked).toEqual(["Colour: Which one?", "Size: How big?"]);
  expect(calls(rig).at(-1)).toEqual([
    "answer to 0",
    { answers: { Colour: { answers: ["answer 1"] }, Size: { answers: ["answer 2"] } } },
  ]);
});

test("more that is said reaches the turn that runs, and no other", async () => {
  const script = codex.turn({ do: "await-call", method: "turn/steer" }, codex.message(message));
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  const more = userMessage("And this");
  const { signal } = new AbortController();
  expect(await rig.runtime.steer(more, signal)).toBe(false);
  const playing = rig.play();
  await settled();
  expect(await rig.runtime.steer(more, signal)).toBe(true);
  expect(told(await playing)).toEqual([started(), ...said(message), ...finished(message)]);
  expect(calls(rig).at(-1)).toEqual([
    "turn/steer",
    {
      threadId: "thread-1",
      expectedTurnId: "turn-1-1",
      input: [{ type: "text", text: "And this" }],
    },
  ]);
  expect(await rig.runtime.steer(more, signal)).toBe(false);
});

test("a turn that cannot be steered leaves the message to the next one", async () => {
  const refused = codex.scenario({
    "turn/start": [codex.turn({ do: "await-call", method: "turn/steer" }, codex.message(message))],
    "turn/steer": [[{ do: "refuse", code: -32_600, message: "no active turn to steer" }]],
  });
  await using rig = createRig([refused]);
  const playing = rig.play();
  await settled();
  expect(await rig.runtime.steer(userMessage("And this"), new AbortController().signal)).toBe(
    false,
  );
  await playing;
});

const history = [
  userMessage("What is up?"),
  { type: "assistant-message", id: "a-1", text: "Much." },
  { type: "tool-call", id: "c-1", callId: "c-1", name: "terminal", arguments: "{}" },
  { type: "tool-result", id: "r-1", callId: "c-1", output: "x", isError: false },
] as const;

test("a session goes on in the thread that it had, with nothing told twice", async () => {
  await using rig = createRig([codex.scenario()]);
  const turn = await rig.play({ runtimeState: "thread-of-before", history });
  expect(told(turn)).toEqual([
    startedWithTools("thread-of-before"),
    ...said(message),
    ...finished(message),
  ]);
  expect(calls(rig).slice(4)).toEqual([
    [
      "thread/resume",
      {
        threadId: "thread-of-before",
        cwd: "/project",
        excludeTurns: true,
        developerInstructions: "Be brief.",
        config: marked,
      },
    ],
    ["turn/start", { threadId: "thread-of-before", input: hi }],
  ]);
});

test("a thread that codex has no more is replaced by one that knows what was said", async () => {
  const lost = codex.scenario({
    "thread/resume": [[{ do: "refuse", code: -32_600, message: "no rollout found" }]],
    "thread/start": [[codex.reply({ thread: { id: "thread-new" }, model: "gpt-5.5" })]],
  });
  await using rig = createRig([lost]);
  const turn = await rig.play({ runtimeState: "thread-of-before", history });
  expect(told(turn)).toEqual([
    started("thread-new"),
    {
      type: "notice",
      level: "warning",
      text: "codex does not have this session's thread any more: a new one goes on from what was said",
    },
    ...said(message),
    ...finished(message),
  ]);
  expect(calls(rig).slice(5)).toEqual([
    ["thread/start", { developerInstructions: "Be brief.", config: marked }],
    [
      "thread/inject_items",
      {
        threadId: "thread-new",
        items: [
          { type: "message", role: "user", content: [{ type: "input_text", text: "What is up?" }] },
          {
            type: "message",
            role: "assistant",
            content: [{ type: "output_text", text: "Much." }],
          },
        ],
      },
    ],
    ["turn/start", { threadId: "thread-new", input: hi }],
  ]);
});

test("a thread that codex has and does not open is replaced with codex's own reason", async () => {
  const reason = "thread thread-of-before already has an active writer";
  const taken = codex.scenario({
    "thread/resume": [[{ do: "refuse", code: -32_600, message: reason }]],
    "thread/start": [[codex.reply({ thread: { id: "thread-new" }, model: "gpt-5.5" })]],
  });
  await using rig = createRig([taken]);
  const turn = await rig.play({ runtimeState: "thread-of-before", history });
  expect(told(turn).slice(0, 2)).toEqual([
    started("thread-new"),
    {
      type: "notice",
      level: "warning",
      text: `codex does not go on in this session's thread (${reason}): a new one goes on from what was said`,
    },
  ]);
});

function used(inputTokens: number, cachedInputTokens: number, outputTokens: number): JsonObject {
  return { inputTokens, cachedInputTokens, outputTokens, reasoningOutputTokens: 1 };
}

test("each turn counts its own tokens, and none twice", async () => {
  const first = codex.turn(
    codex.tokens(used(100, 0, 10)),
    codex.tokens(used(250, 90, 30), used(150, 90, 20)),
    codex.message(message),
  );
  const second = codex.turn(
    codex.tokens(used(600, 300, 70), used(350, 210, 40)),
    codex.message(message),
  );
  await using rig = createRig([codex.scenario({ "turn/start": [first, second] })]);
  const usages = [await rig.play(), await rig.play({ turnId: "t-2" })].map(({ events }) =>
    events.filter(({ type }) => type === "usage"),
  );
  const usage = (input: number, cached: number, output: number, reasoning: number) => ({
    type: "usage" as const,
    usage: {
      inputTokens: input,
      cachedInputTokens: cached,
      outputTokens: output,
      reasoningTokens: reasoning,
      totalTokens: input + output,
    },
  });
  expect(usages).toEqual([[usage(250, 90, 30, 1)], [usage(350, 210, 40, 0)]]);
});

test("what a retry voids is reset", async () => {
  const script = codex.turn(
    ...codex.message("Hello the", { id: "msg-0" }).slice(0, -1),
    codex.tell("error", {
      willRetry: true,
      error: {
        message: "Reconnecting... 1/5",
        codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: null } },
        additionalDetails: "stream closed before response.completed",
      },
    }),
    codex.message(message),
  );
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  const voided = "cx-turn-1-1-msg-0";
  expect(told(await rig.play())).toEqual([
    started(),
    ...said("Hello the", voided).slice(0, -1),
    { type: "item-reset", itemIds: [voided] },
    {
      type: "retry",
      attempt: 2,
      maxAttempts: 6,
      delayMs: 0,
      error: {
        code: "stream/no_terminal_event",
        message: "stream closed before response.completed",
      },
    },
    ...said(message),
    ...finished(message),
  ]);
});

test("a turn without an answer has failed", async () => {
  await using rig = createRig([codex.scenario({ "turn/start": [codex.turn()] })]);
  expect(told(await rig.play())).toEqual([
    started(),
    { type: "usage", usage: noUsage },
    failure("model/empty_answer", "The model ended the turn without an answer"),
  ]);
});

test("what is about other turns and other threads is passed over", async () => {
  const elsewhere = { threadId: "thread-of-a-helper", turnId: "turn-of-a-helper" };
  const item = { type: "agentMessage", id: "msg-x", text: "Not for you", phase: "final_answer" };
  const stale = { threadId: "$thread", turnId: "turn-of-before" };
  const done = (threadId: string, id: string) =>
    codex.notify("turn/completed", { threadId, turn: { id, status: "interrupted", error: null } });
  const script = codex.turn(
    codex.notify("item/completed", { ...elsewhere, item }),
    done("thread-of-a-helper", "turn-of-a-helper"),
    codex.notify("item/completed", { ...stale, item }),
    done("$thread", "turn-of-before"),
    codex.message(message),
  );
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  expect(told(await rig.play())).toEqual([started(), ...said(message), ...finished(message)]);
});

test("what comes before the answer to turn/start belongs to the turn", async () => {
  const [reply, ...rest] = codex.turn(
    codex.notify("warning", { message: "Model metadata is missing" }),
    codex.message(message),
  );
  if (!reply) throw new Error("A turn begins with its answer");
  const scripts = { "turn/start": [[...rest, reply]] };
  await using rig = createRig([codex.scenario(scripts)]);
  expect(told(await rig.play())).toEqual([
    started(),
    { type: "notice", level: "warning", text: "Model metadata is missing" },
    ...said(message),
    ...finished(message),
  ]);
});

test("codex may ask before there is a turn, and is answered", async () => {
  const [opened] = codex.healthy["thread/start"] ?? [];
  const asked = codex.scenario({
    "thread/start": [
      [
        codex.ask(0, "mcpServer/elicitation/request", {
          turnId: null,
          serverName: "lab",
          mode: "form",
          message: "Which one?",
          requestedSchema: { type: "object", properties: {} },
          _meta: { codex_approval_kind: "mcp_tool_call", tool_name: "start", tool_params: {} },
        }),
        codex.awaitAnswer(0),
        ...(opened ?? []),
      ],
    ],
  });
  await using rig = createRig([asked]);
  const verdict: ApprovalVerdict = { decision: "allow_once", by: "user" };
  const [first, second] = told(await rig.play({ approver: approverOf(verdict) }));
  expect(first).toEqual(started());
  expect(second).toMatchObject({ type: "approval-decided", verdict });
  expect(calls(rig)[5]).toMatchObject(["answer to 0", { action: "accept" }]);
});

test("a question after the turn is answered, and nobody is asked", async () => {
  const script = [
    ...codex.turn(codex.message(message)),
    codex.askForCommand("late", command),
    codex.awaitAnswer("late"),
    codex.askForCommand("later", command),
  ];
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  const approver = approverOf({ decision: "allow_once", by: "user" });
  await rig.play({ approver });
  await settled();
  expect(approver.asked).toEqual([]);
  expect(calls(rig).slice(6)).toEqual([
    [`answer to "late"`, { code: -32_000, message: "No turn is running" }],
    [`answer to "later"`, { code: -32_000, message: "No turn is running" }],
  ]);
});
