import type { ApprovalRequest, ApprovalVerdict, Approver } from "../core/approval.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { Clock } from "../core/ports.ts";
import type { Question, Tool, ToolContext } from "../core/tool.ts";
import { abortable } from "../wire/abortable.ts";
import type { JsonRpcPeer, RpcId } from "../wire/json_rpc.ts";
import { type AnswerFacts, type AnswerPlan, planAnswer, type ServerRequest } from "./approvals.ts";
import { isDoneWithin } from "../wire/done_within.ts";
import { runDynamicCall } from "./dynamic_tools.ts";

/** How long somebody may take to notice that a question is over, in milliseconds. */
const goodbyeMs = 200;

export interface QuestionDeps {
  readonly peer: Pick<JsonRpcPeer, "respond" | "refuse">;
  readonly clock: Clock;
  readonly tools: readonly Tool[];
  readonly facts: AnswerFacts;
  readonly approver: Approver;
  /** Absent: nobody can be asked. */
  readonly ask?: (question: Question, signal: AbortSignal) => Promise<string | undefined>;
  /** What a tool of ours is told of its turn, apart from its call. */
  toolContext(callId: string, signal: AbortSignal): ToolContext;
  /** Time stands still until the returned call. */
  pause(): () => void;
  onVerdict(request: ApprovalRequest, verdict: ApprovalVerdict): void;
}

/**
 * What codex asks during a turn. Each question is a task of its own beside the stream of events, so that nothing waits
 * while a person thinks; each gets exactly one answer, unless codex withdraws it.
 */
export class Questions {
  readonly #deps: QuestionDeps;
  /** Ids are codex's: nothing here relies on their being different. */
  readonly #open = new Set<{ readonly id: RpcId; readonly asked: AbortController }>();
  readonly #tasks = new Set<Promise<void>>();
  /** What approvers, askers and tools still do, wanted or not. */
  readonly #foreign = new Set<Promise<unknown>>();
  #isCancelled = false;

  constructor(deps: QuestionDeps) {
    this.#deps = deps;
  }

  /** Answers a request of codex, at once or when somebody has decided. */
  take(request: ServerRequest): void {
    const asked = new AbortController();
    if (this.#isCancelled) asked.abort();
    const open = { id: request.id, asked };
    this.#open.add(open);
    const task = this.#answer(request, asked.signal).finally(() => {
      this.#open.delete(open);
      this.#tasks.delete(task);
    });
    this.#tasks.add(task);
  }

  /** Codex has settled a question by itself: nobody needs to answer it any more. */
  withdraw(params: Json): void {
    const requestId = isJsonObject(params) ? params["requestId"] : undefined;
    for (const { id, asked } of this.#open) if (id === requestId) asked.abort();
  }

  /**
   * Ends every question: approvals are answered with "cancel", so that codex ends the turn. Resolves when the answers are
   * sent.
   */
  async cancel(): Promise<void> {
    this.#isCancelled = true;
    for (const { asked } of this.#open) asked.abort();
    await Promise.all(this.#tasks);
  }

  /** Whoever was asked may take its question off the screen; one that does not heed its signal is not waited for. */
  async goodbye(): Promise<void> {
    if (this.#foreign.size === 0) return;
    await isDoneWithin(this.#deps.clock, Promise.all(this.#foreign), goodbyeMs);
  }

  /** The work of somebody else, while the turn's time stands still; over for us as soon as the signal aborts. */
  async #entrust<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const resume = this.#deps.pause();
    const entrusted = async (): Promise<T> => {
      const done = work();
      const settled = done.then(
        () => undefined,
        () => undefined,
      );
      this.#foreign.add(settled);
      void settled.then(() => this.#foreign.delete(settled));
      return await done;
    };
    try {
      return await abortable(entrusted, signal);
    } finally {
      resume();
    }
  }

  async #answer(request: ServerRequest, signal: AbortSignal): Promise<void> {
    const { peer } = this.#deps;
    try {
      const plan = planAnswer(request, this.#deps.facts);
      if (plan.kind === "refuse") return await peer.refuse(request.id, plan.code, plan.message);
      const result = await this.#resultOf(plan, signal);
      if (result !== undefined) await peer.respond(request.id, result);
    } catch {
      // The connection is gone, and the question with it.
    }
  }

  /** The answer; undefined for a question that was withdrawn. */
  async #resultOf(
    plan: Exclude<AnswerPlan, { kind: "refuse" }>,
    signal: AbortSignal,
  ): Promise<JsonObject | undefined> {
    const { clock } = this.#deps;
    switch (plan.kind) {
      case "answer":
        return plan.result;
      case "time":
        return { currentTimeAt: Math.floor(clock.now() / 1_000) };
      case "approval":
        return await this.#decide(plan, signal);
      case "questions":
        return await this.#askAll(plan, signal);
      case "tool":
        return await this.#runTool(plan, signal);
      default:
        return plan satisfies never;
    }
  }

  async #decide(
    plan: Extract<AnswerPlan, { kind: "approval" }>,
    signal: AbortSignal,
  ): Promise<JsonObject | undefined> {
    if (this.#isCancelled) return plan.cancel;
    const { approver } = this.#deps;
    const decide = () => approver.decide(plan.request, signal);
    const verdict = await this.#entrust(decide, signal).catch((): ApprovalVerdict => ({
      decision: "deny",
      by: "policy",
    }));
    if (signal.aborted) return this.#isCancelled ? plan.cancel : undefined;
    this.#deps.onVerdict(plan.request, verdict);
    return plan.answer(verdict);
  }

  async #askAll(
    plan: Extract<AnswerPlan, { kind: "questions" }>,
    signal: AbortSignal,
  ): Promise<JsonObject | undefined> {
    const { ask } = this.#deps;
    const answers = new Map<string, string | undefined>();
    for (const { id, question } of plan.questions) {
      const put = async () => await ask?.(question, signal);
      const answer = await this.#entrust(put, signal).catch(() => undefined);
      answers.set(id, answer);
      // One that stays open makes the rest pointless.
      if (answer === undefined) break;
    }
    return signal.aborted && !this.#isCancelled ? undefined : plan.answer(answers);
  }

  async #runTool(
    plan: Extract<AnswerPlan, { kind: "tool" }>,
    signal: AbortSignal,
  ): Promise<JsonObject | undefined> {
    const { tools, approver } = this.#deps;
    const context = this.#deps.toolContext(plan.callId, signal);
    const answer = await runDynamicCall(tools, plan, {
      context: {
        ...context,
        ask: (question) => this.#entrust(async () => await context.ask?.(question), signal),
      },
      approver: {
        decide: (request) => this.#entrust(() => approver.decide(request, signal), signal),
      },
      onVerdict: (request, verdict) => this.#deps.onVerdict(request, verdict),
    });
    return signal.aborted && !this.#isCancelled ? undefined : answer;
  }
}
