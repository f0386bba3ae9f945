/** What the provider counted of a request, beside what was estimated of it. */
export interface Measured {
  readonly inputTokens: number;
  readonly estimate: number;
}

/** Growth of an estimate that the next real count is waited for, in tokens. */
const smallGrowth = 4_096;
/** The same as a share of the threshold. */
const smallShare = 0.05;

/**
 * Whether a context is so large that it must be compressed. What the provider counted last counts, with what was added
 * since; a small addition to a context that was below the threshold waits for the next count, since estimates err.
 */
export function isTooLarge(
  estimate: number,
  measured: Measured | undefined,
  { threshold, contextLength }: { readonly threshold: number; readonly contextLength: number },
): boolean {
  if (measured === undefined) return estimate >= threshold;
  const grown = Math.max(0, estimate - measured.estimate);
  const room = (contextLength - threshold) / 2;
  const small = Math.min(Math.max(smallGrowth, smallShare * threshold), room);
  if (measured.inputTokens < threshold && grown <= small) return false;
  return measured.inputTokens + grown >= threshold;
}

/** Compressions in a row that were hardly worth it, at which the automatic ones stop. */
const mostFutile = 2;
/** A compression that saves less is hardly worth it. */
const leastSaving = 0.1;

/** Counts compressions that save next to nothing. */
export class Worth {
  #futile = 0;

  /** `after` is `before` where nothing could be done. */
  note(before: number, after: number): void {
    const saving = before === 0 ? 0 : (before - after) / before;
    this.#futile = saving < leastSaving ? this.#futile + 1 : 0;
  }

  get isFutile(): boolean {
    return this.#futile >= mostFutile;
  }
}
