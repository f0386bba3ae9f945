import type { ApprovalRequest } from "../core/approval.ts";
import { AsyncQueue } from "../core/async_queue.ts";
import type { TurnEvent } from "../core/event.ts";
import type { ToolCall, ToolResult } from "../core/item.ts";
import type { Clock, FileStore } from "../core/ports.ts";
import type { Tool } from "../core/tool.ts";
import type { HintFinder } from "./directory_hints.ts";
import type { GuardSettings, LoopGuard } from "./loop_guard.ts";
import { groupCalls } from "./parallel_gate.ts";
import { type CallJob, prepareCalls } from "./prepare_calls.ts";
import { maxResultChars, ResultBudget, type ResultSpill } from "./result_size.ts";
import { type CallScope, type FinishedCall, runGuardedCall } from "./run_call.ts";
import { shownText } from "./shown_text.ts";
import { nonceOf } from "./untrusted.ts";

export interface ToolCallDeps {
  readonly tools: readonly Tool[];
  readonly clock: Clock;
  readonly spill: ResultSpill;
  /** Made at random where it counts: fences of what others wrote are made of it too. */
  newId(): string;
  /** Where the instructions of sub-directories are read; absent: nowhere. */
  readonly files?: Pick<FileStore, "stat" | "readText">;
  /** The usual ones where absent. */
  readonly guardSettings?: GuardSettings;
}

export interface ToolCallScope extends CallScope {
  /** Counts the calls of the turn. */
  readonly guard: LoopGuard;
  readonly hints?: HintFinder;
}

/** What the loop must know of a finished batch. */
export interface BatchReport {
  readonly results: readonly ToolResult[];
  /** Calls that could not even be tried: unknown tool, unreadable arguments. */
  readonly invalidCalls: number;
  /** Those of them whose tool does not exist. */
  readonly unknownTools: number;
  readonly succeededCalls: number;
  /** What was denied because nobody could be asked. */
  readonly deniedByPolicy: readonly ApprovalRequest[];
}

/**
 * Runs the calls of one step: parse, permission, run, fit. Yields start, live output and end of each result; ends come
 * in the order of the calls. Every call gets a result, whatever happens; an interrupt gives the rest of them one too.
 */
export async function* runToolCalls(
  deps: ToolCallDeps,
  scope: ToolCallScope,
  calls: readonly ToolCall[],
  signal: AbortSignal,
): AsyncGenerator<TurnEvent, BatchReport> {
  const { guard, cwd } = scope;
  const prepared = prepareCalls(deps.tools, calls, cwd);
  const budget = new ResultBudget(deps.spill, scope.sessionId);
  const results: ToolResult[] = [];
  const deniedByPolicy: ApprovalRequest[] = [];
  for (const group of groupCalls(prepared)) {
    const events = new AsyncQueue<TurnEvent>();
    const runs = group.map((entry) => {
      const shell = emptyResult(deps.newId(), entry.call.callId);
      const live = { events, shell, signal };
      return { shell, finished: runGuardedCall({ clock: deps.clock, guard }, scope, entry, live) };
    });
    const allFinished = Promise.all(runs.map((run) => run.finished)).finally(() => events.end());
    yield* events;
    await allFinished;
    for (const { shell, finished } of runs) {
      const call = await finished;
      if (call.deniedByPolicy !== undefined) deniedByPolicy.push(call.deniedByPolicy);
      const text = await shownResult(deps, { scope, budget, shell }, call);
      const result: ToolResult = { ...shell, output: text, isError: call.output.isError };
      results.push(result);
      yield { type: "item-end", item: result };
    }
  }
  return {
    results,
    deniedByPolicy,
    invalidCalls: prepared.filter((entry) => entry.invalid !== undefined).length,
    unknownTools: prepared.filter((entry) => entry.invalid === "unknown-tool").length,
    succeededCalls: results.filter((result) => !result.isError).length,
  };
}

function emptyResult(id: string, callId: string): ToolResult {
  return { type: "tool-result", id, callId, output: "", isError: false };
}

/**
 * What the model gets of a result: as much as fits, in a fence where somebody else wrote it, and below it what the project
 * and the guard have to say. It is made once and stored: later requests send the same bytes.
 */
async function shownResult(
  deps: ToolCallDeps,
  at: {
    readonly scope: ToolCallScope;
    readonly budget: ResultBudget;
    readonly shell: ToolResult;
  },
  { output, job, warning }: FinishedCall,
): Promise<string> {
  const { scope, budget, shell } = at;
  const source = job && sourceOf(job, deps.spill);
  const text = await budget.fit(
    { callId: shell.callId, isFromOutside: source !== undefined },
    output.text,
    job ? (job.tool.maxResultChars ?? maxResultChars) : undefined,
  );
  return shownText({
    text,
    ...(source === undefined ? {} : { fence: { source, nonce: nonceOf(deps.newId()) } }),
    hints: job ? ((await scope.hints?.hintsFor(job.touched)) ?? []) : [],
    ...(warning === undefined ? {} : { warning }),
  });
}

/** Who wrote what a call brings, where that is neither the user nor the user's machine. */
function sourceOf({ tool, touched }: CallJob, spill: ResultSpill): string | undefined {
  const { spec, effect, untrusted } = tool;
  if (untrusted !== undefined) return untrusted;
  if (effect === "network") return `the tool ${spec.name}`;
  return touched.some((path) => spill.isFromOutside?.(path))
    ? "an earlier result, written by somebody from outside"
    : undefined;
}
