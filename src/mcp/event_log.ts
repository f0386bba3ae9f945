import type { EventStore, JSONRPCMessage } from "@modelcontextprotocol/server";

interface Logged {
  readonly id: string;
  readonly streamId: string;
  readonly message: JSONRPCMessage;
  readonly chars: number;
}

const maxEvents = 1_000;
const maxChars = 4 * 1_048_576;

/**
 * What was sent to one client of late, so that it can go on after its connection broke (MCP 2025-11-25, resumability).
 * Bounded: what fell out cannot be asked for again.
 */
export class EventLog implements EventStore {
  #events: readonly Logged[] = [];
  #chars = 0;
  #lastNumber = 0;

  storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    const id = `${streamId}_${++this.#lastNumber}`;
    const chars = JSON.stringify(message).length;
    this.#chars += chars;
    const events = [...this.#events, { id, streamId, message, chars }];
    while (events.length > maxEvents || this.#chars > maxChars) {
      const oldest = events.shift();
      if (oldest === undefined) break;
      this.#chars -= oldest.chars;
    }
    this.#events = events;
    return Promise.resolve(id);
  }

  /** An id names its stream itself, so that one whose event fell out is still told from one that never was. */
  getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    const end = eventId.lastIndexOf("_");
    return Promise.resolve(end > 0 ? eventId.slice(0, end) : undefined);
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { readonly send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const streamId = (await this.getStreamIdForEventId(lastEventId)) ?? "";
    const after = numberOf(lastEventId);
    for (const { id, message, streamId: stream } of this.#events) {
      // The first event of a stream is empty and only names it.
      const isMessage = "jsonrpc" in message;
      if (stream === streamId && isMessage && numberOf(id) > after) await send(id, message);
    }
    return streamId;
  }
}

function numberOf(eventId: string): number {
  return Number(eventId.slice(eventId.lastIndexOf("_") + 1));
}
