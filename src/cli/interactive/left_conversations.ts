import type { Conversation } from "../../app.ts";
import type { Clock } from "../../core/ports.ts";

/** How long a review may go on when the session is left, in milliseconds. */
const reviewGraceMs = 5_000;

/** Conversations that were left while they were reviewed: each is closed when that has ended. */
export class LeftConversations {
  readonly #clock: Pick<Clock, "sleep">;
  readonly #closing = new Map<Conversation, Promise<void>>();

  constructor(clock: Pick<Clock, "sleep">) {
    this.#clock = clock;
  }

  /** Those that are not closed yet. */
  get open(): readonly Conversation[] {
    return [...this.#closing.keys()];
  }

  /** Closes a conversation, one that is being reviewed when that has ended. */
  async leave(conversation: Conversation): Promise<void> {
    const review = conversation.review();
    if (!review) return await conversation[Symbol.asyncDispose]();
    const closed = review
      .then(() => conversation[Symbol.asyncDispose]())
      // What cannot be closed any more is not the next session's trouble.
      .catch(() => undefined)
      .finally(() => this.#closing.delete(conversation));
    this.#closing.set(conversation, closed);
  }

  /** The reviews that still run, also that of the present conversation. */
  reviews(present: Conversation): readonly Promise<unknown>[] {
    return [present.review(), ...this.#closing.values()].filter((review) => review !== undefined);
  }

  /** Waits for reviews, for a moment, or until the signal aborts. */
  async wait(reviews: readonly Promise<unknown>[], signal: AbortSignal): Promise<void> {
    const waited = new AbortController();
    const grace = this.#clock
      .sleep(reviewGraceMs, AbortSignal.any([signal, waited.signal]))
      .catch(() => undefined);
    await Promise.race([Promise.all(reviews), grace]);
    waited.abort();
  }
}
