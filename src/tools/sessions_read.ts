import * as z from "zod";
import { wholeItems } from "../core/whole_items.ts";
import type { Tool } from "../core/tool.ts";
import { defineInput } from "./input.ts";
import { failure, result } from "./output.ts";
import type { SessionToolDeps } from "./sessions/deps.ts";
import { roles, telling, tellMessage, tellSession } from "./sessions/told.ts";

const maxChars = 2_000;

const input = defineInput("sessions_read", () =>
  z.object({
    session_id: z.string().min(1).describe("Id, unique beginning of an id, or title"),
    limit: z.int().min(1).max(200).default(50).describe("The last so many messages"),
    before_message_id: z.string().optional().describe("Only those before this message"),
    role_filter: z.array(z.enum(roles)).min(1).default(["user", "assistant"]),
  }),
);

/** Reads the messages of a stored session, the last ones first to be asked for. */
export function createSessionsReadTool(
  deps: SessionToolDeps,
): Tool<ReturnType<typeof input.parse>> {
  return {
    spec: {
      name: "sessions_read",
      description:
        "Reads the last messages of a session of hermes, in their order; before_message_id pages back.",
      parameters: input.parameters,
    },
    effect: "read",
    parse: input.parse,
    access: () => ({ mode: "shared" }),
    run: ({ session_id, limit, before_message_id: before, role_filter }) =>
      telling(async () => {
        const catalog = await deps.sessions();
        const session = await catalog.whole((await catalog.resolve(session_id)).id);
        const items = await wholeItems(catalog, session);
        const end =
          before === undefined ? items.length : items.findIndex(({ item }) => item.id === before);
        if (end === -1) {
          return failure(`There is no such message in session ${session.id}: ${before ?? ""}`);
        }
        const told = items.slice(0, end).flatMap((stored) => {
          const message = tellMessage(stored, { redact: deps.redact, maxChars });
          return message && role_filter.includes(message.role) ? [message] : [];
        });
        const messages = told.slice(-limit);
        return result({
          session: tellSession(session, deps.redact),
          count: messages.length,
          messages,
          messages_before: told.length - messages.length,
        });
      }),
  };
}
