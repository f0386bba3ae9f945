import fc from "fast-check";
import { HermesError } from "../../src/core/errors.ts";
import type { WireApi } from "../../src/core/item.ts";
import { createSseParser } from "../../src/wire/sse.ts";
import {
  answerPlan,
  type AnswerPlan,
  chatStream,
  cutAt,
  interleave,
  plannedItems,
  responsesParts,
  responsesStream,
} from "../../tests/fakes/answer_streams.ts";
import { contentOf } from "../../tests/fakes/read_answer.ts";
import type { CampaignOptions, CampaignResult } from "./campaign.ts";
import { createRandom, type Random } from "./random.ts";
import { type BodyEnd, faultOf, runStreamCase, type StreamOutcome } from "./sse_case.ts";

/**
 * Streams of both wire APIs, whole and damaged, in every chunking: each ends in the right answer or in a typed failure,
 * and none hangs.
 */
export const name = "sse";
export const defaultCount = 1000;
export const shortCount = 100;

const reportEvery = 250;
/** Sizes of chunks that every whole stream is read in, besides random ones. */
const chunkSizes = [1, 2, 3, 7, 64, 1400];

/** Runs `count` streams that follow from `seed`. */
export async function run({ count, seed, log }: CampaignOptions): Promise<CampaignResult> {
  const random = createRandom(seed);
  const plans = fc.sample(answerPlan, { seed, numRuns: count });
  const failures: string[] = [];
  let readings = 0;
  for (const [index, plan] of plans.entries()) {
    const wireApi = random.pick(["responses", "chat_completions"] as const);
    const treatment = random.pick(treatments);
    const { faults, count: read } = await treatment.run({ wireApi, plan, random });
    readings += read;
    const which = `stream ${index + 1} of seed ${seed} (${wireApi}, ${treatment.name})`;
    if (faults.length > 0) failures.push(`${which}: ${faults.join("; ")}`);
    if ((index + 1) % reportEvery === 0) log(`${index + 1} of ${count}, ${failures.length} failed`);
  }
  log(`${count} streams were read ${readings} times`);
  return { cases: count, failures };
}

interface Subject {
  readonly wireApi: WireApi;
  readonly plan: AnswerPlan;
  readonly random: Random;
}

interface Verdict {
  readonly faults: readonly string[];
  /** How often the stream was read. */
  readonly count: number;
}

interface Treatment {
  readonly name: string;
  run(subject: Subject): Promise<Verdict>;
}

const treatments: readonly [Treatment, ...Treatment[]] = [
  { name: "every chunking", run: everyChunking },
  { name: "mixed", run: mixed },
  { name: "cut", run: cut },
  { name: "damaged bytes", run: damagedBytes },
  { name: "damaged events", run: damagedEvents },
];

/** Whole streams: each chunking gives the same events, which say what was planned. */
async function everyChunking({ wireApi, plan, random }: Subject): Promise<Verdict> {
  const bytes = bytesOf(wireApi, plan);
  const whole = await readTo("close", wireApi, [bytes]);
  const chunkings = [
    ...chunkSizes.map((size) => piecesOf(bytes, size)),
    ...Array.from({ length: 4 }, () => randomPieces(bytes, random)),
  ];
  const faults = [...rightAnswer(whole, plan), ...everySplit(bytes)];
  for (const chunks of chunkings) {
    const outcome = await readTo("close", wireApi, chunks);
    if (!equal(outcome, whole)) faults.push(`other events in ${chunks.length} chunks`);
  }
  return { faults, count: chunkings.length + 1 };
}

/** Whole streams whose items come mixed; ends of every kind behind the last event. */
async function mixed({ wireApi, plan, random }: Subject): Promise<Verdict> {
  const choices = Array.from({ length: 20 }, () => random.integer(0, 7));
  const bytes =
    wireApi === "responses"
      ? responsesStream(interleave(responsesParts(plan), choices))
      : chatStream(plan);
  const end = random.pick(["close", "reset", "hang"] as const);
  const outcome = await readTo(end, wireApi, randomPieces(bytes, random));
  return { faults: rightAnswer(outcome, plan), count: 1 };
}

/** Streams that stop anywhere, in any way: complete, or a failure that can be retried, or the user's abort. */
async function cut({ wireApi, plan, random }: Subject): Promise<Verdict> {
  const bytes = bytesOf(wireApi, plan);
  const kept = bytes.subarray(0, random.integer(0, bytes.length - 1));
  const end = random.pick(["close", "reset", "hang", "abort"] as const);
  const outcome = await readTo(end, wireApi, randomPieces(kept, random));
  const fault = faultOf(outcome, end);
  if (fault !== undefined) return { faults: [fault], count: 1 };
  const { thrown } = outcome;
  if (thrown === undefined) return { faults: rightAnswer(outcome, plan), count: 1 };
  const isAsItShould = thrown instanceof HermesError && thrown.retryable === (end !== "abort");
  return { faults: isAsItShould ? [] : [`ended by ${end}: ${thrown.message}`], count: 1 };
}

/** Streams with bytes that were changed, taken out or put in: anything typed, but no untruth about the events. */
async function damagedBytes({ wireApi, plan, random }: Subject): Promise<Verdict> {
  let bytes = Array.from(bytesOf(wireApi, plan));
  for (let count = random.integer(1, 8); count > 0; count--) {
    const place = random.integer(0, bytes.length - 1);
    const removed = random.integer(0, 40) * random.integer(0, 1);
    const added = Array.from({ length: random.integer(0, 3) }, () => random.integer(0, 255));
    bytes = bytes.toSpliced(place, removed, ...added);
  }
  return judged(wireApi, Uint8Array.from(bytes), random);
}

/** Streams whose events are dropped, repeated, swapped, or hold values of another type. */
async function damagedEvents({ wireApi, plan, random }: Subject): Promise<Verdict> {
  const text = new TextDecoder().decode(bytesOf(wireApi, plan));
  const frames = text.split("\n\n").filter((frame) => frame !== "");
  for (let count = random.integer(1, 6); count > 0 && frames.length > 0; count--) {
    const [from, to] = [random.integer(0, frames.length - 1), random.integer(0, frames.length - 1)];
    const frame = frames[from] ?? "";
    switch (random.integer(0, 3)) {
      case 0:
        frames.splice(from, 1);
        break;
      case 1:
        frames.splice(to, 0, frame);
        break;
      case 2:
        frames.splice(to, 0, ...frames.splice(from, 1));
        break;
      default:
        frames[from] = withStrangeValue(frame, random);
    }
  }
  const bytes = new TextEncoder().encode(frames.map((frame) => `${frame}\n\n`).join(""));
  return judged(wireApi, bytes, random);
}

const strangeValues = [
  "null",
  "0",
  "-1",
  "1e99",
  '""',
  '"x"',
  "[]",
  "{}",
  "[[[]]]",
  "true",
] as const;

/** The frame with one JSON value in another's place. */
function withStrangeValue(frame: string, random: Random): string {
  const values = [...frame.matchAll(/:("(?:[^"\\]|\\.)*"|-?\d+|null|true|false|\[\]|\{\})/g)];
  const chosen = values[random.integer(0, Math.max(0, values.length - 1))];
  if (chosen === undefined) return frame;
  const from = chosen.index + 1;
  const to = from + (chosen[1] ?? "").length;
  return frame.slice(0, from) + random.pick(strangeValues) + frame.slice(to);
}

async function judged(wireApi: WireApi, bytes: Uint8Array, random: Random): Promise<Verdict> {
  const end = random.pick(["close", "close", "reset", "hang", "abort"] as const);
  const fault = faultOf(await readTo(end, wireApi, randomPieces(bytes, random)), end);
  return { faults: fault === undefined ? [] : [fault], count: 1 };
}

function readTo(
  end: BodyEnd,
  wireApi: WireApi,
  chunks: readonly Uint8Array[],
): Promise<StreamOutcome> {
  return runStreamCase({ wireApi, chunks, end });
}

function bytesOf(wireApi: WireApi, plan: AnswerPlan): Uint8Array {
  return wireApi === "responses" ? responsesStream(responsesParts(plan).flat()) : chatStream(plan);
}

function rightAnswer(outcome: StreamOutcome, plan: AnswerPlan): readonly string[] {
  const fault = faultOf(outcome, "close");
  if (fault !== undefined) return [fault];
  if (outcome.thrown !== undefined) return [`a whole answer failed: ${outcome.thrown.message}`];
  const [found, wanted] = [contentOf(outcome.events), plannedItems(plan)];
  return equal(found, wanted)
    ? []
    : [`found ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`];
}

/** The messages of a stream are the same wherever it is cut in two. */
function everySplit(bytes: Uint8Array): readonly string[] {
  const whole = JSON.stringify(messagesOf([bytes]));
  for (let place = 1; place < bytes.length; place++) {
    const halves = [bytes.subarray(0, place), bytes.subarray(place)];
    if (JSON.stringify(messagesOf(halves)) !== whole)
      return [`other messages when cut at ${place}`];
  }
  return [];
}

function messagesOf(chunks: readonly Uint8Array[]): readonly unknown[] {
  const parser = createSseParser();
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
}

function piecesOf(bytes: Uint8Array, size: number): readonly Uint8Array[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

function randomPieces(bytes: Uint8Array, random: Random): readonly Uint8Array[] {
  const places = Array.from({ length: random.integer(0, 30) }, () =>
    random.integer(0, bytes.length),
  );
  return cutAt(bytes, places);
}

function equal(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
