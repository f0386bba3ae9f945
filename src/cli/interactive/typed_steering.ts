import type { UserMessage } from "../../core/item.ts";
import { Steering } from "../../core/steering.ts";
import type { Talk, TypedMessage } from "./talk.ts";

export interface TypedSteeringDeps {
  readonly talk: Pick<Talk, "onMessage" | "delivered">;
  /** Whether a text is said to the turn; what is not waits for its end. */
  readonly isForTurn: (text: string) => boolean;
  /** The parts of a message; rejects for one that cannot be sent as it is. */
  readonly expand: (text: string) => Promise<UserMessage["parts"]>;
}

/**
 * Lets the messages that are sent while a turn runs steer it, in their order. What the turn did not take stays where it
 * waits, and is the next message. Dispose when the turn has ended.
 */
export class TypedSteering implements Disposable {
  readonly steering: Steering;
  readonly #deps: TypedSteeringDeps;
  readonly #typed = new Map<string, TypedMessage>();
  readonly #listening: Disposable;
  #last: Promise<void> = Promise.resolve();

  constructor(deps: TypedSteeringDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.steering = new Steering((message) => this.#onTaken(message));
    this.#listening = deps.talk.onMessage((message) => {
      // What is said after an interrupt is meant for after it.
      if (signal.aborted || !deps.isForTurn(message.text)) return false;
      this.#last = this.#last.then(() => this.#steer(message));
      return true;
    });
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  async #steer(typed: TypedMessage): Promise<void> {
    // One that cannot be sent says why when its turn comes as the next message.
    const parts = await this.#deps.expand(typed.text).catch(() => undefined);
    if (!parts) return;
    const id = crypto.randomUUID();
    this.#typed.set(id, typed);
    this.steering.push({ type: "user-message", id, parts });
  }

  #onTaken({ id }: UserMessage): void {
    const typed = this.#typed.get(id);
    if (typed) this.#deps.talk.delivered(typed);
  }
}
