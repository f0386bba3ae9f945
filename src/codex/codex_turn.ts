import type { ApprovalRequest, ApprovalVerdict } from "../core/approval.ts";
import type { AsyncQueue } from "../core/async_queue.ts";
import { HermesError } from "../core/errors.ts";
import type { TurnEvent, TurnOutcome, Usage } from "../core/event.ts";
import type { Item } from "../core/item.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { Clock } from "../core/ports.ts";
import type { TurnRequest } from "../core/runtime.ts";
import type { Tool } from "../core/tool.ts";
import type { Incoming, JsonRpcPeer } from "../wire/json_rpc.ts";
import type { Listener } from "./connection.ts";
import { Denials } from "./denials.ts";
import { EarlyMessages } from "./early_messages.ts";
import { outcomeOf } from "./failures.ts";
import { Projector } from "./projector.ts";
import { Questions } from "./questions.ts";
import { SaidMeanwhile } from "./said_meanwhile.ts";
import { type CodexLimits, TurnClock } from "./turn_clock.ts";
import { isOffline, turnError } from "./turn_error.ts";

/** Events that may wait for whoever stores and shows them before no more is read from codex. */
const maxWaiting = 1_000;

/**
 * How long the end of a command is waited for after the turn's own, in milliseconds: some versions of codex report the
 * two in the wrong order.
 */
const trailingItemMs = 250;

/** What of a turn decides about what codex asks in it. */
export type TurnScope = Omit<TurnRequest, "message">;

export interface CodexTurnDeps {
  readonly peer: JsonRpcPeer;
  /** Takes what happens, once the turn is in a thread; without its start and its end. */
  readonly events: AsyncQueue<TurnEvent>;
  readonly clock: Clock;
  readonly tools: readonly Tool[];
  readonly limits: CodexLimits;
  /** Whether an MCP server was given to codex by us. */
  readonly isInjected: (server: string) => boolean;
  /** The last lines of codex's stderr since the turn began. */
  readonly stderr: () => string;
}

/** The thread that a turn is of. */
export interface TurnThread {
  readonly threadId: string;
  /** What it had used before the turn; undefined where that is not known. */
  readonly usage: Usage | undefined;
}

/**
 * One turn as codex runs it: hears what codex sends, in order, and turns it into events; answers what codex asks; knows
 * when it is over. What belongs to another turn or another thread is passed over. It hears from the start of codex on,
 * and holds back what comes before its thread and its id are known.
 */
export class CodexTurn implements Listener {
  /** How it ended; never rejects. */
  readonly ended: Promise<TurnOutcome>;
  /** Resolves when codex itself has ended the turn, or codex has ended. */
  readonly completed: Promise<void>;
  readonly clock: TurnClock;
  readonly said: SaidMeanwhile;
  readonly #deps: CodexTurnDeps;
  readonly #questions: Questions;
  readonly #end: (outcome: TurnOutcome) => void;
  readonly #complete: () => void;
  readonly #over = new AbortController();
  #thread: TurnThread | undefined;
  #projector: Projector | undefined;
  /** What came before the turn's id was known. */
  readonly #early = new EarlyMessages();
  /** What happened before the turn was in a thread. */
  readonly #held: TurnEvent[] = [];
  readonly #completedItemIds: string[] = [];
  #hasLeftWork = false;
  readonly #denials = new Denials();
  #lastWasTool = false;
  #completion: JsonObject | undefined;
  /** Whether it began without a name, and is the next one that its thread begins. */
  #isNext = false;

  constructor(deps: CodexTurnDeps, turn: TurnScope) {
    this.#deps = deps;
    this.clock = new TurnClock(deps.clock, deps.limits);
    this.said = new SaidMeanwhile(turn.steering);
    ({ promise: this.ended, resolve: this.#end } = Promise.withResolvers<TurnOutcome>());
    ({ promise: this.completed, resolve: this.#complete } = Promise.withResolvers<void>());
    this.#questions = new Questions({
      peer: deps.peer,
      clock: deps.clock,
      tools: deps.tools,
      facts: {
        cwd: turn.cwd,
        changesOf: (itemId) => this.#projector?.changesOf(itemId) ?? [],
        commandOf: (itemId) => this.#projector?.commandOf(itemId),
        isInjected: deps.isInjected,
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

  /** Whether commands or tools of codex's own were running when the turn ended. */
  get hasLeftWork(): boolean {
    return this.#hasLeftWork;
  }

  /** What was done, up to the end of the turn. */
  get completedItemIds(): readonly string[] {
    return [...this.#completedItemIds];
  }

  /** What the thread has used by now; undefined where codex has not told. */
  get threadUsage(): Usage | undefined {
    return this.#projector ? this.#projector.threadUsage : this.#thread?.usage;
  }

  /** The thread is open, and the start of the turn is told. */
  join(thread: TurnThread): void {
    this.#thread = thread;
    this.#early.keep(({ params }) => this.#mayBeOurs(params));
    for (const event of this.#held.splice(0)) this.#deps.events.push(event);
  }

  /**
   * Codex has begun the turn under this id; from here on what it tells of it is heard.
   * @throws {HermesError} `stream/invalid` for a turn without a name
   */
  begin(turnId: string | undefined): void {
    if (!this.#thread || turnId === undefined) throw namelessTurn();
    const { threadId, usage } = this.#thread;
    this.#projector = new Projector({
      threadId,
      turnId,
      ...(usage === undefined ? {} : { usageBefore: usage }),
    });
    this.clock.active("thinking");
    for (const { method, params } of this.#early.take()) this.#onNotification(method, params);
  }

  /** Codex begins a turn without an answer, under a name that its start will tell. */
  beginNext(): void {
    this.#isNext = true;
    const start = this.#early.find(({ method }) => method === "turn/started");
    if (start) this.begin(turnIdOf(start.params));
  }

  /** @throws {HermesError} `stream/invalid` for too much before the turn has its name */
  async onMessage(message: Incoming): Promise<void> {
    switch (message.kind) {
      case "request":
        this.clock.active(this.#activity());
        this.#questions.take(message);
        break;
      case "notification":
        this.#onNotification(message.method, message.params);
        await this.#room();
        break;
      case "noise":
        break;
      default:
        message satisfies never;
    }
  }

  /** Waits for whoever stores and shows the events; codex is not to blame for what is not read meanwhile. */
  async #room(): Promise<void> {
    const { events } = this.#deps;
    if (events.size < maxWaiting) return;
    const release = this.clock.hold();
    await events.room(maxWaiting);
    release();
  }

  onEnd(failure: HermesError): void {
    this.leave(outcomeOf(failure));
    this.#complete();
  }

  /** The first limit that the turn exceeds; undefined when it ends before. */
  expired(): Promise<HermesError | undefined> {
    return this.clock.expired(this.#deps.stderr, this.#over.signal);
  }

  /** Ends the questions that are open: nobody answers them any more. Resolves when codex has been told. */
  cancelQuestions(): Promise<void> {
    return this.#questions.cancel();
  }

  /** Resolves when the questions that were ended are off the screen, or somebody leaves them there. */
  questionsGone(): Promise<void> {
    return this.#questions.goodbye();
  }

  /** Ends the turn for us, whatever codex still does; not one that codex has ended already. */
  leave(outcome: TurnOutcome): void {
    if (this.#completion) this.#conclude();
    else this.#finish(outcome);
  }

  #onNotification(method: string, params: Json): void {
    if (method === "serverRequest/resolved") return this.#questions.withdraw(params);
    if (!this.#projector) {
      if (!this.#mayBeOurs(params)) return;
      this.#early.add({ method, params });
      if (this.#isNext && method === "turn/started") this.begin(turnIdOf(params));
      return;
    }
    const events = this.#projector.project(method, params);
    if (!this.#isOurs(params, this.#projector)) return this.#pass(events);
    if (method === "turn/completed") return this.#onCompleted(params);
    this.#pass([...events, ...this.said.hear(method, params)]);
    this.clock.offline(method === "error" && isOffline(params));
    this.clock.active(this.#activity());
    if (this.#completion && this.#projector.openItems === 0) this.#conclude();
  }

  /** Whether it may concern the turn, as far as its thread tells. */
  #mayBeOurs(params: Json): boolean {
    const id = threadIdOf(params);
    return id === undefined || this.#thread === undefined || id === this.#thread.threadId;
  }

  /** Of this turn, in contrast to other turns, to threads of codex's own helpers, and to what concerns all of them. */
  #isOurs(params: Json, { turnId }: Projector): boolean {
    const id = turnIdOf(params);
    return threadIdOf(params) === this.#thread?.threadId && (id === undefined || id === turnId);
  }

  #pass(events: readonly TurnEvent[]): void {
    for (const event of events) {
      if (event.type === "item-start") this.#onItemStart(event.item);
      if (event.type === "item-end") this.#onItemEnd(event.item);
      this.#emit(event);
    }
  }

  #emit(event: TurnEvent): void {
    if (this.#over.signal.aborted) return;
    if (this.#thread) this.#deps.events.push(event);
    else this.#held.push(event);
  }

  #onItemStart(item: Item): void {
    const isOurTool =
      item.type === "tool-call" && this.#deps.tools.some(({ spec }) => spec.name === item.name);
    const isWork = item.type === "command" || item.type === "file-change";
    if (isWork || (item.type === "tool-call" && !isOurTool)) this.#denials.begun(item);
  }

  #onItemEnd(item: Item): void {
    this.#completedItemIds.push(item.id);
    this.#lastWasTool = item.type !== "assistant-message" && item.type !== "reasoning";
    this.#denials.ended(item);
  }

  #activity(): "thinking" | "after-tool" | "working" {
    if ((this.#projector?.openWork ?? 0) > 0) return "working";
    return this.#lastWasTool && this.#projector?.openItems === 0 ? "after-tool" : "thinking";
  }

  #onVerdict(request: ApprovalRequest, verdict: ApprovalVerdict): void {
    this.#emit({ type: "approval-decided", subject: request.subject, verdict });
    this.#denials.decided(request, verdict);
  }

  #onCompleted(params: Json): void {
    const turn = isJsonObject(params) ? params["turn"] : undefined;
    this.#completion ??= isJsonObject(turn) ? turn : {};
    this.#complete();
    const hasOpenItems = (this.#projector?.openItems ?? 0) > 0;
    if (!hasOpenItems || this.#completion["status"] !== "completed") return this.#conclude();
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
      return outcomeOf(turnError(error ?? null, typeof status === "string" ? status : "unknown"));
    const denied = this.#denials.failure();
    if (denied) return outcomeOf(denied);
    const finalText = this.#projector?.finalText ?? "";
    if (this.#isNext) return { status: "completed", finalText };
    return finalText.trim() === "" ? outcomeOf(emptyAnswer()) : { status: "completed", finalText };
  }

  #finish(outcome: TurnOutcome): void {
    if (this.#over.signal.aborted) return;
    const completedItemIds = this.completedItemIds;
    const projector = this.#projector;
    if (projector) {
      this.#hasLeftWork = projector.openWork > 0;
      const isWhole = outcome.status === "completed";
      for (const event of projector.close(isWhole)) this.#emit(event);
      this.#emit({ type: "usage", usage: projector.usage });
    }
    this.#over.abort();
    void this.#questions.cancel();
    this.#end(outcome.status === "failed" ? { ...outcome, completedItemIds } : outcome);
  }
}

function emptyAnswer(): HermesError {
  return new HermesError("model/empty_answer", "The model ended the turn without an answer", {
    hint: "try again, or choose another model with --model",
    retryable: true,
  });
}

function namelessTurn(): HermesError {
  return new HermesError("stream/invalid", "codex started a turn without saying which");
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
