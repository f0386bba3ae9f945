import type { ModelEndpoint } from "../core/provider.ts";
import type { DecoderState } from "./decoder.ts";

/**
 * What a user sets about waiting, in ms; 0 switches a limit off, an absent one has the default below. What is set holds
 * for servers on this machine too.
 */
export interface Watchdogs {
  /** For the first event of an answer. */
  readonly firstEventMs?: number;
  /** Whether `firstEventMs` also holds for long prompts where the vendor is known to take its time. */
  readonly firstEventStrict?: boolean;
  /** Estimated tokens from which a prompt is long; 25,000. */
  readonly longPromptTokens?: number;
  /** Between two events. */
  readonly eventGapMs?: number;
  /** For silence of any kind, where nothing more exact holds. */
  readonly staleMs?: number;
  /** For the whole step; 30 minutes. */
  readonly requestMs?: number;
}

/** Limits of one step in ms; an absent one does not exist. */
export interface StepLimits {
  readonly firstMs?: number;
  readonly gapMs?: number;
  readonly overallMs?: number;
}

/** For the counts that may follow the last word of an answer. */
const countsGraceMs = 5_000;
/** For the end of a body that has said everything. */
const drainMs = 100;

/** How long an answer may be silent, by how far it has come. */
export function gapAfter(state: DecoderState, limits: StepLimits): number | undefined {
  switch (state) {
    case "open":
      return limits.gapMs;
    case "answered":
      return countsGraceMs;
    case "finished":
      return drainMs;
    default:
      return state satisfies never;
  }
}

/** ms by estimated tokens of the prompt: the last row whose size is exceeded holds. */
type BySize = readonly (readonly [tokens: number, ms: number])[];

const firstEvent: BySize = [
  [0, 120_000],
  [50_000, 150_000],
  [100_000, 240_000],
];
/** A reasoning model may think for minutes without a word. */
const eventGap: BySize = [
  [0, 180_000],
  [50_000, 240_000],
  [100_000, 300_000],
];
/** Where events keep coming while the model thinks. */
const steadyEventGap: BySize = [
  [0, 12_000],
  [10_000, 60_000],
  [50_000, 120_000],
  [100_000, 180_000],
];
/** Where a long prompt is worked on before the first event. */
const longPromptFirstEvent: BySize = [
  [0, 600_000],
  [50_000, 900_000],
  [100_000, 1_200_000],
];
const requestMs = 1_800_000;

/** How long to wait for an answer to a prompt of about `estimatedTokens`. */
export function limitsFor(
  endpoint: ModelEndpoint,
  estimatedTokens: number,
  set: Watchdogs = {},
): StepLimits {
  const isSteady = endpoint.dialect.steadyEvents === true;
  const isLong = estimatedTokens >= (set.longPromptTokens ?? 25_000);
  const isSlowStart = isSteady && isLong && set.firstEventStrict !== true;
  const first = isSlowStart
    ? (set.staleMs ?? implied(longPromptFirstEvent))
    : (set.firstEventMs ?? set.staleMs ?? implied(firstEvent));
  const gap = set.eventGapMs ?? set.staleMs ?? implied(isSteady ? steadyEventGap : eventGap);
  const overall = set.requestMs ?? requestMs;

  /** A server on this machine may load a model first, or compute on a slow processor. */
  function implied(rows: BySize): number {
    return endpoint.isLocal
      ? 0
      : (rows.findLast(([tokens]) => estimatedTokens > tokens)?.[1] ?? rows[0]?.[1] ?? 0);
  }
  return {
    ...(first > 0 && { firstMs: first }),
    ...(gap > 0 && { gapMs: gap }),
    ...(overall > 0 && { overallMs: overall }),
  };
}
