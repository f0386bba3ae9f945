/** Answers of both wire APIs at random, for properties and campaigns: what a server sends and what it stands for. */
import fc from "fast-check";
import * as sse from "./sse.ts";

/** What an answer says, in an order that both wire APIs can carry. */
export interface AnswerPlan {
  readonly parts: readonly PartPlan[];
}

export type PartPlan =
  | { readonly kind: "reasoning"; readonly text: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "call"; readonly name: string; readonly arguments: string };

/** Text that is not blank, with what is hard to cut: emoji, combining marks, separators, escapes. */
const text: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.lorem({ maxCount: 4 }) },
      fc.constantFrom(
        "é",
        "👩‍👩‍👧",
        "\u2028",
        "\n",
        "\n\n",
        "\r\n",
        '"',
        "\\",
        "\t",
        "data: x",
        ": c",
        "{",
        "}",
      ),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((words) => `a${words.join(" ")}z`);

const call: fc.Arbitrary<PartPlan> = fc.record({
  kind: fc.constant("call" as const),
  name: fc.constantFrom("read_file", "terminal", "patch"),
  arguments: fc
    .dictionary(fc.string({ maxLength: 5 }), text, { maxKeys: 3 })
    .map((input) => JSON.stringify(input)),
});

export const answerPlan: fc.Arbitrary<AnswerPlan> = fc
  .record({
    reasoning: fc.option(text, { nil: undefined }),
    text: fc.option(text, { nil: undefined }),
    calls: fc.array(call, { maxLength: 3 }),
  })
  .filter((plan) => plan.text !== undefined || plan.calls.length > 0)
  .map((plan) => ({
    parts: [
      ...(plan.reasoning === undefined
        ? []
        : [{ kind: "reasoning" as const, text: plan.reasoning }]),
      ...(plan.text === undefined ? [] : [{ kind: "text" as const, text: plan.text }]),
      ...plan.calls,
    ],
  }));

/** The events of each item of an answer, as `/responses` sends them. */
export function responsesParts({ parts }: AnswerPlan): readonly (readonly sse.ServerEvent[])[] {
  return parts.map((part, index) => {
    switch (part.kind) {
      case "reasoning":
        return sse.reasoningItem(index, part.text, `encrypted-${index}`);
      case "text":
        return sse.message(index, part.text);
      case "call":
        return sse.functionCall(index, part.name, part.arguments);
      default:
        return part satisfies never;
    }
  });
}

/**
 * The events of several items in one stream: each item's own order is kept, items begin in their order, everything else
 * is up to `choices`.
 */
export function interleave(
  lists: readonly (readonly sse.ServerEvent[])[],
  choices: readonly number[],
): readonly sse.ServerEvent[] {
  const queues = lists.map((list) => [...list]);
  const merged: sse.ServerEvent[] = [];
  /** Items up to this one may be heard of. */
  let latest = 0;
  const mayFollow = (queue: readonly unknown[], index: number): boolean =>
    queue.length > 0 && index <= latest;
  for (let step = 0; queues.some((queue) => queue.length > 0); step++) {
    const open = queues.filter(mayFollow);
    const chosen = open[(choices[step % Math.max(1, choices.length)] ?? 0) % open.length];
    if (chosen === queues[latest]) latest++;
    const event = chosen?.shift();
    if (event !== undefined) merged.push(event);
  }
  return merged;
}

/** The bytes of a Responses stream. */
export function responsesStream(events: readonly sse.ServerEvent[]): Uint8Array {
  return new TextEncoder().encode(sse.sse(sse.created(), events, sse.completed()));
}

/** The bytes of a chat completions stream. */
export function chatStream({ parts }: AnswerPlan): Uint8Array {
  let calls = 0;
  const events = parts.flatMap((part) => {
    switch (part.kind) {
      case "reasoning":
        return sse.chatReasoning(part.text);
      case "text":
        return sse.chatText(part.text);
      case "call":
        return sse.chatToolCall(calls++, part.name, part.arguments);
      default:
        return part satisfies never;
    }
  });
  const reason = calls > 0 ? "tool_calls" : "stop";
  return new TextEncoder().encode(sse.sse(events, sse.chatEnd(reason)) + sse.doneFrame);
}

/** Bytes in pieces that end at the given places, which may repeat and need no order. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const at = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  const bounds = [0, ...at, bytes.length];
  return bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
}

/** What a plan's answer comes to: kind and content of each item. */
export function plannedItems({ parts }: AnswerPlan): readonly (readonly string[])[] {
  return parts.map((part) =>
    part.kind === "call" ? [part.kind, part.name, part.arguments] : [part.kind, part.text],
  );
}
