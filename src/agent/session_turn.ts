import { abortError, HermesError, toHermesError } from "../core/errors.ts";
import type { SessionSplitEvent, TurnEvent, TurnOutcome } from "../core/event.ts";
import type { UserMessage } from "../core/item.ts";
import type { Clock } from "../core/ports.ts";
import type { Redactor } from "../core/redact.ts";
import type { AgentRuntime, TurnRequest } from "../core/runtime.ts";
import type { SessionStore } from "../core/session_store.ts";
import { nothingSpent, type Spending, withCall } from "../core/spending.ts";
import { storedCompaction, storedCopy } from "./stored_copy.ts";

export interface SessionTurnDeps {
  readonly store: TurnStore;
  readonly runtime: AgentRuntime;
  readonly clock: Clock;
  readonly redactor: Redaction;
  /** The id of a turn that goes on in another session. */
  newTurnId(): string;
}

/** What a turn writes. */
export type TurnStore = Pick<
  SessionStore,
  "startTurn" | "append" | "keepRuntimeState" | "split" | "endTurn"
>;

type Redaction = Pick<Redactor, "content" | "boundary" | "held">;

/**
 * One turn of a session on any backend: what is reported as complete has been stored before. Yields `turn-start`, the
 * user's message, the backend's events and exactly one `turn-end`; a store that fails ends the turn as failed. An
 * abort whose reason is a `HermesError` other than `turn/interrupted` (a deadline) is a failure with that error.
 */
export async function* runSessionTurn(
  deps: SessionTurnDeps,
  turn: TurnRequest,
  signal: AbortSignal,
): AsyncGenerator<TurnEvent, void> {
  const work = (ended: AbortSignal) => answering(turn.message, deps.runtime.runTurn(turn, ended));
  yield* runSessionWork(deps, turn, work, signal);
}

async function* answering(
  message: UserMessage,
  events: AsyncIterable<TurnEvent>,
): AsyncGenerator<TurnEvent, void> {
  yield { type: "item-start", item: message };
  yield { type: "item-end", item: message };
  yield* events;
}

/** The same for whatever ends as a turn does: `work` yields its events up to `turn-end`, or throws. */
export async function* runSessionWork(
  deps: Omit<SessionTurnDeps, "runtime">,
  turn: Pick<TurnRequest, "turnId" | "sessionId">,
  work: (ended: AbortSignal) => AsyncIterable<TurnEvent>,
  signal: AbortSignal,
): AsyncGenerator<TurnEvent, void> {
  const ledger = new TurnLedger(deps, turn);
  // Ends the backend's work when the store fails or the consumer stops listening.
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  try {
    yield { type: "turn-start", turnId: turn.turnId };
    await ledger.start();
    for await (const event of work(ended)) {
      if (event.type === "turn-end") yield await ledger.end(event.outcome);
      else yield* ledger.store(event);
    }
    if (!ledger.isEnded)
      yield await ledger.end(failed(abortError(signal), ledger.completedItemIds));
  } catch (error) {
    stop.abort();
    if (!ledger.isEnded)
      yield await ledger.end(failed(toHermesError(error), ledger.completedItemIds));
  } finally {
    stop.abort();
    // The consumer left in the middle: the row must not look as if the turn still ran.
    if (!ledger.isEnded) await ledger.end({ status: "interrupted" });
  }
}

function failed(error: HermesError, completedItemIds: readonly string[]): TurnOutcome {
  return { status: "failed", error, completedItemIds };
}

/** What has been stored of a turn so far. */
class TurnLedger {
  readonly #deps: Omit<SessionTurnDeps, "runtime">;
  readonly #turn: Pick<TurnRequest, "turnId" | "sessionId">;
  readonly #completed: string[] = [];
  /** Another one than the turn's own after a split. */
  #turnId: string;
  /** Since the last split. */
  #spent: Spending = nothingSpent;
  #isStarted = false;
  #isEnded = false;

  constructor(
    deps: Omit<SessionTurnDeps, "runtime">,
    turn: Pick<TurnRequest, "turnId" | "sessionId">,
  ) {
    this.#deps = deps;
    this.#turn = turn;
    this.#turnId = turn.turnId;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  get completedItemIds(): readonly string[] {
    return [...this.#completed];
  }

  async start(): Promise<void> {
    const { turnId, sessionId } = this.#turn;
    await this.#deps.store.startTurn({ turnId, sessionId, startedAt: this.#deps.clock.now() });
    this.#isStarted = true;
  }

  async *store(event: Exclude<TurnEvent, { type: "turn-end" }>): AsyncGenerator<TurnEvent, void> {
    if (event.type === "turn-start") {
      const { runtimeState: state } = event;
      if (state !== undefined) await this.#deps.store.keepRuntimeState(this.#turnId, state);
      return;
    }
    if (event.type === "session-split") await this.#split(event);
    if (event.type === "usage") this.#spent = withCall(this.#spent, event.usage);
    if (event.type === "item-end") {
      const stored = storedCopy(event.item, this.#deps.redactor);
      await this.#deps.store.append(this.#turnId, stored, this.#deps.clock.now());
      this.#completed.push(event.item.id);
    }
    yield event;
  }

  async #split({ sessionId, compaction, instructions }: SessionSplitEvent): Promise<void> {
    const newTurnId = this.#deps.newTurnId();
    await this.#deps.store.split({
      turnId: this.#turnId,
      newTurnId,
      newSessionId: sessionId,
      compaction: storedCompaction(compaction, this.#deps.redactor),
      ...(instructions === undefined ? {} : { instructions }),
      ...this.#spent,
      at: this.#deps.clock.now(),
    });
    this.#turnId = newTurnId;
    this.#spent = nothingSpent;
  }

  async end(outcome: TurnOutcome): Promise<TurnEvent> {
    this.#isEnded = true;
    const actual =
      outcome.status === "failed" ? failed(outcome.error, this.completedItemIds) : outcome;
    if (!this.#isStarted) return { type: "turn-end", outcome: actual };
    try {
      await this.#deps.store.endTurn({
        turnId: this.#turnId,
        outcome: storedOutcome(actual, this.#deps.redactor),
        ...this.#spent,
        endedAt: this.#deps.clock.now(),
      });
      return { type: "turn-end", outcome: actual };
    } catch (error) {
      // A turn whose end could not be written must not be called done; an earlier failure says more than this one.
      const kept = actual.status === "failed" ? actual.error : toHermesError(error);
      return { type: "turn-end", outcome: failed(kept, this.completedItemIds) };
    }
  }
}

/** The end as it is kept: servers repeat what they refuse, keys too. */
function storedOutcome(outcome: TurnOutcome, redactor: Redaction): TurnOutcome {
  if (outcome.status !== "failed") return outcome;
  const { code, message } = outcome.error;
  return { ...outcome, error: new HermesError(code, redactor.boundary(message)) };
}
