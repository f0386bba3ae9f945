import type { ApprovalRequest, ApprovalVerdict } from "../core/approval.ts";
import { AsyncQueue } from "../core/async_queue.ts";
import { HermesError } from "../core/errors.ts";
import type { TurnEvent, TurnOutcome } from "../core/event.ts";
import type { Item } from "../core/item.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { Clock } from "../core/ports.ts";
import type { TurnRequest } from "../core/runtime.ts";
import type { Tool } from "../core/tool.ts";
import type { Incoming, JsonRpcPeer } from "../wire/json_rpc.ts";
import type { Listener } from "./connection.ts";
import { Projector } from "./projector.ts";
import { Questions } from "./questions.ts";
import { type CodexLimits, TurnClock } from "./turn_clock.ts";
import { isOffline, turnError } from "./turn_error.ts";

/** Events that may wait for whoever stores and shows them before no more is read from codex. */
const maxWaiting = 1_000;

/**
 * How long the end of a command is waited for after the turn's own, in milliseconds: some versions of codex report the
 * two in the wrong order.
 */
const trailingItemMs = 250;

export interface CodexTurnDeps {
  readonly peer: JsonRpcPeer;
  readonly clock: Clock;
  readonly tools: readonly Tool[];
  readonly limits: CodexLimits;
  /** The last lines of codex's stderr since the turn began. */
  readonly stderr: () => string;
}

/**
 * One turn as codex runs it: hears what codex sends, in order, and turns it into events; answers what codex asks; knows
 * when it is over. What belongs to another turn or another thread is passed over.
 */
export class CodexTurn implements Listener {
  /** What happened, without the start and the end of the turn. */
  readonly events = new AsyncQueue<TurnEvent>();
  /** How it ended; never rejects. */
  readonly ended: Promise<TurnOutcome>;
  readonly clock: TurnClock;
  readonly #deps: CodexTurnDeps;
  readonly #threadId: string;
  readonly #questions: Questions;
  readonly #end: (outcome: TurnOutcome) => void;
  readonly #over = new AbortController();
  #projector: Projector | undefined;
  /** What came before the turn's id was known. */
  readonly #early: { readonly method: string; readonly params: Json }[] = [];
  #deniedByPolicy: readonly string[] = [];
  #lastWasTool = false;
  #completion: JsonObject | undefined;

  constructor(deps: CodexTurnDeps, turn: TurnRequest, threadId: string) {
    this.#deps = deps;
    this.#threadId = threadId;
    this.clock = new TurnClock(deps.clock, deps.limits);
    const { promise, resolve } = Promise.withResolvers<TurnOutcome>();
    this.ended = promise;
    this.#end = resolve;
    this.#questions = new Questions({
      peer: deps.peer,
      clock: deps.clock,
      tools: deps.tools,
      facts: {
        cwd: turn.cwd,
        changesOf: (itemId) => this.#projector?.changesOf(itemId) ?? [],
        commandOf: (itemId) => this.#projector?.commandOf(itemId),
      },
      approver: turn.approver,
      ...(turn.ask ? { ask: turn.ask } : {}),
      toolContext: (callId, signal) => ({
        sessionId: turn.sessionId,
        turnId: turn.turnId,
        callId,
        cwd: turn.cwd,
        signal,
        onOutput: () => undefined,
        ask: async (question) => await turn.ask?.(question, signal),
      }),
      pause: () => this.clock.pause(),
      onVerdict: (request, verdict) => this.#onVerdict(request, verdict),
    });
  }

  /** Codex's id of the turn; undefined until codex has told it. */
  get id(): string | undefined {
    return this.#projector?.turnId;
  }

  /** Whether codex itself has ended the turn. */
  get isCompleted(): boolean {
    return this.#completion !== undefined;
  }

  /** Whether something of codex's own may still run. */
  get hasOpenWork(): boolean {
    return (this.#projector?.openItems ?? 0) > 0;
  }

  /** From here on the events of this turn of codex are heard. */
  async begin(turnId: string): Promise<void> {
    if (this.#projector) return;
    this.#projector = new Projector({ threadId: this.#threadId, turnId });
    for (const { method, params } of this.#early.splice(0)) this.#onNotification(method, params);
  }

  async onMessage(message: Incoming): Promise<void> {
    switch (message.kind) {
      case "request":
        this.clock.active(this.#activity());
        this.#questions.take(message);
        break;
      case "notification":
        this.#onNotification(message.method, message.params);
        await this.events.room(maxWaiting);
        break;
      case "noise":
        break;
      default:
        message satisfies never;
    }
  }

  onEnd(failure: HermesError): void {
    this.#finish({ status: "failed", error: failure, completedItemIds: [] });
  }

  /** The first limit that the turn exceeds; undefined when it ends before. */
  expired(): Promise<HermesError | undefined> {
    return this.clock.expired(this.#deps.stderr, this.#over.signal);
  }

  /** Ends the questions that are open: nobody answers them any more. */
  cancelQuestions(): Promise<void> {
    return this.#questions.cancel();
  }

  /** Ends the turn for us, whatever codex still does. */
  leave(outcome: TurnOutcome): void {
    this.#finish(outcome);
  }

  #onNotification(method: string, params: Json): void {
    if (method === "serverRequest/resolved") return this.#questions.withdraw(params);
    const turnId = turnIdOf(params);
    if (threadIdOf(params) !== this.#threadId) return this.#onElsewhere(method, params);
    if (!this.#projector) {
      this.#early.push({ method, params });
      return;
    }
    if (turnId !== undefined && turnId !== this.#projector.turnId) return;
    if (method === "turn/completed") return this.#onCompleted(params);
    this.#pass(this.#projector.project(method, params));
    this.clock.offline(method === "error" && isOffline(params));
    this.clock.active(this.#activity());
    if (this.#completion && this.#projector.openItems === 0) this.#conclude();
  }

  /** Of another thread (a helper of codex's own), or of none: only warnings are for everybody. */
  #onElsewhere(method: string, params: Json): void {
    if (threadIdOf(params) !== undefined) return;
    this.#pass(this.#projector?.project(method, params) ?? []);
  }

  #pass(events: readonly TurnEvent[]): void {
    for (const event of events) {
      if (event.type === "item-end") this.#onItemEnd(event.item);
      this.events.push(event);
    }
  }

  #onItemEnd(item: Item): void {
    this.#lastWasTool = item.type !== "assistant-message" && item.type !== "reasoning";
    const hasSucceeded =
      ((item.type === "command" || item.type === "file-change") && item.status === "completed") ||
      (item.type === "tool-result" && !item.isError);
    // Work that went on after a denial found another way.
    if (hasSucceeded) this.#deniedByPolicy = [];
  }

  #activity(): "thinking" | "after-tool" | "working" {
    if ((this.#projector?.openWork ?? 0) > 0) return "working";
    return this.#lastWasTool && this.#projector?.openItems === 0 ? "after-tool" : "thinking";
  }

  #onVerdict(request: ApprovalRequest, verdict: ApprovalVerdict): void {
    this.events.push({ type: "approval-decided", subject: request.subject, verdict });
    if (verdict.decision === "deny" && verdict.by === "policy") {
      this.#deniedByPolicy = [...this.#deniedByPolicy, denied(request)];
    }
  }

  #onCompleted(params: Json): void {
    const turn = isJsonObject(params) ? params["turn"] : undefined;
    this.#completion = isJsonObject(turn) ? turn : {};
    if (!this.hasOpenWork || this.#completion["status"] !== "completed") return this.#conclude();
    void this.#deps.clock.sleep(trailingItemMs, this.#over.signal).then(
      () => this.#conclude(),
      () => undefined,
    );
  }

  #conclude(): void {
    this.#finish(this.#outcome(this.#completion ?? {}));
  }

  #outcome({ status, error }: JsonObject): TurnOutcome {
    if (status === "interrupted") return { status: "interrupted" };
    // Anything that is not called a success is none.
    if (status !== "completed")
      return failed(turnError(error ?? null, typeof status === "string" ? status : "unknown"));
    if (this.#deniedByPolicy.length > 0) return failed(this.#denied());
    const finalText = this.#projector?.finalText ?? "";
    return finalText.trim() === "" ? failed(emptyAnswer()) : { status: "completed", finalText };
  }

  #denied(): HermesError {
    const what = this.#deniedByPolicy.join("; ");
    return new HermesError(
      "approval/denied",
      `The turn could not finish without what was denied: ${what}`,
      { hint: "allow it with --allow PATTERN, or everything with --yolo" },
    );
  }

  #finish(outcome: TurnOutcome): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    const projector = this.#projector;
    if (projector) {
      this.#pass(projector.close());
      this.events.push({ type: "usage", usage: projector.usage });
    }
    this.events.end();
    this.#end(outcome);
  }
}

function denied({ subject, reason }: ApprovalRequest): string {
  return subject.kind === "command" ? subject.command : reason;
}

function emptyAnswer(): HermesError {
  return new HermesError("model/empty_answer", "The model ended the turn without an answer", {
    hint: "try again, or choose another model with --model",
    retryable: true,
  });
}

function failed(error: HermesError): TurnOutcome {
  return { status: "failed", error, completedItemIds: [] };
}

function threadIdOf(params: Json): string | undefined {
  const id = isJsonObject(params) ? params["threadId"] : undefined;
  return typeof id === "string" ? id : undefined;
}

/** The turn that a notification is about: named in it, or the turn that it carries. */
function turnIdOf(params: Json): string | undefined {
  if (!isJsonObject(params)) return undefined;
  const { turnId, turn } = params;
  if (typeof turnId === "string") return turnId;
  const id = isJsonObject(turn) ? turn["id"] : undefined;
  return typeof id === "string" ? id : undefined;
}
