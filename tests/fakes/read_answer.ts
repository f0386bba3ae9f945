import type { ModelEvent } from "../../src/core/event.ts";
import type { WireApi } from "../../src/core/item.ts";
import { createChatDecoder } from "../../src/transports/chat_completions/decode.ts";
import type { StepDecoder } from "../../src/transports/decoder.ts";
import { readFrames } from "../../src/transports/frames.ts";
import { createResponsesDecoder } from "../../src/transports/responses/decode.ts";
import { type Decoded, decoderContext } from "./decoding.ts";

/** A decoder of a wire API, as a transport makes it. */
function decoderOf(wireApi: WireApi): StepDecoder {
  const context = decoderContext();
  return wireApi === "responses" ? createResponsesDecoder(context) : createChatDecoder(context);
}

/** Reads an answer the way a transport does, from the body's chunks to events. */
export async function readAnswer(
  wireApi: WireApi,
  chunks: readonly Uint8Array[],
): Promise<Decoded> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const response = new Response(body, { headers: { "content-type": "text/event-stream" } });
  const decoder = decoderOf(wireApi);
  const events: ModelEvent[] = [];
  try {
    const { signal } = new AbortController();
    for await (const frame of readFrames(response, { url: "https://api.acme.test", signal })) {
      events.push(...decoder.push(frame));
    }
    events.push(...decoder.end());
    return { events, thrown: undefined };
  } catch (thrown) {
    return { events, thrown };
  }
}

/** Kind and content of the items of an answer, as a plan states them. */
export function contentOf(events: readonly ModelEvent[]): readonly (readonly string[])[] {
  return events.flatMap((event): (readonly string[])[] => {
    if (event.type !== "item-end") return [];
    switch (event.item.type) {
      case "assistant-message":
        return [["text", event.item.text]];
      case "reasoning":
        return [["reasoning", event.item.text]];
      case "tool-call":
        return [["call", event.item.name, event.item.arguments]];
      case "user-message":
      case "tool-result":
        return [[event.item.type]];
      default:
        return event.item satisfies never;
    }
  });
}
