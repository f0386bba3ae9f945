import { errnoOf } from "../../core/errors.ts";
import type { PromptHistory } from "./prompt_history.ts";
import type { Talk } from "./talk.ts";

export interface MessageMemoryDeps {
  readonly history: PromptHistory;
  readonly talk: Pick<Talk, "say" | "style">;
}

/** Keeps messages for later sessions; that this does not work is told once. */
export class MessageMemory {
  readonly #deps: MessageMemoryDeps;
  #forgets = false;

  constructor(deps: MessageMemoryDeps) {
    this.#deps = deps;
  }

  async keep(text: string): Promise<void> {
    const { history, talk } = this.#deps;
    if (this.#forgets) return;
    try {
      await history.add(text);
    } catch (error) {
      this.#forgets = true;
      const reason = errnoOf(error) ?? String(error);
      await talk.say(talk.style.yellow(`The history cannot be kept: ${reason}`));
    }
  }
}
