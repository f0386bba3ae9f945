import { HermesError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";

/** A notification of codex. */
export interface EarlyMessage {
  readonly method: string;
  readonly params: Json;
}

/** How much may be held back: messages, and characters of JSON in them. */
const maxMessages = 10_000;
const maxLength = 64 * 1_048_576;

/** What codex tells before it is known whom it is for, in order; bounded, for codex decides how long that lasts. */
export class EarlyMessages {
  #held: { readonly message: EarlyMessage; readonly length: number }[] = [];
  #length = 0;

  /** @throws {HermesError} `stream/invalid` when it is too much; nothing is held back any more then */
  add(message: EarlyMessage): void {
    const length = JSON.stringify(message.params).length;
    if (this.#held.length === maxMessages || this.#length + length > maxLength) {
      this.take();
      throw tooMuch();
    }
    this.#held.push({ message, length });
    this.#length += length;
  }

  /** Drops what is not wanted. */
  keep(isWanted: (message: EarlyMessage) => boolean): void {
    this.#held = this.#held.filter(({ message }) => isWanted(message));
    this.#length = this.#held.reduce((sum, { length }) => sum + length, 0);
  }

  /** The first that is wanted. */
  find(isWanted: (message: EarlyMessage) => boolean): EarlyMessage | undefined {
    return this.#held.find(({ message }) => isWanted(message))?.message;
  }

  /** What is held back; nothing is from then on. */
  take(): readonly EarlyMessage[] {
    this.#length = 0;
    return this.#held.splice(0).map(({ message }) => message);
  }
}

function tooMuch(): HermesError {
  return new HermesError(
    "stream/invalid",
    `codex said more than ${maxMessages} things or ${maxLength / 1_048_576} MB before it named the turn`,
    { hint: "hermes codex status" },
  );
}
