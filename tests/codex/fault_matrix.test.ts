import { describe, expect, test } from "bun:test";
import type { TurnEvent } from "../../src/core/event.ts";
import { isJsonObject } from "../../src/core/json.ts";
import * as codex from "../fakes/codex_script.ts";
import type { Scenario, Script, Step } from "../fakes/codex_server.ts";
import { createRig, limits, type PlayedTurn, type Rig, type TurnOptions } from "./rig.ts";

/** How a turn must end: `completed`, `interrupted` or the code of its failure, and when, in milliseconds. */
interface Expected {
  readonly end: string;
  readonly at: number;
  /** Whether this codex is used no more. */
  readonly isReplaced: boolean;
}

/** A fault in place of the rest of what codex would do, or before it. */
type Fault = (rest: Script) => Script;

/** How far codex has come when it fails. */
interface State {
  readonly name: string;
  readonly scenario: (fault: Fault) => Scenario;
  /** Whether codex has told its thread by then: it is resumed afterwards. */
  readonly hasThread: boolean;
  /** What happens without a fault, or in spite of it. */
  readonly healthy: Expected;
  /** What a codex that says nothing any more leads to. */
  readonly silent: Expected;
  /** What an answer leads to that never comes, while codex goes on. */
  readonly unanswered: Expected;
  /** What a refusal leads to. */
  readonly refused: Expected;
  /** The failure of a codex that dies. */
  readonly died: Expected;
  readonly options?: () => TurnOptions;
}

/** How long the person thinks about a question. */
const thinkMs = 30_000;
/** How long the end of a codex is waited for that has closed its output. */
const closedMs = 150;
/** How long an interrupted turn is waited for. */
const graceMs = 200;

const goesOn: Expected = { end: "completed", at: 0, isReplaced: false };
const exited: Expected = { end: "codex/exited", at: 0, isReplaced: true };

function silentAt(at: number): Expected {
  return { end: "codex/silent", at, isReplaced: true };
}

/** A state in which codex owes the answer to a call. */
function call(method: string, name: string, changes: Partial<State> = {}): State {
  const script = codex.healthy[method]?.[0] ?? [];
  return {
    name,
    hasThread: false,
    scenario: (fault) => codex.scenario({ [method]: [fault(script), script] }),
    healthy: goesOn,
    silent: silentAt(10_000),
    unanswered: silentAt(10_000),
    refused: { end: "model/bad_request", at: 0, isReplaced: true },
    died: exited,
    ...changes,
  };
}

/** A state in the middle of a turn: `before` has happened, `rest` follows. */
function midTurn(name: string, parts: MidTurn): State {
  const { before, rest, ...changes } = parts;
  return {
    name,
    hasThread: true,
    scenario: (fault) =>
      codex.scenario({
        "turn/start": [[...codex.turnStarted, ...before, ...fault(rest)], healthyTurn],
      }),
    healthy: goesOn,
    // Nothing waits for these answers: they are about no call, or about one that is over.
    unanswered: changes.healthy ?? goesOn,
    refused: changes.healthy ?? goesOn,
    died: exited,
    ...changes,
  };
}

interface MidTurn extends Partial<State> {
  readonly before: Script;
  readonly rest: Script;
  readonly silent: Expected;
}

const answer = codex.message("Hello there.");
const saidSoFar = answer.slice(0, 2);
const healthyTurn = codex.turn(answer);
const command = "make all";
const ran: Script = [
  codex.commandCompleted({ command, output: "done\n" }),
  ...codex.message("Made it.", { id: "msg-2" }),
  codex.turnCompleted(),
];
const deadline: Expected = { end: "turn/deadline", at: limits.turnMs + graceMs, isReplaced: true };
const interrupted: Expected = { end: "interrupted", at: 0, isReplaced: false };
const interruptedLate: Expected = { end: "interrupted", at: graceMs, isReplaced: true };

const states: readonly State[] = [
  {
    ...call("start", "spawn"),
    unanswered: goesOn,
    refused: goesOn,
  },
  call("initialize", "initialize"),
  call("config/read", "reading of the configuration"),
  call("thread/start", "start of the thread", {
    silent: silentAt(60_000),
    unanswered: silentAt(60_000),
  }),
  call("turn/start", "start of the turn", {
    hasThread: true,
    refused: { end: "model/bad_request", at: 0, isReplaced: false },
  }),
  midTurn("streaming of the model", {
    before: saidSoFar,
    rest: [...answer.slice(2), codex.turnCompleted()],
    silent: silentAt(limits.thinkingMs + graceMs),
  }),
  midTurn("running command", {
    before: [codex.commandStarted(command)],
    rest: ran,
    silent: deadline,
  }),
  midTurn("open question", {
    before: [codex.commandStarted(command), codex.askForCommand(0, command)],
    rest: [codex.awaitAnswer(0), codex.resolved(0), ...ran],
    healthy: { ...goesOn, at: thinkMs },
    silent: { ...deadline, at: thinkMs + limits.turnMs + graceMs },
  }),
  {
    ...call("turn/interrupt", "interrupting"),
    scenario: (fault) =>
      codex.scenario({
        "turn/start": [[...codex.turnStarted, ...saidSoFar, { do: "wait" }], healthyTurn],
        "turn/interrupt": [fault(codex.healthy["turn/interrupt"]?.[0] ?? [])],
      }),
    hasThread: true,
    healthy: interrupted,
    silent: interruptedLate,
    // The turn ended, and that is what was wanted.
    unanswered: interrupted,
    refused: interruptedLate,
    died: { end: "interrupted", at: 0, isReplaced: true },
    options: () => {
      const stop = new AbortController();
      return {
        signal: stop.signal,
        onEvent: (event) => {
          if (event.type === "item-delta") stop.abort();
        },
      };
    },
  },
];

interface NamedFault {
  readonly name: string;
  readonly fault: Fault;
  readonly expected: (state: State) => Expected;
}

const faults: readonly NamedFault[] = [
  {
    name: "exit 0",
    fault: () => [{ do: "exit", code: 0 }],
    expected: ({ died }) => died,
  },
  {
    name: "exit 101",
    fault: () => [
      { do: "log", text: "thread 'main' panicked" },
      { do: "exit", code: 101 },
    ],
    expected: ({ died }) => died,
  },
  {
    name: "SIGKILL",
    fault: () => [{ do: "die", signal: "SIGKILL" }],
    expected: ({ died }) => died,
  },
  {
    name: "silence",
    fault: () => [{ do: "hang" }],
    expected: ({ silent }) => silent,
  },
  {
    name: "a line of garbage",
    fault: (rest) => [{ do: "print", text: "thread 'main' says {not json\n" }, ...rest],
    expected: ({ healthy }) => healthy,
  },
  {
    name: "half a line, then the end",
    fault: () => [
      { do: "print", text: '{"method":"turn/completed","params":{"thr' },
      { do: "exit", code: 0 },
    ],
    expected: ({ died }) => died,
  },
  {
    name: "a line of 65 MB",
    fault: (rest) => [{ do: "print-long", bytes: 65 * 1_048_576 }, ...rest],
    expected: ({ died }) => ({
      ...died,
      end: died.end === "interrupted" ? died.end : "stream/invalid",
    }),
  },
  {
    name: "an answer with a wrong id",
    fault: (rest) =>
      isAnswering(rest)
        ? rest.map((step) => (step.do === "reply" ? { ...step, id: 9_999 } : step))
        : [{ do: "reply", id: 9_999, result: {} }, ...rest],
    expected: ({ unanswered }) => unanswered,
  },
  {
    name: "an answer that comes twice",
    fault: (rest) =>
      isAnswering(rest)
        ? rest.flatMap((step): Script => (step.do === "reply" ? [step, step] : [step]))
        : [codex.reply({ turn: { id: "turn-of-nobody" } }), ...rest],
    expected: ({ healthy }) => healthy,
  },
  {
    name: "an unknown request",
    fault: (rest) => [
      { do: "send", message: { id: "odd-1", method: "future/request", params: {} } },
      codex.awaitAnswer("odd-1"),
      ...rest,
    ],
    expected: ({ healthy }) => healthy,
  },
  {
    name: "an unknown notification and an unknown item",
    fault: (rest) => [
      codex.notify("future/happened", { what: [1, null, {}] }),
      codex.tell("item/started", { item: { type: "futureThing", id: "future-1", what: 1 } }),
      codex.tell("item/completed", { item: { type: "futureThing", id: "future-1", what: 2 } }),
      ...rest,
    ],
    expected: ({ healthy }) => healthy,
  },
  {
    name: "a refusal",
    fault: (rest) => (isAnswering(rest) ? [refusal] : [refusal, ...rest]),
    expected: ({ refused }) => refused,
  },
  {
    name: "stdout closed by a codex that lives on",
    fault: () => [{ do: "close-output" }],
    expected: ({ died }) => (died.end === "interrupted" ? died : { ...died, at: closedMs }),
  },
];

const refusal: Step = { do: "refuse", code: -32_603, message: "Internal error" };

describe.each(states.map((state) => [state.name, state] as const))("%s:", (_name, state) => {
  test.each(faults.map((fault) => [fault.name, fault] as const))("%s", async (_fault, fault) => {
    const expected = fault.expected(state);
    const rig = createRig([state.scenario(fault.fault), codex.scenario()]);
    const open = { questions: 0 };
    const first = await rig.play({
      turnId: "t-1",
      approver: thinkingApprover(rig, open),
      ...state.options?.(),
    });

    expect(endOf(first)).toBe(expected.end);
    expect(first.endedAt).toBe(expected.at);
    expect(wholeProblems(first.events)).toEqual([]);
    expect(open.questions).toBe(0);

    const second = await rig.play({ turnId: "t-2" });
    expect(endOf(second)).toBe("completed");
    expect(wholeProblems(second.events)).toEqual([]);
    expect(openings(rig)).toEqual(
      expected.isReplaced ? [state.hasThread ? "thread/resume thread-1" : "thread/start"] : [],
    );

    await rig[Symbol.asyncDispose]();
    expect(rig.exits).not.toContain(undefined);
    expect(rig.clock.sleeping()).toBe(0);
  });
});

/** How the second codex, if there is one, was asked for its thread. */
function openings(rig: Rig): readonly string[] {
  return rig.sent(2).flatMap(({ method, params }) => {
    if (typeof method !== "string" || !/^thread\/(?:start|resume)$/.test(method)) return [];
    const id = isJsonObject(params) ? params["threadId"] : undefined;
    return [typeof id === "string" ? `${method} ${id}` : method];
  });
}

function endOf({ events }: PlayedTurn): string {
  const last = events.at(-1);
  if (last?.type !== "turn-end") return `no turn-end but ${last?.type}`;
  return last.outcome.status === "failed" ? last.outcome.error.code : last.outcome.status;
}

/** What is wrong with the frame of a turn: it begins and ends once, and so does every item. */
function wholeProblems(events: readonly TurnEvent[]): readonly string[] {
  const types = events.map(({ type }) => type);
  const started = events.flatMap((event) => (event.type === "item-start" ? [event.item.id] : []));
  const ended = events.flatMap((event) => (event.type === "item-end" ? [event.item.id] : []));
  return [
    ...(types.indexOf("turn-start") === 0 && types.lastIndexOf("turn-start") === 0
      ? []
      : ["turn-start is not the first event alone"]),
    ...(types.indexOf("turn-end") === types.length - 1 ? [] : ["turn-end is not the last alone"]),
    ...(new Set(started).size === started.length ? [] : ["an item began twice"]),
    ...(started.toSorted().join() === ended.toSorted().join()
      ? []
      : [`begun ${started.join()}, ended ${ended.join()}`]),
  ];
}

/** A person who thinks for a while and allows it, unless the question disappears. */
function thinkingApprover(
  rig: Rig,
  open: { questions: number },
): NonNullable<TurnOptions["approver"]> {
  return {
    async decide(_request, signal) {
      open.questions++;
      try {
        await rig.clock.sleep(thinkMs, signal);
        return { decision: "allow_once", by: "user" };
      } catch {
        return { decision: "deny", by: "policy" };
      } finally {
        open.questions--;
      }
    },
  };
}

function isAnswering(script: Script): boolean {
  return script.some((step) => step.do === "reply");
}
