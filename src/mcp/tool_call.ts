import type { CallToolResult } from "@modelcontextprotocol/server";
import { HermesError, toHermesError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { Clock } from "../core/ports.ts";
import type { Tool, ToolContext } from "../core/tool.ts";
import type { CallLanes } from "./call_lanes.ts";
import { callResult, refusedCall } from "./content.ts";
import type { Reports } from "./reports.ts";

/** How long a tool that was cancelled gets to end before the next one is let in, in milliseconds. */
const cancelGraceMs = 300;

/** What calls have in common. */
export interface CallDeps {
  readonly clock: Clock;
  readonly lanes: CallLanes;
  /** Masks secrets in what a tool puts out. */
  readonly redact: (text: string) => string;
  readonly reports: Reports;
}

/**
 * Runs one call. Nobody can be asked over this wire, so a call that needs an approval is refused. Whatever goes wrong is
 * a result that a model can read; only a call that was cancelled has none.
 * @throws {HermesError} `turn/interrupted` when it was cancelled
 */
export async function runToolCall(
  deps: CallDeps,
  tool: Tool,
  args: JsonObject,
  context: ToolContext,
): Promise<CallToolResult> {
  const { redact } = deps;
  try {
    const input = tool.parse(JSON.stringify(args));
    const refusal = await refusalOf(tool, input, context);
    if (refusal !== undefined) return refusedCall(refusal, redact);
    const access = tool.access?.(input, context.cwd) ?? { mode: "exclusive" };
    const work = () => untilCancelled(deps.clock, tool.run(input, context), context.signal);
    return callResult(await deps.lanes.run(access, work, context.signal), redact);
  } catch (error) {
    if (context.signal.aborted) throw error;
    if (error instanceof HermesError && error.code !== "internal/bug") {
      const { message, hint } = error;
      return refusedCall(hint === undefined ? message : `${message} (${hint})`, redact);
    }
    const bug = toHermesError(error);
    const stack = error instanceof Error ? error.stack : undefined;
    deps.reports.warn(`${tool.spec.name}: ${stack ?? bug.message}`);
    return refusedCall(`${tool.spec.name} failed: ${bug.message}`, redact);
  }
}

/** Why a call must not run; undefined where it may. */
async function refusalOf(
  tool: Tool,
  input: unknown,
  context: ToolContext,
): Promise<string | undefined> {
  const permission = (await tool.permission?.(input, context)) ?? { kind: "allowed" };
  switch (permission.kind) {
    case "allowed":
      return undefined;
    case "forbidden":
      return permission.reason;
    case "ask":
      return (
        `Not run: it needs an approval (${permission.request.reason}), and nobody can be asked over MCP. ` +
        "Do it without this, or ask the user to do it in hermes"
      );
    default:
      return permission satisfies never;
  }
}

/** The result, or the end of patience with a tool that does not care for its signal. */
async function untilCancelled<T>(clock: Clock, work: Promise<T>, signal: AbortSignal): Promise<T> {
  let cancel: () => void = () => undefined;
  const cancelled = new Promise<never>((_, reject) => {
    cancel = () => {
      void clock
        .sleep(cancelGraceMs)
        .then(() => reject(new HermesError("turn/interrupted", "The call was cancelled")));
    };
  });
  // Whichever loses the race is nobody's failure.
  cancelled.catch(() => undefined);
  work.catch(() => undefined);
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    return await Promise.race([work, cancelled]);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
