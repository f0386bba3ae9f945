import * as z from "zod";
import type { NewMessages } from "../core/session_store.ts";
import type { Tool } from "../core/tool.ts";
import { defineInput } from "./input.ts";
import { failure, result } from "./output.ts";
import type { SessionToolDeps } from "./sessions/deps.ts";
import { telling, tellMessage } from "./sessions/told.ts";

const maxChars = 2_000;
/** Time between two looks. Another process tells nobody what it stores. */
const pauseMs = 250;

const input = defineInput("sessions_wait", () =>
  z.object({
    after_cursor: z
      .int()
      .min(0)
      .optional()
      .describe("next_cursor of an earlier result; absent: only what is said from now on"),
    session_id: z.string().optional().describe("Only in this session"),
    timeout_ms: z.int().min(0).max(300_000).default(30_000),
    limit: z.int().min(1).max(200).default(20),
  }),
);

/** Waits until something is said in a session. */
export function createSessionsWaitTool(
  deps: SessionToolDeps,
): Tool<ReturnType<typeof input.parse>> {
  const { clock } = deps;
  return {
    spec: {
      name: "sessions_wait",
      description:
        "Waits until users or models say something new in the sessions of hermes. Give next_cursor of one result as " +
        "after_cursor of the next call, and nothing is missed or told twice.",
      parameters: input.parameters,
    },
    effect: "read",
    parse: input.parse,
    access: () => ({ mode: "shared" }),
    run: ({ after_cursor, session_id, timeout_ms, limit }, { sessionId, signal }) =>
      telling(async () => {
        const givesUpAt = clock.monotonic() + timeout_ms;
        const catalog = await deps.sessions();
        const last = await catalog.cursor();
        let cursor = after_cursor ?? last;
        if (cursor > last) {
          return failure(`The cursor is beyond all that was stored: ${cursor}`, {
            next_cursor: last,
          });
        }
        const options = {
          limit,
          // What this very turn says is no news.
          except: sessionId === "" ? [] : [sessionId],
          ...(session_id === undefined ? {} : { within: (await catalog.resolve(session_id)).id }),
        };
        while (!signal.aborted) {
          const found = await catalog.messagesAfter(cursor, options);
          if (found.messages.length > 0) return toldMessages(deps, found);
          cursor = found.cursor;
          const leftMs = givesUpAt - clock.monotonic();
          if (leftMs <= 0) return toldMessages(deps, found);
          // Rejects when the call is given up, which is looked at above.
          await clock.sleep(Math.min(pauseMs, leftMs), signal).catch(() => undefined);
        }
        return failure("The wait was ended", { next_cursor: cursor });
      }),
  };
}

function toldMessages({ redact }: SessionToolDeps, { messages, cursor }: NewMessages) {
  return result({
    reason: messages.length > 0 ? "messages" : "timeout",
    messages: messages.flatMap((stored) => {
      const message = tellMessage(stored, { redact, maxChars });
      return message ? [{ session_id: stored.sessionId, ...message }] : [];
    }),
    next_cursor: cursor,
  });
}
