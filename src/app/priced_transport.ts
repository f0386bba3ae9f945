import type { Usage } from "../core/event.ts";
import type { ModelTransport } from "../core/model.ts";
import type { Dialect } from "../core/provider.ts";

/** What a model costs, in US dollars per million tokens, as the user's configuration says it. */
export interface Price {
  readonly input: number;
  /** As `input` where null. */
  readonly cached_input: number | null;
  readonly output: number;
}

export interface Pricing {
  readonly billing: Dialect["billing"];
  /** By model id. */
  readonly prices: Readonly<Record<string, Price>>;
}

/**
 * The transport, with the cost of each step in its usage as far as it is known: told by a provider of which that is known,
 * else by the user's prices. What a subscription pays has none.
 */
export function pricedTransport(transport: ModelTransport, pricing: Pricing): ModelTransport {
  return {
    async *stream(request, signal) {
      for await (const event of transport.stream(request, signal)) {
        if (event.type !== "step-end") yield event;
        else yield { ...event, usage: withCost(event.usage, request.model, pricing) };
      }
    },
  };
}

/** The usage of one step with its cost, and without one that nobody knows. */
export function withCost(usage: Usage, model: string, { billing, prices }: Pricing): Usage {
  const { costUsd: told, ...tokens } = usage;
  if (billing === "subscription") return tokens;
  if (billing === "told" && told !== undefined) return usage;
  const price = Object.hasOwn(prices, model) ? prices[model] : undefined;
  // A step whose tokens nobody counted has no price either.
  if (!price || tokens.totalTokens === 0) return tokens;
  const cached = Math.min(tokens.cachedInputTokens, tokens.inputTokens);
  const millionths =
    (tokens.inputTokens - cached) * price.input +
    cached * (price.cached_input ?? price.input) +
    tokens.outputTokens * price.output;
  return { ...tokens, costUsd: Math.round(millionths * 1e3) / 1e9 };
}
