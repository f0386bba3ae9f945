import type { Tool } from "../core/tool.ts";
import type { SessionToolDeps } from "./sessions/deps.ts";
import { createSessionsListTool } from "./sessions_list.ts";
import { createSessionsReadTool } from "./sessions_read.ts";
import { createSessionsSearchTool } from "./sessions_search.ts";
import { createSessionsWaitTool } from "./sessions_wait.ts";

/** The toolset `sessions`, for programs that look after hermes. Apart from the others: their schemas cost milliseconds. */
export function createSessionTools(deps: SessionToolDeps): readonly Tool[] {
  return [
    createSessionsListTool(deps),
    createSessionsReadTool(deps),
    createSessionsSearchTool(deps),
    createSessionsWaitTool(deps),
  ];
}
