import { findProvider } from "./providers.ts";
import type { ResolvedModel } from "./resolve_endpoint.ts";

/** What a family of models can hold. */
interface WindowRow {
  /** Beginning of a model's name, without its vendor. */
  readonly model: string;
  /** Where it is offered with another window than the model's own. */
  readonly provider?: string;
  readonly tokens: number;
}

/**
 * Windows as the vendors' model pages tell them (developers.openai.com, docs.x.ai, platform.claude.com, ai.google.dev,
 * api-docs.deepseek.com, platform.moonshot.ai, docs.z.ai, platform.minimax.io, qwen.ai; November 2026). The smaller one
 * where a family has several: too early costs a summary, too late a refusal. The first row that fits holds.
 */
const rows: readonly WindowRow[] = [
  { provider: "openai-codex", model: "gpt-5", tokens: 272_000 },
  { model: "gpt-5", tokens: 400_000 },
  { model: "gpt-4.1", tokens: 1_047_576 },
  { model: "gpt-4o", tokens: 128_000 },
  { model: "gpt-oss", tokens: 131_072 },
  { model: "codex-mini", tokens: 200_000 },
  { model: "o1", tokens: 200_000 },
  { model: "o3", tokens: 200_000 },
  { model: "o4", tokens: 200_000 },
  { model: "grok-4-fast", tokens: 2_000_000 },
  { model: "grok-4.1-fast", tokens: 2_000_000 },
  { model: "grok-4-1-fast", tokens: 2_000_000 },
  { model: "grok-4", tokens: 256_000 },
  { model: "grok-code", tokens: 256_000 },
  { model: "grok-3", tokens: 131_072 },
  { model: "claude", tokens: 200_000 },
  { model: "gemini", tokens: 1_048_576 },
  { model: "deepseek", tokens: 128_000 },
  { model: "kimi-k2", tokens: 262_144 },
  { model: "kimi-for-coding", tokens: 262_144 },
  { model: "kimi", tokens: 131_072 },
  { model: "mimo", tokens: 262_144 },
  { model: "glm-4.5", tokens: 131_072 },
  { model: "glm", tokens: 200_000 },
  { model: "minimax-m2", tokens: 204_800 },
  { model: "qwen3-coder", tokens: 262_144 },
  { model: "qwen3-max", tokens: 262_144 },
  { model: "qwen3", tokens: 131_072 },
  { model: "llama-4", tokens: 131_072 },
  { model: "llama-3", tokens: 131_072 },
  { model: "mistral", tokens: 128_000 },
  { model: "devstral", tokens: 128_000 },
  { model: "trinity-large", tokens: 131_072 },
];

/** Of a model that no row knows, at a vendor that the program knows. */
const usualWindow = 256_000;
/** The same where only an address is known: servers of one's own are set up with less. */
const smallWindow = 128_000;

/** Tokens that a model can hold where it is asked: what the user configured, else what is known of it. */
export function windowOf({ endpoint, model, contextLength }: ResolvedModel): number {
  const { provider } = endpoint;
  return contextLength ?? contextWindow(provider, model, findProvider(provider) !== undefined);
}

/** Tokens that a model can hold, as far as it is known without asking. */
export function contextWindow(provider: string, model: string, isKnownVendor: boolean): number {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  const row = rows.find(
    (each) =>
      name.startsWith(each.model) && (each.provider === undefined || each.provider === provider),
  );
  return row?.tokens ?? (isKnownVendor ? usualWindow : smallWindow);
}
