import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/server";
import type { Clock } from "../core/ports.ts";
import { readLines } from "../wire/json_lines.ts";
import { Handshake, tooLongRefusal } from "./handshake.ts";

/** The two ends of a connection of lines. */
export interface LineChannel {
  /** What the client sends, up to its end. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Resolves when the system has taken it. */
  write(text: string): Promise<void>;
  /** Whether the client reads no more. */
  isClosed(): boolean;
}

/** Bytes of one message. A file that a tool is to write comes in one; whoever sends more means harm or has a bug. */
export const maxMessageBytes = 16 * 1_048_576;

/** Requests without an answer, and characters that nobody has read yet, before no more is read from the client. */
const maxOpenRequests = 1_024;
const maxUnreadChars = 16 * 1_048_576;

/** How long the next answer is waited for once the input has ended, in milliseconds. */
const farewellMs = 2_000;

/**
 * One JSON-RPC message a line, over a pair of pipes (MCP 2025-11-25, stdio). What is no message is answered as such and
 * does not end the connection. When the input ends, what was asked before is still answered; when nobody reads the
 * answers any more, the connection is closed.
 */
export class LineTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport["onmessage"];

  readonly #clock: Clock;
  readonly #channel: LineChannel;
  readonly #handshake = new Handshake();
  /** Ids of requests without an answer. */
  readonly #open = new Set<string | number>();
  #unreadChars = 0;
  #isClosed = false;
  #wake: () => void = () => undefined;
  readonly #closed = Promise.withResolvers<Error | undefined>();

  constructor(deps: { readonly clock: Clock }, channel: LineChannel) {
    this.#clock = deps.clock;
    this.#channel = channel;
  }

  /** Resolves when the connection is over, with what made its input unreadable if something did. */
  get closed(): Promise<Error | undefined> {
    return this.#closed.promise;
  }

  start(): Promise<void> {
    void this.#read();
    return Promise.resolve();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#handshake.sent(message);
    // Its request no longer counts when the answer has been taken: what is not read holds up what is not answered.
    const answered = "id" in message && !("method" in message) ? message.id : undefined;
    await this.#write(message);
    if (answered !== undefined) this.#open.delete(answered);
    this.#wake();
  }

  close(): Promise<void> {
    this.#end(undefined);
    return Promise.resolve();
  }

  #end(failure: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#wake();
    this.onclose?.();
    this.#closed.resolve(failure);
  }

  async #read(): Promise<void> {
    const { input } = this.#channel;
    const onTooLong = (): void => void this.#reply(tooLongRefusal(maxMessageBytes));
    try {
      for await (const line of readLines(input, maxMessageBytes, onTooLong)) {
        if (this.#isClosed) return;
        this.#take(line);
        while (this.#isFull() && !this.#isClosed) await this.#change();
      }
      await this.#farewell();
      this.#end(undefined);
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #take(line: string): void {
    const checked = this.#handshake.check(line);
    switch (checked.kind) {
      case "ignored":
        this.onerror?.(new Error(checked.reason));
        return;
      case "refused":
        this.onerror?.(new Error(checked.reply.error.message));
        void this.#reply(checked.reply);
        return;
      case "message":
        this.#note(checked.message);
        this.onmessage?.(checked.message);
        return;
      default:
        checked satisfies never;
    }
  }

  /** A request that was cancelled gets no answer (MCP 2025-11-25, cancellation). */
  #note(message: JSONRPCMessage): void {
    if (!("method" in message)) return;
    if ("id" in message) {
      this.#open.add(message.id);
    } else if (message.method === "notifications/cancelled") {
      const id = message.params?.["requestId"];
      if (typeof id === "string" || typeof id === "number") this.#open.delete(id);
    }
  }

  #isFull(): boolean {
    return this.#open.size >= maxOpenRequests || this.#unreadChars >= maxUnreadChars;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Waits for what was asked before, as long as one answer follows another. */
  async #farewell(): Promise<void> {
    while (this.#isBusy()) {
      const enough = new AbortController();
      const silence = this.#clock.sleep(farewellMs, enough.signal).catch(() => undefined);
      const goesOn = await Promise.race([
        silence.then(() => false),
        this.#fewerThan(this.#open.size).then(() => true),
      ]);
      enough.abort();
      if (!goesOn) return;
    }
  }

  /** Resolves when another request was answered, or nothing is left to wait for. */
  async #fewerThan(count: number): Promise<void> {
    while (this.#isBusy() && this.#open.size >= count) await this.#change();
  }

  #isBusy(): boolean {
    return (this.#open.size > 0 || this.#unreadChars > 0) && !this.#isClosed;
  }

  async #reply(message: JSONRPCMessage): Promise<void> {
    await this.#write(message).catch(() => undefined);
    this.#wake();
  }

  async #write(message: JSONRPCMessage): Promise<void> {
    if (this.#isClosed) return;
    const text = `${oneLine(JSON.stringify(message))}\n`;
    this.#unreadChars += text.length;
    try {
      await this.#channel.write(text);
    } finally {
      this.#unreadChars -= text.length;
    }
    if (this.#channel.isClosed()) await this.close();
  }
}

/** JSON may hold these two as they are; who splits lines as Unicode has them would take each for an end. */
function oneLine(json: string): string {
  return json.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}
