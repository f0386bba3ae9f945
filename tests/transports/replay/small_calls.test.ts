import { expect, test } from "bun:test";
import type { AuxiliaryModel, AuxiliaryRequest } from "../../../src/core/auxiliary.ts";
import { HermesError } from "../../../src/core/errors.ts";
import { parseRecording } from "../../../src/transports/replay/parse_recording.ts";
import { createRecorder } from "../../../src/transports/replay/record.ts";
import { replaySmallCalls } from "../../../src/transports/replay/small_calls.ts";
import { assistant, createScriptedTransport, step } from "../../fakes/model.ts";
import { thrown } from "../../fakes/thrown.ts";

const { signal } = new AbortController();
const summary = (text: string): AuxiliaryRequest => ({
  task: "compression",
  instructions: "Sum up",
  text,
});
const judgement: AuxiliaryRequest = { task: "approval", instructions: "Judge", text: "rm x" };

/** What is written of these small calls, with a step in front of them. */
async function recordedLines(
  model: AuxiliaryModel,
  requests: readonly AuxiliaryRequest[],
): Promise<readonly string[]> {
  const lines: string[] = [];
  const recorder = createRecorder(
    {
      clock: { monotonic: () => 0 },
      sink: async (line) => void lines.push(line),
      mask: (text) => text.replaceAll("sk-secret", "***"),
    },
    {
      hermesVersion: "1.2.3",
      cwd: "/home/ada/app",
      model: { provider: "openai", model: "m1", contextLength: 100_000 },
    },
  );
  const request = {
    sessionId: "s1",
    model: "m1",
    instructions: "",
    items: [],
    tools: [],
    reasoningEffort: "medium",
  } as const;
  const transport = recorder.transport(createScriptedTransport([step([assistant("a", "Hi")])]));
  await Array.fromAsync(transport.stream(request, signal));
  const auxiliary = recorder.auxiliary(model);
  for (const one of requests) await auxiliary.ask(one, signal).catch(() => undefined);
  return lines;
}

const echo: AuxiliaryModel = { ask: ({ text }) => Promise.resolve(`Of ${text}`) };

function replayOf(lines: readonly string[], cwd = "/home/ada/app"): AuxiliaryModel {
  return replaySmallCalls({ mask: (text) => text }, parseRecording(lines.join("\n")), { cwd });
}

test("small calls are written without secrets, and the model whose context it is in the header", async () => {
  const lines = await recordedLines(echo, [summary("sk-secret in /home/ada/app")]);
  expect(parseRecording(lines.join("\n"))).toMatchObject({
    model: { provider: "openai", model: "m1", contextLength: 100_000 },
    calls: [
      {
        task: "compression",
        asked: expect.stringMatching(/^[0-9a-f]{16}$/),
        answer: "Of *** in {{hermes.cwd}}",
      },
    ],
  });
});

test("a replay answers the same question with its answer, whatever was asked first, and in its own directory", async () => {
  const lines = await recordedLines(echo, [
    summary("one at /home/ada/app on 2026-01-02"),
    summary("two"),
    judgement,
  ]);
  const replay = replayOf(lines, "/srv/ci");
  expect(await replay.ask(judgement, signal)).toBe("Of rm x");
  expect(await replay.ask(summary("two"), signal)).toBe("Of two");
  expect(await replay.ask(summary("one at /srv/ci on 2027-03-04"), signal)).toBe(
    "Of one at /srv/ci on 2026-01-02",
  );
});

test("a question with a fence of its own gets the next answer for its task, and then none", async () => {
  const replay = replayOf(await recordedLines(echo, [summary("fence-1"), summary("fence-2")]));
  expect(await replay.ask(summary("fence-3"), signal)).toBe("Of fence-1");
  expect(await replay.ask(summary("fence-4"), signal)).toBe("Of fence-2");
  const failure = await thrown(() => replay.ask(summary("fence-5"), signal));
  expect([failure.code, failure.message]).toEqual([
    "replay/mismatch",
    "The run asks a model beside its turns for something that was not recorded: compression",
  ]);
});

test("a replay fails as the recorded call did", async () => {
  const error = new HermesError("model/quota", "Pay for sk-secret", { httpStatus: 402 });
  const lines = await recordedLines({ ask: () => Promise.reject(error) }, [judgement]);
  expect(await thrown(() => replayOf(lines).ask(judgement, signal))).toEqual(
    new HermesError("model/quota", "Pay for ***", { httpStatus: 402 }),
  );
});

test("a call that was given up is not written", async () => {
  const stop = new AbortController();
  const lines: string[] = [];
  const recorder = createRecorder(
    {
      clock: { monotonic: () => 0 },
      sink: async (line) => void lines.push(line),
      mask: (text) => text,
    },
    { hermesVersion: "1", cwd: "/w" },
  );
  const model: AuxiliaryModel = {
    ask() {
      stop.abort();
      return Promise.reject(new Error("given up"));
    },
  };
  const failure = await thrown(() => recorder.auxiliary(model).ask(judgement, stop.signal));
  expect([failure.code, lines]).toEqual(["turn/interrupted", []]);
});
