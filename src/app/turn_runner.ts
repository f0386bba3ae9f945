import { runSessionTurn, type SessionTurnDeps } from "../agent/session_turn.ts";
import type { TurnEvent } from "../core/event.ts";
import type { Item, UserMessage } from "../core/item.ts";
import type { TurnRequest } from "../core/runtime.ts";
import type { Steering } from "../core/steering.ts";
import { type AnswerSchema, checkAnswers } from "./answer_check.ts";
import { newTurnId } from "./ids.ts";

/** What is the same for every turn of a session. */
export interface SessionFacts extends Omit<
  TurnRequest,
  "turnId" | "history" | "message" | "outputSchema" | "steering"
> {
  /** A turn whose answer does not follow it has failed. */
  readonly outputSchema?: AnswerSchema;
}

/** Runs the turns of a session one after the other, each knowing what came before. */
export interface TurnRunner {
  /** What was said and done so far. */
  items(): readonly Item[];
  /** Never throws: the last event says how the turn ended. */
  runTurn(
    message: UserMessage,
    signal: AbortSignal,
    steering?: Steering,
  ): AsyncGenerator<TurnEvent, void>;
}

export function createTurnRunner(
  deps: SessionTurnDeps,
  facts: SessionFacts,
  stored: readonly Item[],
): TurnRunner {
  const items: Item[] = [...stored];
  const { outputSchema, ...common } = facts;
  const request = outputSchema ? { ...common, outputSchema: outputSchema.schema } : common;
  const runtime = outputSchema ? checkAnswers(deps.runtime, outputSchema) : deps.runtime;
  return {
    items: () => [...items],
    async *runTurn(message, signal, steering) {
      const turn = {
        ...request,
        turnId: newTurnId(),
        history: [...items],
        message,
        ...(steering && { steering }),
      };
      for await (const event of runSessionTurn({ ...deps, runtime }, turn, signal)) {
        if (event.type === "item-end") items.push(event.item);
        // What it stands for stays with the session that was left.
        if (event.type === "session-split") items.splice(0, items.length, event.compaction);
        yield event;
      }
    },
  };
}
