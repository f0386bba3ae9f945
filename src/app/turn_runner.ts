import {
  type CompressNow,
  type CompressRequest,
  nothingToCompress,
} from "../agent/compression/on_demand.ts";
import { runSessionTurn, runSessionWork, type SessionTurnDeps } from "../agent/session_turn.ts";
import { defined } from "../core/defined.ts";
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
  /** Where it is by now: another session after a compression. */
  readonly sessionId: string;
  /** What was said and done so far, in the session that it is in. */
  items(): readonly Item[];
  /** Never throws: the last event says how the turn ended. */
  runTurn(
    message: UserMessage,
    signal: AbortSignal,
    steering?: Steering,
  ): AsyncGenerator<TurnEvent, void>;
  /** Compresses the context between turns; never throws, as `runTurn`. Absent where that cannot be done from here. */
  readonly compress?: (
    focus: string | undefined,
    signal: AbortSignal,
  ) => AsyncGenerator<TurnEvent, void>;
}

export interface TurnRunnerDeps extends SessionTurnDeps {
  /** How sessions of the runtime are compressed; absent where that cannot be done from here. */
  readonly compressNow?: CompressNow;
}

export function createTurnRunner(
  { compressNow, ...deps }: TurnRunnerDeps,
  facts: SessionFacts,
  stored: readonly Item[],
): TurnRunner {
  const items: Item[] = [...stored];
  const { outputSchema, ...common } = facts;
  const request = outputSchema ? { ...common, outputSchema: outputSchema.schema } : common;
  let { sessionId, instructions } = facts;
  const runtime = outputSchema ? checkAnswers(deps.runtime, outputSchema) : deps.runtime;

  async function* following(events: AsyncIterable<TurnEvent>): AsyncGenerator<TurnEvent, void> {
    for await (const event of events) {
      if (event.type === "item-end") items.push(event.item);
      if (event.type === "session-split") {
        // What it stands for stays with the session that was left.
        items.splice(0, items.length, event.compaction);
        sessionId = event.sessionId;
        instructions = event.instructions ?? instructions;
      }
      yield event;
    }
  }

  /** What is known of a turn that begins now. */
  function nextTurn(): CompressRequest {
    return { ...request, sessionId, instructions, turnId: newTurnId(), history: [...items] };
  }

  return {
    get sessionId() {
      return sessionId;
    },
    items: () => [...items],
    runTurn(message, signal, steering) {
      const turn = { ...nextTurn(), message, ...defined("steering", steering) };
      return following(runSessionTurn({ ...deps, runtime }, turn, signal));
    },
    ...(compressNow && {
      async *compress(focus, signal) {
        const session = nextTurn();
        // A session that was never spoken in leaves no trace.
        if (items.length === 0) yield* nothingToCompress();
        else {
          const work = (ended: AbortSignal) => compressNow(session, focus, ended);
          yield* following(runSessionWork(deps, session, work, signal));
        }
      },
    }),
  };
}
