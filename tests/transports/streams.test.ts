import { expect, test } from "bun:test";
import fc from "fast-check";
import { HermesError } from "../../src/core/errors.ts";
import type { WireApi } from "../../src/core/item.ts";
import {
  type AnswerPlan,
  answerPlan,
  chatStream,
  cutAt,
  interleave,
  plannedItems,
  responsesParts,
  responsesStream,
} from "../fakes/answer_streams.ts";
import { brokenRule } from "../fakes/decoding.ts";
import { contentOf, readAnswer } from "../fakes/read_answer.ts";
import { doneFrame } from "../fakes/sse.ts";

const wireApi = fc.constantFrom<WireApi[]>("responses", "chat_completions");
const places = fc.array(fc.nat({ max: 100_000 }), { maxLength: 24 });
const runs = { seed: 20260105, numRuns: 150 };

function streamOf(api: WireApi, plan: AnswerPlan): Uint8Array {
  return api === "responses" ? responsesStream(responsesParts(plan).flat()) : chatStream(plan);
}

test("an answer at random is read as what it says", async () => {
  await fc.assert(
    fc.asyncProperty(wireApi, answerPlan, async (api, plan) => {
      const { events, thrown } = await readAnswer(api, [streamOf(api, plan)]);
      expect(thrown).toBeUndefined();
      expect(brokenRule(events)).toBeUndefined();
      expect(contentOf(events)).toEqual(plannedItems(plan));
      const hasCall = plan.parts.some((part) => part.kind === "call");
      expect(events.at(-1)).toMatchObject({ finishReason: hasCall ? "tool_calls" : "stop" });
    }),
    runs,
  );
});

test("the same bytes give the same events, however they are cut", async () => {
  await fc.assert(
    fc.asyncProperty(wireApi, answerPlan, places, async (api, plan, cuts) => {
      const bytes = streamOf(api, plan);
      const whole = await readAnswer(api, [bytes]);
      expect(await readAnswer(api, cutAt(bytes, cuts))).toEqual(whole);
      expect(
        await readAnswer(
          api,
          Array.from(bytes, (byte) => Uint8Array.of(byte)),
        ),
      ).toEqual(whole);
    }),
    { ...runs, numRuns: 60 },
  );
});

test("items whose events arrive mixed are told whole, and in their order", async () => {
  await fc.assert(
    fc.asyncProperty(answerPlan, fc.array(fc.nat(7), { maxLength: 40 }), async (plan, choices) => {
      const events = interleave(responsesParts(plan), choices);
      const read = await readAnswer("responses", [responsesStream(events)]);
      expect(read.thrown).toBeUndefined();
      expect(brokenRule(read.events)).toBeUndefined();
      expect(contentOf(read.events)).toEqual(plannedItems(plan));
    }),
    runs,
  );
});

test("an answer that is cut anywhere is either complete or a failure that can be retried", async () => {
  await fc.assert(
    fc.asyncProperty(wireApi, answerPlan, fc.nat(), async (api, plan, place) => {
      const bytes = streamOf(api, plan);
      const { events, thrown } = await readAnswer(api, [bytes.subarray(0, place % bytes.length)]);
      expect(brokenRule(events)).toBeUndefined();
      if (thrown === undefined) {
        expect(contentOf(events)).toEqual(plannedItems(plan));
        expect(events.at(-1)?.type).toBe("step-end");
      } else {
        expect(thrown).toMatchObject({ code: "stream/no_terminal_event", retryable: true });
        expect(events.some((event) => event.type === "step-end")).toBe(false);
      }
    }),
    runs,
  );
});

test("an answer that is ended anywhere, as if it were whole, has no half of a call", async () => {
  await fc.assert(
    fc.asyncProperty(answerPlan, fc.nat(), async (plan, place) => {
      const text = new TextDecoder().decode(chatStream(plan));
      const frames = text.split(/(?<=\n\n)/);
      const cut = frames.slice(0, place % frames.length).join("") + doneFrame;
      const { events, thrown } = await readAnswer("chat_completions", [
        new TextEncoder().encode(cut),
      ]);
      expect(brokenRule(events)).toBeUndefined();
      if (thrown !== undefined) expect(thrown).toMatchObject({ retryable: true });
      const calls = contentOf(events).filter(([kind]) => kind === "call");
      const planned = plannedItems(plan).filter(([kind]) => kind === "call");
      expect(calls).toEqual(planned.slice(0, calls.length));
    }),
    runs,
  );
});

test("damaged bytes give a valid account of a step or a typed failure", async () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(wireApi, answerPlan, damage, async (api, plan, changes) => {
      const bytes = Uint8Array.from(streamOf(api, plan));
      for (const [place, byte] of changes) bytes[place % bytes.length] = byte;
      const { events, thrown } = await readAnswer(api, [bytes]);
      expect(brokenRule(events)).toBeUndefined();
      if (thrown === undefined) expect(events.at(-1)?.type).toBe("step-end");
      else expect(thrown).toBeInstanceOf(HermesError);
    }),
    runs,
  );
});
