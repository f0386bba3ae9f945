import { addUsage, noUsage, type Usage } from "../core/event.ts";

/**
 * The tokens of one turn, from what codex tells of the whole thread. What one step used (`last`) is told twice, not at
 * all, or as an estimate, depending on the version and on how the step ended; only the sum of the thread never counts
 * anything twice.
 */
export class TokenCount {
  #thread: Usage | undefined;
  #turn: Usage = noUsage;

  /** `before` is what the thread had used before the turn; undefined where that is not known. */
  constructor(before: Usage | undefined) {
    this.#thread = before;
  }

  /** Of the turn. */
  get turn(): Usage {
    return this.#turn;
  }

  /** Of the thread; undefined as long as nothing is known of it. */
  get thread(): Usage | undefined {
    return this.#thread;
  }

  /** Codex tells of another turn of the thread: what is used by then is not of this one. */
  pass(total: Usage): void {
    this.#thread = total;
  }

  /**
   * Codex tells what is used by now. `fresh` is the part of it that is certainly of this turn: it counts where nothing
   * is known of before. Some versions begin a turn with what they ended the one before it with.
   */
  add(total: Usage, fresh: Usage): void {
    const before = this.#thread ?? difference(total, fresh);
    this.#turn = addUsage(this.#turn, difference(total, before));
    this.#thread = total;
  }
}

/** What came to a count; codex starts from nothing again when the context window has overflowed. */
function difference(after: Usage, before: Usage): Usage {
  const grown = (field: Exclude<keyof Usage, "costUsd">): number =>
    Math.max(0, after[field] - before[field]);
  const [inputTokens, outputTokens] = [grown("inputTokens"), grown("outputTokens")];
  return {
    inputTokens,
    cachedInputTokens: grown("cachedInputTokens"),
    outputTokens,
    reasoningTokens: grown("reasoningTokens"),
    totalTokens: inputTokens + outputTokens,
  };
}
