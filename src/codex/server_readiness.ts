import { HermesError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import type { ServerProblem } from "./server_entries.ts";
import type { ServerStarts } from "./server_starts.ts";
import type { ThreadServers } from "./thread_servers.ts";

/**
 * How long a first turn waits for servers, in milliseconds: codex itself may ask the model after a second, and what comes
 * up later is unknown to that step.
 */
const optionalMs = 5_000;
/** For those that are required: codex gives up itself before, unless the user gave a server more time. */
const requiredMs = 120_000;

export interface ReadinessOptions {
  /** Names of those that we gave to the thread. */
  readonly injected: readonly string[];
  /** Names of those that codex is configured with. */
  readonly defined: readonly string[];
  /** Names of those without which no turn starts. */
  readonly required: readonly string[];
  readonly problems: readonly ServerProblem[];
}

/**
 * Waits until the servers of a thread have come up, or not, and no longer than is bearable.
 * @throws {HermesError} `mcp/unavailable` for a required one; what the signal was aborted with
 */
export async function awaitServers(
  { clock, starts }: { readonly clock: Clock; readonly starts: ServerStarts },
  { injected, defined, required, problems }: ReadinessOptions,
  signal: AbortSignal,
): Promise<void> {
  for (const name of required) {
    if (injected.includes(name) || defined.includes(name)) continue;
    const problem = problems.find(({ server }) => server === name);
    throw unavailable(name, problem?.message ?? "is not configured, or switched off");
  }
  await starts.untilSettled(clock, required, { ms: requiredMs, signal });
  await starts.untilSettled(clock, injected, { ms: optionalMs, signal });
  for (const name of required) {
    const start = starts.of(name);
    if (start.kind === "failed") throw unavailable(name, `cannot be used: ${start.reason}`);
    if (start.kind === "starting" && !starts.isOver) {
      throw unavailable(name, `was not ready within ${requiredMs / 1_000} s`);
    }
  }
}

function unavailable(name: string, what: string): HermesError {
  return new HermesError("mcp/unavailable", `The MCP server ${name} is required and ${what}`, {
    hint: "hermes mcp list",
  });
}

/** What people should know of the servers by now. */
export function serverNews(
  starts: ServerStarts,
  { injected, signIns }: Pick<ThreadServers, "injected" | "signIns">,
): readonly string[] {
  return injected.flatMap((name) => {
    const start = starts.of(name);
    switch (start.kind) {
      case "ready":
        return [];
      case "starting":
        return [`The MCP server ${name} is still starting: its tools come when it is ready`];
      case "failed": {
        const signIn = signIns.get(name);
        const hint = signIn === undefined ? "" : `; sign in with: ${signIn}`;
        return [`The MCP server ${name} cannot be used: ${start.reason}${hint}`];
      }
      default:
        return start satisfies never;
    }
  });
}
