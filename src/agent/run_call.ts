import type { ApprovalRequest, ApprovalVerdict, Approver } from "../core/approval.ts";
import type { AsyncQueue } from "../core/async_queue.ts";
import type { TurnEvent } from "../core/event.ts";
import type { ToolResult } from "../core/item.ts";
import type { Clock } from "../core/ports.ts";
import type { Question, ToolContext, ToolOutput } from "../core/tool.ts";
import { callSignature, digest } from "./call_signature.ts";
import { hasFailed } from "./call_failure.ts";
import type { GuardedCall, LoopGuard } from "./loop_guard.ts";
import type { CallJob, PreparedCall } from "./prepare_calls.ts";
import { describeThrow } from "./throw_text.ts";

/**
 * How long tools get to end after an interrupt, in milliseconds. A tool that kills a process group needs a few; one
 * that ignores its signal must not hold the turn, and a deadline may be overrun by half a second at most.
 */
const interruptGraceMs = 300;

/** Tools that are called again and again until something has happened elsewhere. */
const polling: ReadonlySet<string> = new Set(["process", "sessions_wait"]);

export interface CallScope {
  readonly sessionId: string;
  readonly turnId: string;
  readonly cwd: string;
  readonly approver: Approver;
  readonly ask?: (question: Question, signal: AbortSignal) => Promise<string | undefined>;
}

/** How a call ended. */
export interface FinishedCall {
  readonly output: ToolOutput;
  /** Present when the tool itself made the output. */
  readonly job?: CallJob;
  readonly deniedByPolicy?: ApprovalRequest;
  /** What the guard says about it; it stands below the output. */
  readonly warning?: string;
}

interface LiveCall {
  readonly events: AsyncQueue<TurnEvent>;
  readonly shell: ToolResult;
  readonly signal: AbortSignal;
}

/** One call under the eyes of the guard: refused by it, or run and counted. */
export async function runGuardedCall(
  deps: { readonly clock: Clock; readonly guard: LoopGuard },
  scope: CallScope,
  prepared: PreparedCall,
  live: LiveCall,
): Promise<FinishedCall> {
  const { guard } = deps;
  const { tool, call } = prepared;
  if (!tool || live.signal.aborted) return await runCall(deps, scope, prepared, live);
  const { name } = tool.spec;
  const guarded: GuardedCall = {
    tool: name,
    signature: await callSignature(name, call.arguments),
    isIdempotent: tool.effect === "read" && !polling.has(name),
  };
  const refusal = guard.refusal(guarded);
  if (refusal !== undefined) {
    guard.refused(guarded);
    live.events.push({ type: "item-start", item: live.shell });
    return { output: errorOutput(refusal) };
  }
  const finished = await runCall(deps, scope, prepared, live);
  if (live.signal.aborted) return finished;
  const { output } = finished;
  const warning = guard.ended(guarded, {
    hasFailed: hasFailed(name, output),
    result: await digest(output.text),
  });
  return warning === undefined ? finished : { ...finished, warning };
}

async function runCall(
  deps: { readonly clock: Clock },
  scope: CallScope,
  prepared: PreparedCall,
  { events, shell, signal }: LiveCall,
): Promise<FinishedCall> {
  events.push({ type: "item-start", item: shell });
  const { job } = prepared;
  if (!job) return { output: errorOutput(prepared.refusal ?? "Refused") };
  if (signal.aborted) return { output: errorOutput("Skipped: the turn was interrupted") };
  const context: ToolContext = {
    sessionId: scope.sessionId,
    turnId: scope.turnId,
    callId: shell.callId,
    cwd: scope.cwd,
    signal,
    onOutput: (delta) =>
      events.push({ type: "item-delta", itemId: shell.id, channel: "output", delta }),
    ask: async (question) => await scope.ask?.(question, signal),
    approver: scope.approver,
    onUsage: (usage) => events.push({ type: "usage", usage }),
  };
  try {
    const denial = await checkPermission(scope.approver, job, context, events);
    if (denial) return denial;
    const output = await untilInterrupted(deps.clock, job.tool.run(job.input, context), signal);
    return { output, job };
  } catch (error) {
    return { output: errorOutput(describeThrow(error)), job };
  }
}

/** The finished call when it must not run, undefined when it may. */
async function checkPermission(
  approver: Approver,
  { tool, input }: CallJob,
  context: ToolContext,
  events: AsyncQueue<TurnEvent>,
): Promise<FinishedCall | undefined> {
  const permission = await tool.permission?.(input, context);
  if (!permission || permission.kind === "allowed") return undefined;
  if (permission.kind === "forbidden") return { output: blockedOutput(permission.reason) };
  const { request } = permission;
  const verdict = await approver.decide(request, context.signal);
  events.push({ type: "approval-decided", subject: request.subject, verdict });
  if (verdict.notice !== undefined) {
    events.push({ type: "notice", level: "warning", text: verdict.notice });
  }
  if (verdict.decision !== "deny") return undefined;
  const output = blockedOutput(`${request.reason}: ${whoDenied[verdict.by]}`);
  return verdict.by === "policy" ? { output, deniedByPolicy: request } : { output };
}

const whoDenied: Record<ApprovalVerdict["by"], string> = {
  user: "the user denied it",
  policy: "not allowed in this run, and nobody can be asked",
  timeout: "nobody answered in time, and silence is not consent",
};

function blockedOutput(reason: string): ToolOutput {
  const error = `BLOCKED: ${reason}. Do not retry it, rephrase it, or reach the same effect in another way`;
  return { text: JSON.stringify({ error, status: "blocked" }), isError: true };
}

function errorOutput(error: string): ToolOutput {
  return { text: JSON.stringify({ error }), isError: true };
}

/** The tool's output, or a stand-in when it does not end soon after an interrupt. */
async function untilInterrupted(
  clock: Clock,
  run: Promise<ToolOutput>,
  signal: AbortSignal,
): Promise<ToolOutput> {
  const settled = new AbortController();
  const interrupted = async (): Promise<ToolOutput> => {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true, signal: settled.signal });
    });
    await clock.sleep(interruptGraceMs, settled.signal);
    return errorOutput("The turn was interrupted while this ran; its effects may be partial");
  };
  const stopped = interrupted();
  // Rejected by `settled` in the usual case: nobody waits for it any more.
  stopped.catch(() => undefined);
  try {
    return await Promise.race([run, stopped]);
  } finally {
    settled.abort();
  }
}
