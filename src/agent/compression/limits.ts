/** How the user wants contexts to be compressed, for one model. */
export interface CompressionSettings {
  /** Tokens that the model can hold. */
  readonly contextLength: number;
  /** Share of the context at which it is compressed, 0 to 1. */
  readonly threshold: number;
  /** Share of the threshold that the last messages may keep. */
  readonly targetRatio: number;
  /** Messages at the beginning that stay, besides the system prompt. */
  readonly protectFirst: number;
  /** Messages at the end that stay, if they are not too large. */
  readonly protectLast: number;
  /** Whether it is compressed without being asked. */
  readonly isAutomatic: boolean;
  /** Whether a summary that cannot be made leaves the context as it is, where there is still room. */
  readonly abortsOnFailure: boolean;
}

/** Below this a share of a small window would leave next to nothing to work with, in tokens. */
const leastThreshold = 64_000;
/** The model's answer and the next results must still fit behind the threshold. */
const mostOfContext = 0.85;

/** Tokens at which a context is compressed. */
export function thresholdTokens({
  contextLength,
  threshold,
}: Pick<CompressionSettings, "contextLength" | "threshold">): number {
  const wanted = Math.max(threshold * contextLength, leastThreshold);
  return Math.floor(Math.min(wanted, mostOfContext * contextLength));
}

/** Tokens that the last messages may keep. */
export function tailTokens(settings: CompressionSettings): number {
  const ratio = Math.min(0.8, Math.max(0.1, settings.targetRatio));
  return Math.floor(ratio * thresholdTokens(settings));
}

/** Tokens that a summary of so many tokens may take. */
export function summaryTokens(contentTokens: number, contextLength: number): number {
  const most = Math.min(0.05 * contextLength, 12_000);
  return Math.floor(Math.min(Math.max(0.2 * contentTokens, 2_000), most));
}

/** Models that want another threshold than the configured one, by the beginning of their last path segment. */
const overrides: readonly {
  readonly model: string;
  readonly provider?: string;
  readonly threshold: number;
  /** Whether the user can switch it off. */
  readonly isAutoRaise?: true;
}[] = [
  // Its reasoning fills half of the window in a few steps.
  { model: "trinity-large-thinking", threshold: 0.75 },
  // Its window there is smaller than the model's own, and half of that would be reached at once.
  { model: "gpt-5.5", provider: "openai-codex", threshold: 0.85, isAutoRaise: true },
];

/** The threshold of a model: the configured one, or what the model wants. */
export function thresholdFor(
  { provider, model }: { readonly provider: string; readonly model: string },
  configured: { readonly threshold: number; readonly autoRaise: boolean },
): number {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  const row = overrides.find(
    (each) =>
      name.startsWith(each.model) &&
      (each.provider === undefined || each.provider === provider) &&
      (each.isAutoRaise !== true || configured.autoRaise),
  );
  return Math.max(row?.threshold ?? 0, configured.threshold);
}
