import { abortError } from "../../core/errors.ts";
import type { TurnEvent } from "../../core/event.ts";
import type { TurnRequest } from "../../core/runtime.ts";
import type { ToolSpec } from "../../core/tool.ts";
import type { Compressor } from "./compressor.ts";
import { contextOf } from "./context.ts";

/** A session that shall be compressed between its turns. */
export type CompressRequest = Omit<TurnRequest, "message">;

/** Compresses a session now, `focus` being what matters most; ends as a turn does. */
export type CompressNow = (
  session: CompressRequest,
  focus: string | undefined,
  signal: AbortSignal,
) => AsyncIterable<TurnEvent>;

/** The same for sessions of our own loop. */
export function compressOnDemand(compressor: Compressor, tools: readonly ToolSpec[]): CompressNow {
  return async function* (session, focus, signal) {
    const context = contextOf({ ...session, items: session.history, tools });
    try {
      const split = yield* compressor.onDemand(context, focus, signal);
      if (split === undefined) yield* nothingToCompress();
      else yield done;
    } catch (error) {
      if (!signal.aborted || abortError(signal).code !== "turn/interrupted") throw error;
      yield { type: "turn-end", outcome: { status: "interrupted" } };
    }
  };
}

/** What is told of a session that is short enough, or whose summary came out no shorter than what it stands for. */
export function* nothingToCompress(): Generator<TurnEvent, void> {
  yield {
    type: "notice",
    level: "info",
    text: "The context stays as it is: a summary would not make it smaller yet",
  };
  yield done;
}

const done: TurnEvent = { type: "turn-end", outcome: { status: "completed", finalText: "" } };
