import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextRound, setTimeout as sleep } from "node:timers/promises";
import * as zlib from "node:zlib";
import { titleInstructions } from "../../src/app/session_titles.ts";
import { type Json, isJsonObject, parseJson } from "../../src/core/json.ts";
import {
  type AnswerStep,
  type Cut,
  type RefusalStep,
  type ServerStep,
  chatCompletion,
  chatFrames,
  refusal,
  responsesFrames,
} from "./server_steps.ts";

/** What is only in requests for the title of a session. */
const titleSign = titleInstructions.split("\n", 1).join("");

/** A request as it arrived. */
export interface RecordedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed where it is JSON. */
  readonly body: Json;
}

/** What to answer to one model request; `number` counts them from 1. */
export type StepSource =
  ServerStep | ((request: RecordedRequest, number: number) => ServerStep | Promise<ServerStep>);

/** An answer to the requests whose last input item, as JSON, holds a text; it takes no place among the steps. */
export interface StepRule {
  readonly lastInput: string;
  readonly step: StepSource;
}

export interface ServerOptions {
  /** Asked before the steps; the first one that fits answers. */
  readonly rules?: readonly StepRule[];
  /** Answers in order; the request after the last one is refused with 500. */
  readonly steps: readonly StepSource[];
  /** Begin again after the last step. */
  readonly repeat?: boolean;
  /** Answers the requests for a session's title, which take no place among the steps; refused where absent. */
  readonly titles?: StepSource;
  /** Ids for `/v1/models`; `m1` where absent. */
  readonly models?: readonly string[];
}

/** A model endpoint on a free port of 127.0.0.1. Closes with `await using`. */
export interface ResponsesServer extends AsyncDisposable {
  /** What goes into `model.base_url`: `http://127.0.0.1:41234/v1`. */
  readonly url: string;
  /** Requests for a model step, in order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** Requests for the title of a session: they are not among the others. */
  readonly titleRequests: readonly RecordedRequest[];
  /** Number of requests whose client left before the answer was whole. */
  abandoned(): number;
}

/**
 * Speaks `/v1/responses`, `/v1/chat/completions` and `/v1/models` with scripted answers. `GET /requests` tells what was
 * asked, for tests that run it as a process.
 */
export async function startResponsesServer(options: ServerOptions): Promise<ResponsesServer> {
  const requests: RecordedRequest[] = [];
  const titleRequests: RecordedRequest[] = [];
  let abandoned = 0;
  let played = 0;

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await record(incoming);
    const route = `${request.method} ${request.path}`;
    if (route === "GET /requests") return sendJson(response, 200, JSON.stringify(requests));
    if (route === "GET /v1/models") return sendModels(response, options.models ?? ["m1"]);
    if (route !== "POST /v1/responses" && route !== "POST /v1/chat/completions") {
      return sendRefusal(response, refusal(404, `No such address: ${route}`));
    }
    const isForTitle = JSON.stringify(request.body).includes(titleSign);
    const list = isForTitle ? titleRequests : requests;
    list.push(request);
    const number = list.length;
    const left = new AbortController();
    response.on("close", () => {
      if (!response.writableFinished) abandoned++;
      left.abort();
    });
    const source = isForTitle
      ? (options.titles ?? refusal(400, "No titles are made here"))
      : (ruleFor(request) ?? nextStep());
    const step = typeof source === "function" ? await source(request, number) : source;
    await play(step, { request, number, response, left: left.signal });
  }

  function ruleFor(request: RecordedRequest): StepSource | undefined {
    const last = lastInputOf(request);
    return options.rules?.find(({ lastInput }) => last.includes(lastInput))?.step;
  }

  function nextStep(): StepSource {
    const index = options.repeat ? played % options.steps.length : played;
    played++;
    return options.steps[index] ?? refusal(500, `The scenario has no step ${played}`);
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: unknown) => {
      // A client that left in the middle is a case under test, anything else a fault of the scenario.
      if (!response.destroyed) sendRefusal(response, refusal(500, String(error)));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    titleRequests,
    abandoned: () => abandoned,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Exchange {
  readonly request: RecordedRequest;
  readonly number: number;
  readonly response: ServerResponse;
  /** Aborts when the client is gone. */
  readonly left: AbortSignal;
}

async function play(step: ServerStep, exchange: Exchange): Promise<void> {
  switch (step.kind) {
    case "answer":
      await pause(step.delayMs, exchange.left);
      return playAnswer(step, exchange);
    case "refusal":
      await pause(step.delayMs, exchange.left);
      return sendRefusal(exchange.response, step);
    case "raw":
      return stream(exchange, { ...step, frames: step.frames });
    case "silent":
      if (step.how === "reset") reset(exchange.response);
      return;
    default:
      step satisfies never;
  }
}

function playAnswer(step: AnswerStep, exchange: Exchange): Promise<void> {
  const { request, number, response } = exchange;
  const isChat = request.path === "/v1/chat/completions";
  if (isChat && !(isJsonObject(request.body) && request.body["stream"] === true)) {
    sendJson(response, 200, JSON.stringify(chatCompletion(step, number)));
    return Promise.resolve();
  }
  const frames = isChat ? chatFrames(step, number) : responsesFrames(step, number);
  return stream(exchange, { ...step, frames });
}

interface Streaming {
  readonly frames: readonly string[];
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly everyMs?: number;
  readonly cut?: Cut;
  readonly endless?: boolean;
}

async function stream(exchange: Exchange, streaming: Streaming): Promise<void> {
  const { response, left } = exchange;
  const { frames, everyMs, cut, contentType = "text/event-stream", headers } = streaming;
  response.writeHead(200, {
    "content-type": contentType,
    "cache-control": "no-cache",
    ...headers,
  });
  response.flushHeaders();
  const sent = cut === undefined ? frames : frames.slice(0, cut.afterFrames);
  do {
    for (const [index, text] of sent.entries()) {
      if (index > 0 || streaming.endless) await pause(everyMs, left);
      if (left.aborted) return;
      response.write(text);
    }
    // Without a pause the client's leaving would never be noticed.
    if (streaming.endless) await nextRound();
  } while (streaming.endless);
  if (cut?.how === "hang") return;
  if (cut?.how === "reset") {
    // What was written has to leave before the connection is torn down.
    await pause(20, left);
    return reset(response);
  }
  if (cut?.how === "half-frame") {
    const next = frames[cut.afterFrames] ?? "data: {";
    response.write(next.slice(0, Math.floor(next.length / 2)));
  }
  response.end();
}

/** By the value of `content-encoding`. */
const decoders: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: (body) => zlib.gunzipSync(body),
  br: (body) => zlib.brotliDecompressSync(body),
  zstd: (body) => zlib.zstdDecompressSync(body),
};

async function record(incoming: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks);
  const unpack = decoders[incoming.headers["content-encoding"] ?? ""];
  const text = (unpack?.(body) ?? body).toString("utf8");
  return {
    method: incoming.method ?? "",
    path: (incoming.url ?? "").split("?")[0] ?? "",
    headers: incoming.headers,
    body: parseJson(text) ?? text,
  };
}

/** The last item of a Responses input or the last message of a chat, as JSON. */
function lastInputOf({ body }: RecordedRequest): string {
  if (!isJsonObject(body)) return "";
  const input = body["input"] ?? body["messages"];
  return Array.isArray(input) ? JSON.stringify(input.at(-1) ?? "") : JSON.stringify(input ?? "");
}

function sendRefusal(response: ServerResponse, step: RefusalStep): void {
  const isText = typeof step.body === "string";
  const type = isText ? "text/plain" : "application/json";
  response.writeHead(step.status, { "content-type": type, ...step.headers });
  response.end(isText ? step.body : JSON.stringify(step.body));
}

function sendModels(response: ServerResponse, ids: readonly string[]): void {
  const data = ids.map((id) => ({ id, object: "model", created: 0, owned_by: "lab" }));
  sendJson(response, 200, JSON.stringify({ object: "list", data }));
}

function sendJson(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(text);
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** Waits in real time, as a server does; ends early when the client is gone. */
async function pause(ms: number | undefined, left: AbortSignal): Promise<void> {
  if (ms === undefined || ms === 0) return;
  await sleep(ms, undefined, { signal: left }).catch(() => undefined);
}
