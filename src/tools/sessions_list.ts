import * as z from "zod";
import type { Tool } from "../core/tool.ts";
import { defineInput } from "./input.ts";
import { result } from "./output.ts";
import type { SessionToolDeps } from "./sessions/deps.ts";
import { telling, tellSession } from "./sessions/told.ts";

const input = defineInput("sessions_list", () =>
  z.object({
    limit: z.int().min(1).max(200).default(50),
    source: z.string().optional().describe("Only those that this started: cli, oneshot, ..."),
  }),
);

/** Lists the stored sessions. */
export function createSessionsListTool(
  deps: SessionToolDeps,
): Tool<ReturnType<typeof input.parse>> {
  return {
    spec: {
      name: "sessions_list",
      description: "Lists the sessions of hermes, those that were written to last first.",
      parameters: input.parameters,
    },
    effect: "read",
    parse: input.parse,
    access: () => ({ mode: "shared" }),
    run: ({ limit, source }) =>
      telling(async () => {
        const catalog = await deps.sessions();
        const listed = await catalog.list({ limit, ...(source === undefined ? {} : { source }) });
        const sessions = listed.map((session) => tellSession(session, deps.redact));
        return result({ count: sessions.length, sessions });
      }),
  };
}
