import type { HermesError } from "../core/errors.ts";
import type { TurnOutcome } from "../core/event.ts";
import type { JsonObject } from "../core/json.ts";
import type { AgentRuntime } from "../core/runtime.ts";

/** The JSON schema that a final answer must follow, and the check of it. */
export interface AnswerSchema {
  readonly schema: JsonObject;
  /** What is wrong with an answer (`turn/answer_invalid`), or undefined. */
  check(answer: string): HermesError | undefined;
}

/** The runtime, whose turns fail where their answer does not follow the schema: before their end is stored. */
export function checkAnswers(runtime: AgentRuntime, schema: AnswerSchema): AgentRuntime {
  return {
    async *runTurn(turn, signal) {
      for await (const event of runtime.runTurn(turn, signal)) {
        if (event.type !== "turn-end") yield event;
        else yield { ...event, outcome: checkOutcome(event.outcome, schema) };
      }
    },
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  };
}

/** How a turn ended, with its answer checked. Which items it completed is for whoever stored them to say. */
export function checkOutcome(outcome: TurnOutcome, schema: AnswerSchema): TurnOutcome {
  if (outcome.status !== "completed") return outcome;
  const error = schema.check(outcome.finalText);
  return error === undefined ? outcome : { status: "failed", error, completedItemIds: [] };
}
