import { abortError, HermesError, toHermesError } from "../core/errors.ts";
import { addUsage, noUsage, type TurnEvent, type TurnOutcome, type Usage } from "../core/event.ts";
import type { Item, Replay } from "../core/item.ts";
import { isJsonObject, type Json } from "../core/json.ts";
import type { Clock } from "../core/ports.ts";
import type { Redactor } from "../core/redact.ts";
import type { AgentRuntime, TurnRequest } from "../core/runtime.ts";
import type { SessionStore } from "../core/session_store.ts";

export interface SessionTurnDeps {
  readonly store: Pick<SessionStore, "startTurn" | "append" | "keepRuntimeState" | "endTurn">;
  readonly runtime: AgentRuntime;
  readonly clock: Clock;
  readonly redactor: Redaction;
}

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
  const ledger = new TurnLedger(deps, turn);
  // Ends the backend's work when the store fails or the consumer stops listening.
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  try {
    yield { type: "turn-start", turnId: turn.turnId };
    await ledger.start();
    yield* ledger.store({ type: "item-start", item: turn.message });
    yield* ledger.store({ type: "item-end", item: turn.message });
    for await (const event of deps.runtime.runTurn(turn, ended)) {
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
  readonly #deps: SessionTurnDeps;
  readonly #turn: TurnRequest;
  readonly #completed: string[] = [];
  #usage: Usage = noUsage;
  #isStarted = false;
  #isEnded = false;

  constructor(deps: SessionTurnDeps, turn: TurnRequest) {
    this.#deps = deps;
    this.#turn = turn;
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
      if (state !== undefined) await this.#deps.store.keepRuntimeState(this.#turn.turnId, state);
      return;
    }
    if (event.type === "usage") this.#usage = addUsage(this.#usage, event.usage);
    if (event.type === "item-end") {
      const stored = storedCopy(event.item, this.#deps.redactor);
      await this.#deps.store.append(this.#turn.turnId, stored, this.#deps.clock.now());
      this.#completed.push(event.item.id);
    }
    yield event;
  }

  async end(outcome: TurnOutcome): Promise<TurnEvent> {
    this.#isEnded = true;
    const actual =
      outcome.status === "failed" ? failed(outcome.error, this.completedItemIds) : outcome;
    if (!this.#isStarted) return { type: "turn-end", outcome: actual };
    try {
      await this.#deps.store.endTurn({
        turnId: this.#turn.turnId,
        outcome: storedOutcome(actual, this.#deps.redactor),
        usage: this.#usage,
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

/**
 * The item as it is kept: secrets that somebody repeated in a text or in arguments are masked. What a person sent, and
 * what a tool found, must otherwise stay what it was, for the model that reads it again.
 */
function storedCopy(item: Item, redactor: Redaction): Item {
  switch (item.type) {
    case "user-message":
      return {
        ...item,
        parts: item.parts.map((part) =>
          part.type === "text" ? { ...part, text: redactor.held(part.text) } : part,
        ),
      };
    case "assistant-message":
    case "reasoning":
      return { ...item, text: redactor.content(item.text), ...storedReplay(item, redactor) };
    case "tool-call":
      return {
        ...item,
        arguments: redactor.content(item.arguments),
        ...storedReplay(item, redactor),
      };
    case "tool-result":
      return { ...item, output: redactor.held(item.output) };
    case "command":
      return {
        ...item,
        command: redactor.content(item.command),
        output: redactor.held(item.output),
      };
    case "file-change":
      return item;
    default:
      return item satisfies never;
  }
}

function storedReplay(
  { replay }: { readonly replay?: Replay },
  redactor: Redaction,
): { readonly replay?: Replay } {
  return replay ? { replay: { ...replay, payload: storedPayload(replay.payload, redactor) } } : {};
}

/** Fields that must come back byte for byte: ids, signatures, and what only the server can read. */
const opaque = /^(?:(?:.*_)?(?:id|signature)|.*(?:Id|Signature)|encrypted_?[cC]ontent|data)$/;

function storedPayload(payload: Json, redactor: Redaction): Json {
  if (typeof payload === "string") return redactor.content(payload);
  if (Array.isArray(payload)) return payload.map((part: Json) => storedPayload(part, redactor));
  if (!isJsonObject(payload)) return payload;
  return Object.fromEntries(
    Object.entries(payload).map(([name, value]) => [
      name,
      opaque.test(name) && typeof value === "string" ? value : storedPayload(value, redactor),
    ]),
  );
}

/** The end as it is kept: servers repeat what they refuse, keys too. */
function storedOutcome(outcome: TurnOutcome, redactor: Redaction): TurnOutcome {
  if (outcome.status !== "failed") return outcome;
  const { code, message } = outcome.error;
  return { ...outcome, error: new HermesError(code, redactor.boundary(message)) };
}
