/**
 * A model for long sessions: it answers each turn with a command, whose output fills the context, and then with a text; a
 * request without tools (a summary, a title) is answered at once. It keeps what the requests began with.
 */
import { isJsonObject, type JsonObject, parseJson } from "../../src/core/json.ts";

/** A request, as far as prompt caches care. */
export interface SeenRequest {
  /** `performance.now()` of its arrival, and of the moment when its answer was sent. */
  readonly at: number;
  readonly answeredAt: number;
  /** Who asks: a step of the driven session, a step of another turn (a review), a small call beside turns. */
  readonly kind: "turn" | "other" | "beside";
  /** The key that caches are kept under. */
  readonly session: string;
  /** Everything that a cache compares, in its order. */
  readonly prompt: string;
}

export interface LongSessionServer extends AsyncDisposable {
  readonly baseUrl: string;
  /** The last request of each kind is always there; all of them where `keepsAll` is set. */
  readonly requests: readonly SeenRequest[];
  /** How many small calls were made, most of them summaries. */
  besides(): number;
}

export interface LongSessionOptions {
  /** Bytes of output of the command of each turn. */
  readonly outputBytes: number;
  /** Whether all requests are kept for later, or counted alone. */
  readonly keepsAll?: boolean;
  /** Calls before the answer of a turn (1 where absent). */
  readonly calls?: number;
}

/** How a message of the driven session begins. */
export const turnPrefix = "Turn ";

/** The answer to a message of the driven session. */
export function answerTo(message: string): string {
  return `Answer to ${message}: done.`;
}

export function startLongSessionServer(options: LongSessionOptions): LongSessionServer {
  const { outputBytes, keepsAll = false, calls = 1 } = options;
  const requests: SeenRequest[] = [];
  let besides = 0;
  let steps = 0;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (!request.url.endsWith("/responses")) return new Response("{}", { status: 404 });
      const at = performance.now();
      const text = await request.text();
      const body = parseJson(text);
      if (!isJsonObject(body)) return new Response("{}", { status: 400 });
      const input = listOf(body["input"]);
      const last = lastUser(input);
      const message = textOf(input[last]);
      const tools = listOf(body["tools"]);
      const isTurn = message.startsWith(turnPrefix);
      const kind = tools.length === 0 ? "beside" : isTurn ? "turn" : "other";
      if (kind === "beside") besides++;
      const results = input.slice(last + 1).filter(({ type }) => type === "function_call_output");
      const isAnswer = kind !== "turn" || results.length >= calls;
      steps++;
      const item = isAnswer
        ? answer(steps, kind === "turn" ? answerTo(message) : summary)
        : call(steps, outputBytes);
      const reply = stream(steps, item, Math.ceil(text.length / 4));
      if (keepsAll) {
        const session =
          typeof body["prompt_cache_key"] === "string" ? body["prompt_cache_key"] : "";
        const prompt = [body["instructions"], ...tools, ...input]
          .map((part) => JSON.stringify(part))
          .join("\n");
        requests.push({ at, answeredAt: performance.now(), kind, session, prompt });
      }
      return new Response(reply, { headers: { "content-type": "text/event-stream" } });
    },
  });
  return {
    baseUrl: `http://127.0.0.1:${server.port}/v1`,
    requests,
    besides: () => besides,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** What stands for a summary, and for the answer of a review. */
const summary = `## Goal\nCount turns.\n\n## Completed actions\n${"The turns before were answered. ".repeat(20)}`;

function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function lastUser(input: readonly JsonObject[]): number {
  return input.findLastIndex((item) => item["role"] === "user");
}

function textOf(item: JsonObject | undefined): string {
  const content = item?.["content"];
  if (typeof content === "string") return content;
  const [part] = listOf(content);
  return typeof part?.["text"] === "string" ? part["text"] : "";
}

function call(step: number, outputBytes: number): JsonObject {
  const command = `head -c ${outputBytes} /dev/zero | tr '\\0' x | fold -w 99 | sed 's/^/${step} /'`;
  return {
    type: "function_call",
    id: `fc_${step}`,
    call_id: `call_${step}`,
    status: "completed",
    name: "terminal",
    arguments: JSON.stringify({ command }),
  };
}

function answer(step: number, text: string): JsonObject {
  return {
    type: "message",
    id: `msg_${step}`,
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text, annotations: [] }],
  };
}

function stream(step: number, item: JsonObject, inputTokens: number): string {
  const id = `resp_${step}`;
  const usage = {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 20,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + 20,
  };
  const events: readonly (JsonObject & { readonly type: string })[] = [
    { type: "response.created", response: { id, status: "in_progress", output: [] } },
    { type: "response.output_item.added", output_index: 0, item },
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response: { id, status: "completed", output: [item], usage } },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}
