import type { TurnEvent } from "../core/event.ts";
import type { UserMessage } from "../core/item.ts";
import { isJsonObject, type Json } from "../core/json.ts";
import type { Steering } from "../core/steering.ts";

/**
 * What was said to codex while a turn runs. Codex echoes each message when it shows it to its model, in order and behind
 * the one that began the turn: only then it is a part of the turn. What is never echoed has never been seen.
 */
export class SaidMeanwhile {
  readonly #steering: Steering | undefined;
  /** Given to codex, and not echoed. */
  #given: readonly UserMessage[] = [];
  #hasBegun = false;

  constructor(steering: Steering | undefined) {
    this.#steering = steering;
  }

  /** Codex gets the message now. */
  give(message: UserMessage): void {
    this.#given = [...this.#given, message];
  }

  /** Codex did not take it. */
  withdraw(message: UserMessage): void {
    this.#given = this.#given.filter((given) => given !== message);
  }

  /** What a notification of the turn says of it. */
  hear(method: string, params: Json): readonly TurnEvent[] {
    if (method !== "item/completed" || !isUserMessage(params)) return [];
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      return [];
    }
    const [message, ...rest] = this.#given;
    if (!message) return [];
    this.#given = rest;
    this.#steering?.take(message);
    return [
      { type: "item-start", item: message },
      { type: "item-end", item: message },
    ];
  }
}

function isUserMessage(params: Json): boolean {
  const item = isJsonObject(params) ? params["item"] : undefined;
  return isJsonObject(item) && item["type"] === "userMessage";
}
