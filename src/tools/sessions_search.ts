import * as z from "zod";
import type { Tool } from "../core/tool.ts";
import { defineInput } from "./input.ts";
import { result } from "./output.ts";
import type { SessionToolDeps } from "./sessions/deps.ts";
import { roles, telling, tellHit, tellSession } from "./sessions/told.ts";

const input = defineInput("sessions_search", () =>
  z.object({
    query: z
      .string()
      .trim()
      .min(1)
      .describe('Words to find; "quoted phrases", OR, NOT and word* are understood'),
    limit: z.int().min(1).max(200).default(20),
    sort: z.enum(["newest", "oldest"]).optional().describe("Absent: the best first"),
    session_id: z.string().optional().describe("Only in this session"),
    role_filter: z.array(z.enum(roles)).min(1).optional().describe("Absent: everybody's messages"),
  }),
);

/** Finds where words were said in the stored sessions. */
export function createSessionsSearchTool(
  deps: SessionToolDeps,
): Tool<ReturnType<typeof input.parse>> {
  return {
    spec: {
      name: "sessions_search",
      description: "Finds where words were said in the sessions of hermes.",
      parameters: input.parameters,
    },
    effect: "read",
    parse: input.parse,
    access: () => ({ mode: "shared" }),
    run: ({ query, limit, sort, session_id, role_filter }) =>
      telling(async () => {
        const catalog = await deps.sessions();
        const within =
          session_id === undefined ? undefined : (await catalog.resolve(session_id)).id;
        const hits = await catalog.search(query, {
          limit,
          ...(within === undefined ? {} : { within }),
          ...(sort === undefined ? {} : { order: sort }),
          ...(role_filter === undefined ? {} : { roles: role_filter }),
        });
        return result({
          count: hits.length,
          hits: hits.map((hit) => ({
            session: tellSession(hit.session, deps.redact),
            ...tellHit(hit, deps.redact),
          })),
        });
      }),
  };
}
