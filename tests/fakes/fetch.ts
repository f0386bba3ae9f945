import type { Fetch } from "../../src/core/ports.ts";

/** A request as it was sent. */
export interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  readonly redirect: string;
}

/** What a scripted endpoint answers: a response, or a function that makes one (and may throw or wait). */
export type ScriptedAnswer = Response | ((request: SentRequest) => Response | Promise<Response>);

/** A `fetch` that answers from a script, in order, and keeps what it was asked. */
export interface ScriptedFetch {
  readonly fetch: Fetch;
  readonly requests: readonly SentRequest[];
}

export function scriptedFetch(...answers: readonly ScriptedAnswer[]): ScriptedFetch {
  const requests: SentRequest[] = [];
  return {
    requests,
    async fetch(input, init = {}) {
      if (typeof init.body !== "string" || !init.signal) throw new Error("No JSON, or no signal");
      const request: SentRequest = {
        url: input instanceof Request ? input.url : input.toString(),
        method: init.method ?? "GET",
        headers: Object.fromEntries(new Headers(init.headers)),
        body: init.body,
        signal: init.signal,
        redirect: init.redirect ?? "follow",
      };
      const answer = answers[requests.length];
      requests.push(request);
      if (answer === undefined) throw new Error(`No answer ${requests.length} in the script`);
      return typeof answer === "function" ? answer(request) : answer;
    },
  };
}

/** An answer with status 200 that streams `text` as server-sent events, whole. */
export function streamOf(text: string): Response {
  return new Response(text, { headers: { "content-type": "text/event-stream" } });
}

/** An answer whose body the test writes. */
export interface OpenAnswer {
  readonly response: Response;
  write(text: string): void;
  writeBytes(bytes: Uint8Array): void;
  close(): void;
  fail(error: unknown): void;
  /** Whether the reader has gone. */
  isCancelled(): boolean;
}

export function openAnswer(contentType = "text/event-stream"): OpenAnswer {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start(started) {
      controller = started;
    },
    cancel() {
      isCancelled = true;
    },
  });
  return {
    response: new Response(body, { headers: { "content-type": contentType } }),
    write: (text) => controller?.enqueue(encoder.encode(text)),
    writeBytes: (bytes) => controller?.enqueue(bytes),
    close: () => controller?.close(),
    fail: (error) => controller?.error(error),
    isCancelled: () => isCancelled,
  };
}
