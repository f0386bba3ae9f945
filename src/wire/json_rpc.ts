import { AsyncQueue } from "../core/async_queue.ts";
import { abortError, HermesError, throwIfAborted, toHermesError } from "../core/errors.ts";
import { isJsonObject, type Json, type JsonObject, parseJson } from "../core/json.ts";
import { readLines } from "./json_lines.ts";

/** Ids of the two sides are two sets: a peer's request 0 has nothing to do with our request 0. */
export type RpcId = string | number;

/** What a peer sends without having been asked. */
export type Incoming =
  | { readonly kind: "notification"; readonly method: string; readonly params: Json }
  | {
      readonly kind: "request";
      readonly id: RpcId;
      readonly method: string;
      readonly params: Json;
    }
  /** A line that is no message, its first 200 characters. */
  | { readonly kind: "noise"; readonly text: string };

/** The peer's refusal of a request. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly data: Json | undefined;

  constructor(code: number, message: string, data?: Json) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** One end of a connection of JSON lines, each a request, an answer or a notification (JSON-RPC 2.0 without its `jsonrpc` member). */
export interface JsonRpcPeer {
  /**
   * The result of a call.
   * @throws {RpcError} the peer's refusal
   * @throws {HermesError} what the connection ended with, or what the signal was aborted with
   */
  request(method: string, params: JsonObject, signal: AbortSignal): Promise<Json>;
  notify(method: string, params?: JsonObject): Promise<void>;
  /** Answers a request of the peer. */
  respond(id: RpcId, result: Json): Promise<void>;
  /** Refuses a request of the peer. */
  refuse(id: RpcId, code: number, message: string): Promise<void>;
  /**
   * Notifications and requests of the peer in the order of their arrival, for one consumer. Ends when the connection
   * does; throws what made it unreadable.
   */
  readonly incoming: AsyncIterable<Incoming>;
  /** Gives up: what waits for an answer is rejected, `incoming` ends after what has arrived. */
  close(reason: HermesError): void;
}

export interface JsonRpcChannel {
  readonly input: AsyncIterable<Uint8Array>;
  /** Resolves when the system has taken it. */
  write(text: string): Promise<void>;
}

/** Messages that may wait for the consumer before no more is read, so that the peer feels it. */
const maxWaiting = 1_000;

const defaultMaxLineBytes = 64 * 1_048_576;

/** Reads from the channel at once, until it ends or `close`. */
export function createJsonRpcPeer(
  channel: JsonRpcChannel,
  options: { readonly maxLineBytes?: number } = {},
): JsonRpcPeer {
  return new Peer(channel, options.maxLineBytes ?? defaultMaxLineBytes);
}

interface Waiting {
  resolve(result: Json): void;
  reject(error: Error): void;
}

class Peer implements JsonRpcPeer {
  readonly #channel: JsonRpcChannel;
  readonly #waiting = new Map<RpcId, Waiting>();
  readonly #arrived = new AsyncQueue<Incoming>();
  #lastId = 0;
  #end: { readonly reason: HermesError; readonly isFault: boolean } | undefined;
  /** Lets reading go on when somebody waits for an answer. */
  #askedAgain: (() => void) | undefined;

  constructor(channel: JsonRpcChannel, maxLineBytes: number) {
    this.#channel = channel;
    void this.#read(maxLineBytes);
  }

  get incoming(): AsyncIterable<Incoming> {
    return this.#consume();
  }

  async request(method: string, params: JsonObject, signal: AbortSignal): Promise<Json> {
    throwIfAborted(signal);
    if (this.#end) throw this.#end.reason;
    const id = ++this.#lastId;
    const answer = new Promise<Json>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    // Whoever waits for the answer must not wait for a consumer.
    this.#askedAgain?.();
    const abort = (): void => this.#waiting.get(id)?.reject(abortError(signal));
    signal.addEventListener("abort", abort, { once: true });
    try {
      // A write may fail long after its answer could not come any more: both are waited for.
      await Promise.race([answer, this.#send({ id, method, params })]);
      return await answer;
    } finally {
      this.#waiting.delete(id);
      signal.removeEventListener("abort", abort);
      answer.catch(() => undefined);
    }
  }

  notify(method: string, params?: JsonObject): Promise<void> {
    return this.#send(params === undefined ? { method } : { method, params });
  }

  respond(id: RpcId, result: Json): Promise<void> {
    return this.#send({ id, result });
  }

  refuse(id: RpcId, code: number, message: string): Promise<void> {
    return this.#send({ id, error: { code, message } });
  }

  close(reason: HermesError): void {
    this.#finish(reason, false);
  }

  async #send(message: JsonObject): Promise<void> {
    if (this.#end) throw this.#end.reason;
    try {
      await this.#channel.write(`${JSON.stringify(message)}\n`);
    } catch (cause) {
      // Why it reads no more is known when its output has been read to the end.
      throw new HermesError("stream/no_terminal_event", "The other side reads no more", { cause });
    }
  }

  async *#consume(): AsyncGenerator<Incoming, void> {
    yield* this.#arrived;
    if (this.#end?.isFault) throw this.#end.reason;
  }

  async #read(maxLineBytes: number): Promise<void> {
    try {
      for await (const line of readLines(this.#channel.input, maxLineBytes)) {
        if (this.#end) return;
        this.#dispatch(line);
        if (this.#arrived.size >= maxWaiting && this.#waiting.size === 0) await this.#room();
      }
      this.#finish(
        new HermesError("stream/no_terminal_event", "The connection was closed by the other side"),
        false,
      );
    } catch (error) {
      this.#finish(toHermesError(error), true);
    }
  }

  async #room(): Promise<void> {
    const asked = new Promise<void>((resolve) => {
      this.#askedAgain = resolve;
    });
    await Promise.race([this.#arrived.room(maxWaiting / 2), asked]);
    this.#askedAgain = undefined;
  }

  #dispatch(line: string): void {
    const message = parseJson(line);
    if (!isJsonObject(message)) return this.#arrived.push(noise(line));
    const { id, method, params = null } = message;
    const isId = typeof id === "number" || typeof id === "string";
    if (typeof method === "string") {
      this.#arrived.push(
        isId ? { kind: "request", id, method, params } : { kind: "notification", method, params },
      );
    } else if (isId && ("result" in message || "error" in message)) {
      this.#settle(id, message);
    } else {
      this.#arrived.push(noise(line));
    }
  }

  /** An answer to nothing that waits is dropped: its caller was aborted, or it came twice. */
  #settle(id: RpcId, { result = null, error }: JsonObject): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(rpcError(error));
  }

  #finish(reason: HermesError, isFault: boolean): void {
    if (this.#end) return;
    this.#end = { reason, isFault };
    this.#arrived.end();
    for (const waiting of this.#waiting.values()) waiting.reject(reason);
    this.#waiting.clear();
  }
}

function rpcError(error: Json): RpcError {
  if (!isJsonObject(error)) return new RpcError(-1, "refused without a reason");
  const { code, message, data } = error;
  return new RpcError(
    typeof code === "number" ? code : -1,
    typeof message === "string" ? message : "refused without a reason",
    data,
  );
}

function noise(line: string): Incoming {
  return { kind: "noise", text: line.slice(0, 200).toWellFormed() };
}
