import { expect, test } from "bun:test";
import fc from "fast-check";
import { HermesError, toHermesError } from "../../../src/core/errors.ts";
import type { ModelEvent } from "../../../src/core/event.ts";
import type { ModelItem } from "../../../src/core/item.ts";
import type { ModelRequest, ModelTransport } from "../../../src/core/model.ts";
import { parseRecording } from "../../../src/transports/replay/parse_recording.ts";
import { recordTransport } from "../../../src/transports/replay/record.ts";
import { createReplayTransport } from "../../../src/transports/replay/replay.ts";
import { createFakeClock, createInstantClock } from "../../fakes/clock.ts";
import { createSequentialIds } from "../../fakes/ids.ts";
import {
  assistant,
  createScriptedTransport,
  reasoning,
  type ScriptedStep,
  step,
  toolCall,
} from "../../fakes/model.ts";

function request(
  items: readonly ModelItem[],
  tools: readonly string[] = ["terminal"],
): ModelRequest {
  return {
    sessionId: "s1",
    model: "m1",
    instructions: "",
    items,
    tools: tools.map((name) => ({ name, description: "", parameters: {} })),
    reasoningEffort: "medium",
  };
}

const user = (text: string): ModelItem => ({
  type: "user-message",
  id: "u1",
  parts: [{ type: "text", text }],
});

const result = (output: string, isError = false): ModelItem => ({
  type: "tool-result",
  id: "r1",
  callId: "c1",
  output,
  isError,
});

async function recordSteps(
  steps: readonly ScriptedStep[],
  requests: readonly ModelRequest[],
  cwd = "/home/ada/app",
): Promise<readonly string[]> {
  const lines: string[] = [];
  const transport = recordTransport(
    {
      clock: { monotonic: () => 0 },
      sink: async (line) => void lines.push(line),
      mask: (text) => text,
    },
    createScriptedTransport(steps),
    { hermesVersion: "1.2.3", cwd },
  );
  for (const one of requests) await collect(transport, one).catch(() => undefined);
  return lines;
}

function collect(transport: ModelTransport, one: ModelRequest): Promise<ModelEvent[]> {
  return Array.fromAsync(transport.stream(one, new AbortController().signal));
}

function replayOf(lines: readonly string[], cwd = "/home/ada/app"): ModelTransport {
  return createReplayTransport(
    { clock: createInstantClock(), newId: createSequentialIds(), mask: (text) => text },
    parseRecording(lines.join("\n")),
    { cwd, pace: 0 },
  );
}

const call = toolCall("c1", "terminal", { command: "ls /home/ada/app" });
const twoSteps = [
  step([reasoning("r", "hm"), call], "tool_calls"),
  step([assistant("a1", "In /home/ada/app there is x")]),
];
const asked = (output: string): readonly ModelRequest[] => [
  request([user("list")]),
  request([user("list"), reasoning("r", "hm"), call, result(output)]),
];

test("a replay answers with the recorded events, with ids of its own and in its own directory", async () => {
  const lines = await recordSteps(twoSteps, asked('{"output":"x"}'));
  const replay = replayOf(lines, "/srv/ci");
  const ownCall = {
    ...toolCall("call_item-3", "terminal", { command: "ls /srv/ci" }),
    id: "item-2",
  };
  const first = await collect(replay, request([user("list")]));
  const second = await collect(
    replay,
    request([
      user("list"),
      reasoning("x", "hm"),
      ownCall,
      { ...result('{"output":"x"}'), callId: ownCall.callId } as ModelItem,
    ]),
  );
  expect([first, second]).toEqual([
    step([reasoning("item-1", "hm"), ownCall], "tool_calls"),
    step([assistant("item-4", "In /srv/ci there is x")]),
  ]);
});

test("a replay repeats a failure as it was", async () => {
  const error = new HermesError("model/quota", "No credit", { hint: "pay", httpStatus: 402 });
  const failing: ScriptedStep = async function* () {
    yield { type: "notice", level: "info", text: "asking" };
    throw error;
  };
  const lines = await recordSteps([failing], [request([])]);
  const events: ModelEvent[] = [];
  let thrown: HermesError | undefined;
  try {
    for await (const event of replayOf(lines).stream(request([]), new AbortController().signal)) {
      events.push(event);
    }
  } catch (caught) {
    thrown = toHermesError(caught);
  }
  expect({ events, code: thrown?.code, message: thrown?.message, hint: thrown?.hint }).toEqual({
    events: [{ type: "notice", level: "info", text: "asking" }],
    code: "model/quota",
    message: "No credit",
    hint: "pay",
  });
});

/** What a replay of the two steps says to another second request. */
async function mismatch(second: ModelRequest): Promise<{ message: string; diff: string }> {
  const lines = await recordSteps(
    twoSteps,
    asked('{"output":"one\\ntwo","exit_code":0,"took":"1.2 s"}'),
  );
  const replay = replayOf(lines);
  await collect(replay, request([user("list")]));
  const error = await collect(replay, second).then(
    () => undefined,
    (caught: unknown) => toHermesError(caught),
  );
  expect(error?.code ?? "no failure").toBe("replay/mismatch");
  const { cause } = error!;
  return { message: error!.message, diff: cause instanceof Error ? cause.message : "" };
}

const before = [user("list"), reasoning("r", "hm"), call];

test("a replay fails with the differing result, in one line and at length", async () => {
  const output = '{"output":"one\\nTWO","exit_code":0,"took":"3 s"}';
  expect(await mismatch(request([...before, result(output)]))).toEqual({
    message:
      'Step 2 differs from the recording at item 4, the result of terminal: it was "{\\"output\\":\\"one\\\\ntwo\\",\\"exit_code\\":0,\\"took\\":\\"{{duration}}\\"}" and is "{\\"output\\":\\"one\\\\nTWO\\",\\"exit_code\\":0,\\"took\\":\\"{{duration}}\\"}"',
    diff: 'item 4, the result of terminal\n- {"output":"one\\ntwo","exit_code":0,"took":"{{duration}}"}\n+ {"output":"one\\nTWO","exit_code":0,"took":"{{duration}}"}',
  });
});

test("a replay fails for a missing, an additional and another item", async () => {
  const same = result('{"output":"one\\ntwo","exit_code":0,"took":"1.2 s"}');
  const messages = [
    await mismatch(request(before)),
    await mismatch(request([...before, same, user("more")])),
    await mismatch(request([...before, assistant("a", "x")])),
    await mismatch(request([user("list"), reasoning("r", "hm"), toolCall("c1", "todo", {}), same])),
    await mismatch(request([...before, { ...same, isError: true } as ModelItem])),
  ].map(({ message }) => message.replace("Step 2 differs from the recording at ", ""));
  expect(messages).toEqual([
    'item 4: it was "the result of terminal" and is "nothing"',
    'item 5: it was "nothing" and is "a message of the user"',
    'item 4: it was "the result of terminal" and is "a message of the model"',
    'item 3, a call of todo: it was "terminal" and is "todo"',
    'item 4, the result of terminal: it was "false" and is "true"',
  ]);
});

test("a replay fails when the recorded model calls a tool that is not offered", async () => {
  const lines = await recordSteps(twoSteps, asked("x"));
  const error = await collect(replayOf(lines), request([user("list")], ["todo"])).catch(
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({
    code: "replay/mismatch",
    message: "Step 1 of the recording calls a tool that this run does not offer: terminal",
  });
});

test("a replay fails when the run asks for another step", async () => {
  const lines = await recordSteps([step([assistant("a", "x")])], [request([])]);
  const replay = replayOf(lines);
  await collect(replay, request([]));
  const error = await collect(replay, request([])).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: "replay/mismatch",
    message: "The run asks for more steps than were recorded: 1",
  });
});

test("a replay does not compare what changes by itself", async () => {
  const one =
    '{"at":"2026-10-21T07:28:00.123Z","day":"2026-10-21","ls":"Oct 21 07:28 x","pid":123,"took":"12 ms","id":"proc_1ab","uuid":"0b6b4c7e-0000-4000-8000-000000000001","file":"/tmp/hermes-x1/a"}';
  const two =
    '{"at":"2027-01-02T08:00:00.456Z","day":"2027-01-02","ls":"Jan  2 08:00 x","pid":9,"took":"3.5 s","id":"proc_9","uuid":"ffffffff-0000-4000-8000-000000000002","file":"/tmp/hermes-y2/a"}';
  const lines = await recordSteps(twoSteps, asked(one));
  const replay = replayOf(lines);
  await collect(replay, request([user("list")]));
  const events = await collect(replay, request([...before, result(two)]));
  expect(events.at(-1)?.type).toBe("step-end");
});

test("a replay takes a field that the recording leaves out for anything", async () => {
  const lines = (await recordSteps(twoSteps, asked("x"))).map((line) =>
    line.replace('"output":"x",', "").replace('"text":"list"', '"note":"any"'),
  );
  const replay = replayOf(lines);
  await collect(replay, request([user("other words")]));
  const events = await collect(
    replay,
    request([user("other words"), ...before.slice(1), result("something else")]),
  );
  expect(events.at(-1)?.type).toBe("step-end");
});

test("a replay keeps the recorded pauses at its pace and ends them on an abort", async () => {
  const lines = [
    '{"format":"hermes-recording","version":1,"hermes":"1"}',
    '{"request":{"items":[]}}',
    '{"after_ms":100,"event":{"type":"notice","level":"info","text":"a"}}',
    '{"after_ms":40,"event":{"type":"notice","level":"info","text":"b"}}',
    '{"after_ms":0,"event":{"type":"step-end","finishReason":"stop","usage":{}}}',
  ];
  const slept: (readonly number[])[] = [];
  for (const pace of [0, 0.5, 1]) {
    const clock = createInstantClock();
    const deps = { clock, newId: createSequentialIds(), mask: (text: string) => text };
    await collect(
      createReplayTransport(deps, parseRecording(lines.join("\n")), { cwd: "/x", pace }),
      request([]),
    );
    slept.push(clock.slept);
  }
  expect(slept).toEqual([[], [50, 20], [100, 40]]);

  const clock = createFakeClock();
  const deps = { clock, newId: createSequentialIds(), mask: (text: string) => text };
  const transport = createReplayTransport(deps, parseRecording(lines.join("\n")), {
    cwd: "/x",
    pace: 1,
  });
  const controller = new AbortController();
  const reason = new HermesError("turn/interrupted", "Interrupted");
  const running = Array.fromAsync(transport.stream(request([]), controller.signal));
  const caught = running.catch((error: unknown) => error);
  await clock.untilSleeping();
  controller.abort(reason);
  expect(await caught).toBe(reason);
});

test("a recording of any run replays to the same events, ids apart", async () => {
  const text = fc.string({ unit: "binary", maxLength: 30 });
  const item = fc.oneof(
    text.map((said) => assistant("a", said)),
    text.map((said) => reasoning("r", said)),
    fc
      .tuple(fc.constantFrom("terminal", "todo"), text)
      .map(([name, input]) => toolCall("c", name, input)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(item, { maxLength: 4 }), { maxLength: 4 }), async (plan) => {
      const steps = plan.map((items, number) =>
        step(items.map((one, index) => ({ ...one, id: `${number}-${index}` }))),
      );
      // Each request holds what the steps before it answered.
      const requests = steps.map((_, number) => request(plan.slice(0, number).flat()));
      const lines = await recordSteps(steps, requests);
      const replay = replayOf(lines.length === 0 ? [header] : lines);
      for (const [number, one] of requests.entries()) {
        const events = await collect(replay, one);
        expect(events.map(withoutIds)).toEqual(steps[number]!.map(withoutIds));
      }
    }),
    { seed: 3, numRuns: 200 },
  );
});

const header = '{"format":"hermes-recording","version":1,"hermes":"1"}';

function withoutIds(event: ModelEvent): unknown {
  const copy: unknown = JSON.parse(
    JSON.stringify(event, (key, value: unknown) =>
      key === "id" || key === "callId" ? "*" : value,
    ),
  );
  return copy;
}

test("steps that ran at the same time are written whole, and replayed whoever asks first", async () => {
  const slow = Promise.withResolvers<void>();
  const lines: string[] = [];
  const transport = recordTransport(
    {
      clock: { monotonic: () => 0 },
      async sink(line) {
        await Promise.resolve();
        lines.push(line);
      },
      mask: (text) => text,
    },
    {
      async *stream({ items: [first] }) {
        const isSlow = first?.id === "slow";
        if (isSlow) await slow.promise;
        else slow.resolve();
        yield* step([assistant("a", isSlow ? "one" : "two")]);
      },
    },
    { hermesVersion: "1.2.3", cwd: "/home/ada/app" },
  );
  const [one, two] = [
    request([{ ...user("first"), id: "slow" }]),
    request([{ ...user("second"), id: "quick" }]),
  ];
  await Promise.all([collect(transport, one), collect(transport, two)]);
  const replay = replayOf(lines);
  const texts = (events: readonly ModelEvent[]): readonly string[] =>
    events.flatMap((event) =>
      event.type === "item-end" && event.item.type === "assistant-message" ? [event.item.text] : [],
    );
  expect(texts(await collect(replay, one))).toEqual(["one"]);
  expect(texts(await collect(replay, two))).toEqual(["two"]);
});

test("a replay moves on to another model where the recorded run did", async () => {
  const nothing = step([]);
  const first = { ...request([user("list")]), turnId: "t1" };
  const why = new HermesError("model/empty_answer", "Nothing");
  const { signal } = new AbortController();
  const lines = await recordSteps([nothing, step([assistant("a", "Hi")])], [first, first]);
  const replay = replayOf(lines);
  expect(await replay.moveOn?.("t1", why, signal)).toBe(false);
  await collect(replay, first);
  expect(await replay.moveOn?.("t1", why, signal)).toBe(true);
  await collect(replay, first);
  expect(await replay.moveOn?.("t1", why, signal)).toBe(false);
});
