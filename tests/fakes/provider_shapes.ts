/**
 * How model endpoints differ in what they send, as far as a client has to care: the events of an answer and the words of
 * a failure. Ids, names and keys are made up.
 */
import type { Json, JsonObject } from "../../src/core/json.ts";
import type { RefusalStep } from "./server_steps.ts";
import * as sse from "./sse.ts";

/** One endpoint, in its own dialect. */
export interface ProviderShape {
  readonly name: string;
  readonly wireApi: "responses" | "chat_completions";
  /** What is configured to speak with it: `provider`, `default`. */
  readonly provider: string;
  readonly model: string;
  /** The frames of an answer with one text, the last ones (`closing` of them) saying that it is complete. */
  answer(text: string): readonly string[];
  /** The frames of an answer with one tool call; `half` of them end within its arguments. */
  call(name: string, input: Json): { readonly frames: readonly string[]; readonly half: number };
  /** The frames of an answer that is complete and holds nothing, or null where something should be. */
  readonly nothing: readonly string[];
  /** The same in one piece, for a client that asked for a stream. */
  readonly nothingWhole: Json;
  /** What it sends while nothing happens. */
  readonly keepAlive: string;
  /** The frame of a failure that passes. */
  readonly errorFrame: string;
  readonly wrongKey: RefusalStep;
  /** A refusal that passes. */
  readonly busy: RefusalStep;
  readonly tooLong: RefusalStep;
}

function refuse(
  status: number,
  body: Json,
  headers: Readonly<Record<string, string>> = {},
): RefusalStep {
  return { kind: "refusal", status, body, headers };
}

/** Waits cost time in tests: all are told to come back at once. */
const atOnce = { "retry-after": "0" };

function openaiError(message: string, type: string | null, code: string | null): JsonObject {
  return { error: { message, type, param: null, code } };
}

// ---- Responses ----

interface ResponsesDialect extends Pick<
  ProviderShape,
  "name" | "provider" | "model" | "keepAlive" | "wrongKey" | "busy" | "tooLong"
> {
  /** Events before the first one of the answer. */
  readonly prelude?: readonly sse.ServerEvent[];
  readonly error: sse.ServerEvent;
}

function responsesShape(dialect: ResponsesDialect): ProviderShape {
  const { prelude = [], error } = dialect;
  const opening = [...prelude, sse.created(), sse.inProgress()];
  const frames = (events: readonly sse.ServerEvent[]): readonly string[] => events.map(sse.frame);
  return {
    ...dialect,
    wireApi: "responses",
    answer: (text) => frames([...opening, ...sse.message(0, text), sse.completed()]),
    call(name, input) {
      const call = sse.functionCall(0, name, input);
      // Announced, and the first piece of its arguments.
      return {
        frames: frames([...opening, ...call, sse.completed()]),
        half: opening.length + 2,
      };
    },
    nothing: frames([...opening, sse.completed()]),
    nothingWhole: { id: "resp_1", object: "response", status: "completed", output: [] },
    errorFrame: sse.frame(error),
  };
}

const openai = responsesShape({
  name: "OpenAI",
  provider: "openai",
  model: "gpt-5.5",
  keepAlive: ": keep-alive\n\n",
  error: {
    type: "error",
    sequence_number: 2,
    error: {
      type: "server_error",
      code: "server_error",
      message: "An error occurred while processing your request.",
      param: null,
    },
  },
  wrongKey: refuse(
    401,
    openaiError("Incorrect API key provided: sk-****.", "invalid_request_error", "invalid_api_key"),
  ),
  busy: refuse(
    429,
    openaiError("Rate limit reached for gpt-5.5", "requests", "rate_limit_exceeded"),
    atOnce,
  ),
  tooLong: refuse(
    400,
    openaiError(
      "Your input exceeds the context window of this model.",
      "invalid_request_error",
      "context_length_exceeded",
    ),
  ),
});

const xai = responsesShape({
  name: "xAI",
  provider: "xai",
  model: "grok-4.3",
  keepAlive: ": ping\n\n",
  error: { type: "error", message: "Internal error", code: "server_error", param: null },
  wrongKey: refuse(400, {
    code: "Client specified an invalid argument",
    error:
      "Incorrect API key provided: xa***. You can obtain an API key from https://console.x.ai.",
  }),
  busy: refuse(
    503,
    {
      code: "The service is currently unavailable",
      error: "The model is at capacity, please try again later.",
    },
    atOnce,
  ),
  tooLong: refuse(400, {
    code: "Client specified an invalid argument",
    error: "This model's maximum prompt length is 131072 but the request contains 140211 tokens.",
  }),
});

const codex = responsesShape({
  name: "ChatGPT's Codex backend",
  provider: "openai-codex",
  model: "gpt-5.5",
  keepAlive: sse.frame({ type: "keepalive", sequence_number: 3 }),
  prelude: [
    {
      type: "codex.rate_limits",
      plan_type: "plus",
      rate_limits: { allowed: true, limit_reached: false, primary: { used_percent: 12 } },
    },
  ],
  error: {
    type: "error",
    error: {
      type: "service_unavailable_error",
      code: "server_is_overloaded",
      message: "Our servers are currently overloaded. Please try again in 10ms.",
    },
    status_code: 503,
  },
  wrongKey: refuse(401, {
    error: {
      message: "Provided authentication token is expired. Please try signing in again.",
      type: null,
      code: "token_expired",
      param: null,
    },
    status: 401,
  }),
  busy: refuse(503, { detail: "Service temporarily unavailable" }, atOnce),
  tooLong: refuse(
    400,
    openaiError(
      "Your input exceeds the context window of this model.",
      "invalid_request_error",
      "context_length_exceeded",
    ),
  ),
});

// ---- Chat completions ----

interface ChatDialect extends Pick<
  ProviderShape,
  "name" | "provider" | "model" | "keepAlive" | "wrongKey" | "busy" | "tooLong"
> {
  /** The name of the field with the reasoning. */
  readonly reasoningField: "reasoning_content" | "reasoning";
  readonly error: JsonObject;
  /** Kimi counts within the last choice, others in a chunk of its own. */
  readonly countsInChoice?: true;
}

function chatShape(dialect: ChatDialect): ProviderShape {
  const { reasoningField, error, countsInChoice } = dialect;
  const opening = [
    sse.chatChunk({ role: "assistant", content: "" }),
    sse.chatChunk({ [reasoningField]: "Let me see." }),
  ];
  const frames = (events: readonly sse.ServerEvent[]): readonly string[] => [
    ...events.map(sse.frame),
    sse.doneFrame,
  ];
  const end = (reason: string): readonly sse.ServerEvent[] =>
    countsInChoice ? [chunkWithCounts(reason)] : sse.chatEnd(reason);
  return {
    ...dialect,
    wireApi: "chat_completions",
    answer: (text) => frames([...opening, ...sse.chatText(text), ...end("stop")]),
    call(name, input) {
      const call = sse.chatToolCall(0, name, input);
      return {
        frames: frames([...opening, ...call, ...end("tool_calls")]),
        half: opening.length + 2,
      };
    },
    nothing: frames([{ id: "chatcmpl_1", object: "chat.completion.chunk", choices: null }]),
    nothingWhole: { id: "chatcmpl_1", object: "chat.completion", choices: [] },
    errorFrame: `data: ${JSON.stringify(error)}\n\n`,
  };
}

function chunkWithCounts(reason: string): sse.ServerEvent {
  const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
  return {
    id: "chatcmpl_1",
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta: {}, finish_reason: reason, usage }],
  };
}

const openrouter = chatShape({
  name: "OpenRouter",
  provider: "openrouter",
  model: "z-ai/glm-5",
  reasoningField: "reasoning",
  keepAlive: ": OPENROUTER PROCESSING\n\n",
  error: {
    id: "gen-1",
    object: "chat.completion.chunk",
    provider: "Example",
    error: { code: 502, message: "Provider returned error", metadata: { raw: "error code: 502" } },
    choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }],
  },
  wrongKey: refuse(401, { error: { message: "No auth credentials found", code: 401 } }),
  busy: refuse(
    429,
    {
      error: {
        message: "Provider returned error",
        code: 429,
        metadata: {
          raw: "z-ai/glm-5 is temporarily rate-limited upstream.",
          provider_name: "Example",
        },
      },
    },
    atOnce,
  ),
  tooLong: refuse(400, {
    error: {
      message: "Provider returned error",
      code: 400,
      metadata: {
        raw: '{"object":"error","message":"This model\'s maximum context length is 8192 tokens. However, you requested 9000 tokens."}',
        provider_name: "Example",
      },
    },
  }),
});

const ollama = chatShape({
  name: "GLM on Ollama",
  provider: "ollama",
  model: "glm-5",
  reasoningField: "reasoning",
  keepAlive: ": \n\n",
  error: {
    error: { message: "an error was encountered while running the model", type: "api_error" },
  },
  wrongKey: refuse(401, { error: { message: "unauthorized", type: "api_error" } }),
  busy: refuse(
    503,
    {
      error: {
        message: "server busy, please try again.  maximum pending requests exceeded",
        type: "api_error",
      },
    },
    atOnce,
  ),
  tooLong: refuse(400, {
    error: { message: "the input length exceeds the context length", type: "api_error" },
  }),
});

const llamaCpp = chatShape({
  name: "llama.cpp",
  provider: "custom",
  model: "qwen3",
  reasoningField: "reasoning_content",
  keepAlive: ":\n\n",
  error: { error: { code: 500, message: "Failed to decode the batch", type: "server_error" } },
  wrongKey: refuse(401, {
    error: { code: 401, message: "Invalid API Key", type: "authentication_error" },
  }),
  busy: refuse(
    503,
    { error: { code: 503, message: "Loading model", type: "unavailable_error" } },
    atOnce,
  ),
  tooLong: refuse(400, {
    error: {
      code: 400,
      message: "request (4390 tokens) exceeds the available context size (4096 tokens)",
      type: "exceed_context_size_error",
      n_prompt_tokens: 4390,
      n_ctx: 4096,
    },
  }),
});

const deepseek = chatShape({
  name: "DeepSeek",
  provider: "deepseek",
  model: "deepseek-chat",
  reasoningField: "reasoning_content",
  keepAlive: ": keep-alive\n\n",
  error: {
    id: "chatcmpl_1",
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta: { content: "" }, finish_reason: "insufficient_system_resource" }],
  },
  wrongKey: refuse(
    401,
    openaiError(
      "Authentication Fails, Your api key: ****wxyz is invalid",
      "authentication_error",
      "invalid_request_error",
    ),
  ),
  busy: refuse(
    503,
    openaiError("Service is too busy.", "service_unavailable_error", "service_unavailable_error"),
    atOnce,
  ),
  tooLong: refuse(
    400,
    openaiError(
      "This model's maximum context length is 131072 tokens. However, you requested 140000 tokens.",
      "invalid_request_error",
      "invalid_request_error",
    ),
  ),
});

const kimi = chatShape({
  name: "Kimi",
  provider: "moonshot",
  model: "kimi-k2.6",
  reasoningField: "reasoning_content",
  countsInChoice: true,
  keepAlive: ": ping\n\n",
  error: {
    error: {
      message: "The engine is currently overloaded, please try again in 10ms",
      type: "engine_overloaded_error",
    },
  },
  wrongKey: refuse(401, {
    error: { message: "Invalid Authentication", type: "invalid_authentication_error" },
  }),
  busy: refuse(
    429,
    {
      error: {
        message: "The engine is currently overloaded, please try again later",
        type: "engine_overloaded_error",
      },
    },
    atOnce,
  ),
  tooLong: refuse(400, {
    error: {
      message: "Invalid request: Your request exceeded model token limit: 131072",
      type: "invalid_request_error",
    },
  }),
});

export const providerShapes: readonly ProviderShape[] = [
  openai,
  xai,
  codex,
  openrouter,
  ollama,
  llamaCpp,
  deepseek,
  kimi,
];
