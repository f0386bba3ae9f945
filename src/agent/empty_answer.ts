import * as prompts from "./prompts.ts";

/** Tools that keep the agent's own house: what was said beside them was meant as the answer. */
const housekeeping: ReadonlySet<string> = new Set([
  "memory",
  "todo",
  "skill_manage",
  "session_search",
]);

const thinkingContinuations = 2;
const retries = 3;

/** What is known when an answer came to nothing. */
export interface EmptyAnswer {
  /** What the user saw of this turn last, `""` for nothing. */
  readonly earlierText: string;
  /** Names of the tools that ran in this turn. */
  readonly tools: readonly string[];
  readonly hasReasoning: boolean;
  /** The transport has tried it again already, as often as it was told to. */
  readonly wasRetried: boolean;
}

/** What is done about an empty answer; `give-up`: nothing but another provider can help. */
export type EmptyRung =
  | { readonly kind: "finish"; readonly text: string }
  | { readonly kind: "ask-again"; readonly nudge?: string }
  | { readonly kind: "give-up" };

/** The steps by which an answer is asked for again, one after the other, while answers stay empty. */
export class EmptyLadder {
  #toolsRan = false;
  #thinking = 0;
  #retried = 0;

  /** The model did something else: what was tried is forgotten. */
  reset(): void {
    this.#thinking = 0;
    this.#retried = 0;
  }

  /** Results are there that the model has to say something about. */
  toolsRan(): void {
    this.reset();
    this.#toolsRan = true;
  }

  next({ earlierText, tools, hasReasoning, wasRetried }: EmptyAnswer): EmptyRung {
    const onlyHousekeeping = tools.length > 0 && tools.every((name) => housekeeping.has(name));
    if (onlyHousekeeping && earlierText.trim() !== "") {
      return { kind: "finish", text: earlierText };
    }
    if (this.#toolsRan) {
      this.#toolsRan = false;
      return { kind: "ask-again", nudge: prompts.answerAfterTools };
    }
    if (hasReasoning && this.#thinking < thinkingContinuations) {
      this.#thinking++;
      return { kind: "ask-again", nudge: prompts.answerAfterThinking };
    }
    if (!wasRetried && this.#retried < retries) {
      this.#retried++;
      return { kind: "ask-again" };
    }
    return { kind: "give-up" };
  }
}
