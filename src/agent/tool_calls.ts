import type { ApprovalRequest, ApprovalVerdict, Approver } from "../core/approval.ts";
import { AsyncQueue } from "../core/async_queue.ts";
import { HermesError } from "../core/errors.ts";
import type { TurnEvent } from "../core/event.ts";
import type { ToolCall, ToolResult } from "../core/item.ts";
import type { Clock } from "../core/ports.ts";
import type { Question, Tool, ToolAccess, ToolContext, ToolOutput } from "../core/tool.ts";
import { groupCalls } from "./parallel_gate.ts";
import { looksTruncated, repairArguments, repairToolName } from "./repair.ts";
import { maxResultChars, ResultBudget, type ResultSpill } from "./result_size.ts";

/**
 * How long tools get to end after an interrupt, in milliseconds. A tool that kills a process group needs a few; one
 * that ignores its signal must not hold the turn, and a deadline may be overrun by half a second at most.
 */
const interruptGraceMs = 300;

export interface ToolCallDeps {
  readonly tools: readonly Tool[];
  readonly clock: Clock;
  readonly spill: ResultSpill;
  newId(): string;
}

export interface ToolCallScope {
  readonly sessionId: string;
  readonly turnId: string;
  readonly cwd: string;
  readonly approver: Approver;
  readonly ask?: (question: Question, signal: AbortSignal) => Promise<string | undefined>;
}

/** What the loop must know of a finished batch. */
export interface BatchReport {
  readonly results: readonly ToolResult[];
  /** Calls that could not even be tried: unknown tool, unreadable arguments. */
  readonly invalidCalls: number;
  readonly succeededCalls: number;
  /** What was denied because nobody could be asked. */
  readonly deniedByPolicy: readonly ApprovalRequest[];
}

interface PreparedCall {
  readonly call: ToolCall;
  readonly access: ToolAccess;
  /** Absent when the call cannot be run: `refusal` is its result. */
  readonly job?: { readonly tool: Tool; readonly input: unknown };
  readonly refusal?: string;
  /** Whether it could not even be tried; a second call of the same kind could. */
  readonly isInvalid?: true;
}

interface FinishedCall {
  readonly output: ToolOutput;
  readonly limit?: number;
  readonly deniedByPolicy?: ApprovalRequest;
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
  const prepared = prepareCalls(deps.tools, calls, scope.cwd);
  const budget = new ResultBudget(deps.spill, scope.sessionId);
  const results: ToolResult[] = [];
  const deniedByPolicy: ApprovalRequest[] = [];
  for (const group of groupCalls(prepared)) {
    const events = new AsyncQueue<TurnEvent>();
    const runs = group.map((entry) => {
      const shell = emptyResult(deps.newId(), entry.call.callId);
      return { shell, finished: runCall(deps, scope, entry, { events, shell, signal }) };
    });
    const allFinished = Promise.all(runs.map((run) => run.finished)).finally(() => events.end());
    yield* events;
    await allFinished;
    for (const { shell, finished } of runs) {
      const { output, limit, deniedByPolicy: denied } = await finished;
      if (denied !== undefined) deniedByPolicy.push(denied);
      const text = await budget.fit(shell.callId, output.text, limit);
      const result: ToolResult = { ...shell, output: text, isError: output.isError };
      results.push(result);
      yield { type: "item-end", item: result };
    }
  }
  return {
    results,
    deniedByPolicy,
    invalidCalls: prepared.filter((entry) => entry.isInvalid === true).length,
    succeededCalls: results.filter((result) => !result.isError).length,
  };
}

function emptyResult(id: string, callId: string): ToolResult {
  return { type: "tool-result", id, callId, output: "", isError: false };
}

function prepareCalls(
  tools: readonly Tool[],
  calls: readonly ToolCall[],
  cwd: string,
): readonly PreparedCall[] {
  const first = new Map<string, ToolCall>();
  const counts = new Map<Tool, number>();
  return calls.map((call) => {
    const signature = `${call.name}\n${call.arguments}`;
    const twin = first.get(signature);
    if (twin) {
      const refusal = `Same call as ${twin.callId} of this step: see its result`;
      return { call, access: { mode: "shared" }, refusal };
    }
    first.set(signature, call);
    const prepared = prepareCall(tools, call, cwd);
    return prepared.job ? withinCount(prepared, prepared.job.tool, counts) : prepared;
  });
}

/** The call, or its refusal when the step has as many of its tool as may run already. */
function withinCount(prepared: PreparedCall, tool: Tool, counts: Map<Tool, number>): PreparedCall {
  const count = (counts.get(tool) ?? 0) + 1;
  counts.set(tool, count);
  const { maxCallsPerStep: most = Infinity, spec } = tool;
  if (count <= most) return prepared;
  const refusal = `At most ${most} calls of ${spec.name} run in one step: send this one again in the next`;
  return { call: prepared.call, access: { mode: "shared" }, refusal };
}

function prepareCall(tools: readonly Tool[], call: ToolCall, cwd: string): PreparedCall {
  const names = tools.map((tool) => tool.spec.name);
  const name = repairToolName(call.name, names);
  const tool = tools.find((candidate) => candidate.spec.name === name);
  if (!tool) {
    return refuse(call, `Unknown tool: ${call.name}. Available tools: ${names.join(", ")}`);
  }
  const rawArguments = repairArguments(call.arguments);
  if (rawArguments === undefined) {
    const advice = looksTruncated(call.arguments)
      ? "they were cut off. Nothing was executed: send the call again in smaller pieces"
      : "they are not valid JSON. Nothing was executed: send the call again with a JSON object";
    return refuse(call, `The arguments of ${tool.spec.name} cannot be read: ${advice}`);
  }
  try {
    const input = tool.parse(rawArguments);
    const access = tool.access?.(input, cwd) ?? { mode: "exclusive" };
    return { call, access, job: { tool, input } };
  } catch (error) {
    return refuse(call, describeThrow(error));
  }
}

function refuse(call: ToolCall, refusal: string): PreparedCall {
  return { call, access: { mode: "shared" }, refusal, isInvalid: true };
}

async function runCall(
  deps: ToolCallDeps,
  scope: ToolCallScope,
  prepared: PreparedCall,
  live: { events: AsyncQueue<TurnEvent>; shell: ToolResult; signal: AbortSignal },
): Promise<FinishedCall> {
  const { events, shell, signal } = live;
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
  const limit = job.tool.maxResultChars ?? maxResultChars;
  try {
    const denial = await checkPermission(scope.approver, job, context, events);
    if (denial) return denial;
    const output = await untilInterrupted(deps.clock, job.tool.run(job.input, context), signal);
    return { output, limit };
  } catch (error) {
    return { output: errorOutput(describeThrow(error)) };
  }
}

/** The finished call when it must not run, undefined when it may. */
async function checkPermission(
  approver: Approver,
  { tool, input }: { tool: Tool; input: unknown },
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

/** A throw of a tool as text for the model, at most 2,000 characters, without what could pass for markup of a chat. */
function describeThrow(error: unknown): string {
  const text =
    error instanceof HermesError || error instanceof Error ? error.message : String(error);
  const plain = text.replace(
    /<\/?(?:system|user|assistant|tool)\b[^>]*>|<!\[CDATA\[|\]\]>|```/gi,
    "",
  );
  return `[TOOL_ERROR] ${plain}`.slice(0, 2_000).toWellFormed();
}
