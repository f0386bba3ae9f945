/**
 * What refusals state of sizes, in the words of many servers. A number may have commas or be followed by `k`; what is no
 * plausible count of tokens is not read.
 */

const number = String.raw`(\d[\d,_]*)(k?)\b`;

function pattern(source: string): RegExp {
  return new RegExp(source.replaceAll("N", number), "i");
}

/** Each states the window of the model. */
const windows: readonly RegExp[] = [
  // OpenAI, vLLM, OpenRouter, DeepSeek.
  pattern("maximum (?:context|model|input|prompt|sequence) length (?:is|of|:)?\\s*(?:only )?N"),
  // Anthropic: `prompt is too long: 210000 tokens > 200000 maximum`; xAI: `maximum prompt length is 131072`.
  pattern("tokens? ?> ?N(?: tokens?)? maximum"),
  // Anthropic: `188240 + 21333 > 200000`; older forms name the parts.
  pattern("context limit:? \\d[\\d,]* ?\\+ ?\\d[\\d,]* ?> ?N"),
  pattern("context[_ ]window:? N"),
  // llama.cpp: `exceeds the available context size (4096 tokens)`; `n_ctx = 4096` of its slots.
  pattern("context (?:size|length|window)(?: of| is| limit)?(?: only)? ?\\(?N"),
  pattern("n_ctx(?:_slot|_train)?[\"']?\\s*[=:]\\s*N"),
  // vLLM: `max_model_len`; Google: `(1048576) exceeds the maximum number of tokens allowed (1048575)`.
  pattern("max_model_len[^\\d\\n]{0,12}N"),
  pattern("maximum number of (?:input )?tokens allowed \\(?N"),
  // Groq and Bedrock: `input is longer than the maximum of 8192`; `token limit of 32768`.
  pattern("(?:token|context) limit (?:is|of|:) ?N"),
];

/** Below it no chat model's window is, above it none yet. */
const plausible = { from: 1_000, to: 20_000_000 };

/** The tokens of the model's window, where the words of a refusal state them. */
export function statedContextLimit(text: string): number | undefined {
  for (const window of windows) {
    const limit = read(window.exec(text));
    if (limit !== undefined && limit >= plausible.from && limit <= plausible.to) return limit;
  }
  return undefined;
}

/** Characters of a token where a server counts characters: few, so that the guess is on the safe side. */
const charsPerToken = 3;

/** A server that counts the whole prompt in characters: vLLM before it is tokenised. */
const promptChars = pattern("prompt contains N characters");

/** Tokens of the prompt, in refusals that are about the output that was asked for beside it. */
const promptTokens: readonly RegExp[] = [
  // Anthropic: `input length and max_tokens exceed context limit: 188240 + 21333 > 200000`.
  pattern("context limit:? N ?\\+"),
  // OpenRouter: `(5000 of text input, 200 of tool input, 4096 in the output)`.
  pattern("N of text input"),
  // OpenAI: `(5000 in the messages, 4096 in the completion)`; vLLM: `your request has 5000 input tokens`.
  pattern("N in the messages"),
  pattern("(?:request|prompt) (?:has|contains) (?:at least )?N input tokens"),
  pattern("N input tokens"),
];

/** Each states the most that the model says, whatever the prompt. */
const outputCeilings: readonly RegExp[] = [
  // OpenAI: `max_tokens is too large: 99999. This model supports at most 16384 completion tokens`.
  pattern("at most N (?:completion|output) tokens"),
  // DeepSeek: `the valid range of max_tokens is [1, 8192]`.
  pattern("range of max_tokens is \\[\\d+, ?N\\]"),
  // Groq: `` `max_tokens` must be less than or equal to `8192` ``.
  pattern("max_(?:completion_)?tokens`? must be less than or equal to `?N"),
];

/** The most that the model ever says, where the words of a refusal state it. */
export function statedOutputCeiling(text: string): number | undefined {
  for (const ceiling of outputCeilings) {
    const tokens = read(ceiling.exec(text));
    if (tokens !== undefined && tokens > 0) return tokens;
  }
  return undefined;
}

const furtherInput = new RegExp(pattern("N of (?:tool|image|audio|file) input").source, "gi");
const availableTokens = pattern("available[_ ](?:output[_ ])?tokens:?\\s*N");

/**
 * The output tokens that are left beside the prompt, where a refusal of `max_tokens` states them; undefined when the
 * prompt alone is too long, or the words say nothing of it.
 */
export function statedOutputTokens(text: string): number | undefined {
  const available = read(availableTokens.exec(text));
  if (available !== undefined) return available > 0 ? available : undefined;
  if (
    !/max_tokens|max_completion_tokens|max_output_tokens|in the output|in the completion|output tokens/i.test(
      text,
    )
  ) {
    return undefined;
  }
  const limit = statedContextLimit(text);
  const prompt = statedPrompt(text);
  if (limit === undefined || prompt === undefined) return undefined;
  return limit > prompt ? limit - prompt : undefined;
}

function statedPrompt(text: string): number | undefined {
  const characters = read(promptChars.exec(text));
  if (characters !== undefined) return Math.ceil(characters / charsPerToken);
  for (const form of promptTokens) {
    const tokens = read(form.exec(text));
    if (tokens === undefined) continue;
    const others = [...text.matchAll(furtherInput)].map((match) => read(match) ?? 0);
    return others.reduce((sum, count) => sum + count, tokens);
  }
  return undefined;
}

function read(match: RegExpMatchArray | null): number | undefined {
  if (match === null) return undefined;
  const value = Number((match[1] ?? "").replaceAll(/[,_]/g, ""));
  return Number.isSafeInteger(value) ? value * (match[2] === "" ? 1 : 1_000) : undefined;
}
