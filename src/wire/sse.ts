import { HermesError } from "../core/errors.ts";

/**
 * What an event stream carries. A comment, an empty message or one without data says no more than that the sender is
 * alive.
 */
export type SseMessage =
  | {
      readonly kind: "message";
      /** "" where the sender named none. */
      readonly event: string;
      readonly data: string;
      /** The stream ended before the blank line that ends a message: what is here may be half of it. */
      readonly isCut?: true;
    }
  | { readonly kind: "alive" };

/** Reads bytes as they come, in chunks of any size. */
export interface SseParser {
  /** @throws {HermesError} `stream/invalid` when a message is too long to be one */
  push(chunk: Uint8Array): readonly SseMessage[];
  /** The message that the end of the stream cut off, if there is one. */
  end(): readonly SseMessage[];
}

/** Characters of one message; a generated image is a few million. */
const maxMessageChars = 64 * 1024 * 1024;

/**
 * Parses `text/event-stream` (WHATWG HTML, section 9.2): lines end in CR, LF or CRLF and nothing else, a byte order
 * mark at the beginning is dropped, malformed UTF-8 is replaced. `id` and `retry` have no use here.
 */
export function createSseParser(maxChars: number = maxMessageChars): SseParser {
  const decoder = new TextDecoder();
  /** The line that has begun but not ended. */
  let begun = "";
  /** Whether the last chunk ended in CR: an LF that follows belongs to it. */
  let skipsLineFeed = false;
  let event = "";
  let data: string[] = [];
  let size = 0;

  function takeMessage(): SseMessage {
    const text = data.join("\n");
    const message: SseMessage =
      text.trim() === "" ? { kind: "alive" } : { kind: "message", event, data: text };
    event = "";
    data = [];
    size = 0;
    return message;
  }

  function takeLine(line: string): SseMessage | undefined {
    if (line === "") return event === "" && data.length === 0 ? undefined : takeMessage();
    const colon = line.indexOf(":");
    if (colon === 0) return { kind: "alive" };
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") event = value;
    if (field === "data") {
      size += value.length + 1;
      data.push(value);
    }
    return undefined;
  }

  function takeText(chunk: string): readonly SseMessage[] {
    const messages: SseMessage[] = [];
    const text = skipsLineFeed && chunk.startsWith("\n") ? chunk.slice(1) : chunk;
    if (chunk !== "") skipsLineFeed = chunk.endsWith("\r");
    let start = 0;
    for (const { 0: ending, index } of text.matchAll(/\r\n|\n|\r/g)) {
      const message = takeLine(begun + text.slice(start, index));
      begun = "";
      start = index + ending.length;
      if (message !== undefined) messages.push(message);
    }
    begun += text.slice(start);
    if (begun.length + size > maxChars) {
      throw new HermesError(
        "stream/invalid",
        `Message of an event stream is longer than the limit of ${maxChars} characters`,
      );
    }
    return messages;
  }

  return {
    push: (chunk) => takeText(decoder.decode(chunk, { stream: true })),
    end() {
      const messages = [...takeText(decoder.decode())];
      // An empty line is what ends a message, and there is none.
      const last = begun === "" ? undefined : takeLine(begun);
      begun = "";
      if (last !== undefined) messages.push(last);
      if (data.length > 0) {
        const message = takeMessage();
        messages.push(message.kind === "message" ? { ...message, isCut: true } : message);
      }
      return messages;
    },
  };
}
