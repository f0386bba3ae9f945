import { expect, test } from "bun:test";
import {
  statedContextLimit,
  statedOutputCeiling,
  statedOutputTokens,
} from "../../src/transports/stated_limits.ts";

/** What servers say, with the window and the output tokens that are left. */
const statements: readonly (readonly [
  who: string,
  text: string,
  window: number | undefined,
  left: number | undefined,
])[] = [
  [
    "OpenAI, prompt",
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce the length of the messages.",
    8192,
    undefined,
  ],
  [
    "OpenAI, prompt and output",
    "This model's maximum context length is 8,192 tokens. However, you requested 9096 tokens (5000 in the messages, 4096 in the completion).",
    8192,
    3192,
  ],
  [
    "vLLM",
    "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 8192 tokens and your request has 1000 input tokens (8192 > 8192 - 1000).",
    8192,
    7192,
  ],
  [
    "vLLM, characters",
    "This model's maximum context length is 65536 tokens. However, you requested 65536 output tokens and your prompt contains 77409 characters (more than 0 characters, which is the upper bound for 0 input tokens).",
    65_536,
    65_536 - 25_803,
  ],
  ["vLLM, older", "prompt (length 9000) exceeds max_model_len (4096)", 4096, undefined],
  [
    "OpenRouter",
    "This endpoint's maximum context length is 262144 tokens. However, you requested about 300000 tokens (200000 of text input, 20000 of tool input, 80000 in the output).",
    262_144,
    42_144,
  ],
  ["Anthropic, prompt", "prompt is too long: 210000 tokens > 200000 maximum", 200_000, undefined],
  [
    "Anthropic, output",
    "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or `max_tokens` and try again",
    200_000,
    11_760,
  ],
  [
    "Anthropic, named",
    "max_tokens: 32768 > context_window: 200000 - input_tokens: 190000 = available_tokens: 10000",
    200_000,
    10_000,
  ],
  [
    "llama.cpp",
    "the request exceeds the available context size (4096 tokens), try increasing it",
    4096,
    undefined,
  ],
  ["llama.cpp, slot", '{"n_prompt_tokens": 9000, "n_ctx": 4096}', 4096, undefined],
  [
    "Google",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    1_048_576,
    undefined,
  ],
  [
    "xAI",
    "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
    131_072,
    undefined,
  ],
  ["in thousands", "maximum context length is 128k tokens", 128_000, undefined],
  [
    "a prompt that leaves nothing",
    "maximum context length is 8192 tokens. you requested 9096 tokens (8192 in the messages, 904 in the completion)",
    8192,
    undefined,
  ],
  ["nothing left, as stated", "max_tokens: available_tokens: 0", undefined, undefined],
  ["no number", "Your input exceeds the context window of this model.", undefined, undefined],
  [
    "another number",
    "The context window is full. Error 20240101 at 10.0.0.1",
    undefined,
    undefined,
  ],
  ["an implausible one", "maximum context length is 12 tokens", undefined, undefined],
  ["the prompt's own size", "context length exceeded: 9000 tokens", undefined, undefined],
];

test.each(statements)("%s: the window and what is left of it", (_, text, window, left) => {
  expect([statedContextLimit(text), statedOutputTokens(text)]).toEqual([window, left]);
});

test.each([
  ["max_tokens is too large: 65536. This model supports at most 16384 completion tokens", 16_384],
  ["Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192],
  ["`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens`", 8192],
  ["max_tokens is too large", undefined],
  ["At most 0 image(s) may be provided", undefined],
])("statedOutputCeiling() reads what the model says at most: %s", (text, ceiling) => {
  expect(statedOutputCeiling(text)).toBe(ceiling);
});
