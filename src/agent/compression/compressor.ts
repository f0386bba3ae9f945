import type { AuxiliaryModel } from "../../core/auxiliary.ts";
import { HermesError, throwIfAborted, toHermesError } from "../../core/errors.ts";
import type { SessionSplitEvent, TurnEvent, Usage } from "../../core/event.ts";
import type { Compaction } from "../../core/item.ts";
import type { ModelRequest, StandIn } from "../../core/model.ts";
import type { Clock } from "../../core/ports.ts";
import { estimateItems, estimateRequest } from "../../core/token_estimate.ts";
import { localDate } from "../instructions.ts";
import { compact, type Compressible, planCompression, type Pressure } from "./compact.ts";
import { coolDownMs } from "./cool_down.ts";
import { lastResortSummary } from "./last_resort.ts";
import { type CompressionSettings, thresholdTokens } from "./limits.ts";
import { isTooLarge, type Measured, Worth } from "./pressure.ts";
import { summarize } from "./summarize.ts";
import { focusOf } from "./summary_prompt.ts";

/** What would be sent to a model, with the compaction that it begins with. */
export interface ContextInUse {
  readonly request: ModelRequest;
  readonly previous?: Compaction;
  /** Who will be asked in place of the chosen model. */
  readonly standIn?: StandIn;
}

/** Events on the way, and the split that they come to; undefined where the context stays as it is. */
export type Compressing = AsyncGenerator<TurnEvent, SessionSplitEvent | undefined>;

/** Keeps the context of one conversation within what its model can hold. */
export interface Compressor {
  /** Before a step: compresses a context that has become too large. What goes wrong leaves it as it is. */
  beforeStep(context: ContextInUse, signal: AbortSignal): Compressing;
  /** What the provider counted of a request. */
  measure(request: ModelRequest, usage: Usage): void;
  /**
   * After the provider refused a request for its size, for the `attempt`th time in the turn, from 1 on.
   * @throws {HermesError} `model/context_overflow` when nothing more can be done
   */
  afterOverflow(
    context: ContextInUse,
    refusal: { readonly error: HermesError; readonly attempt: number },
    signal: AbortSignal,
  ): AsyncGenerator<TurnEvent, SessionSplitEvent>;
  /**
   * Because the user wants it, whatever happened before; `focus` is what matters most.
   * @throws {HermesError} why it could not be done
   */
  onDemand(context: ContextInUse, focus: string | undefined, signal: AbortSignal): Compressing;
}

export interface CompressorDeps {
  readonly auxiliary: AuxiliaryModel;
  readonly clock: Pick<Clock, "now" | "monotonic" | "utcOffset">;
  /** Masks secrets. */
  readonly redact: (text: string) => string;
  newId(): string;
  newSessionId(): string;
  /** The right to compress a session; undefined while somebody else has it. */
  lock(sessionId: string): Promise<AsyncDisposable | undefined>;
  /** The session in which this one goes on already, if it does. */
  movedTo(sessionId: string): Promise<string | undefined>;
  /** Whether another process has said something in it that is not known here: a summary would be without it. */
  isBehind(sessionId: string): Promise<boolean>;
  /** The system prompt of a session that begins now, with the memory as it is now. */
  instructions(): Promise<string>;
  /** What the tools keep for the session and the model must know; undefined where there is nothing. */
  toolState(sessionId: string): string | undefined;
  /** The session goes on under another id, and what the model has read is not before it any more. */
  moveTools(from: string, to: string): void;
}

/** How hard is pressed after the first refusal in a turn, after the second, ...; nothing is tried after the last. */
const pressures: readonly Pressure[] = [0, 1, 2];

/** How a summary is come by. */
interface Manner {
  readonly focus?: string;
  readonly pressure: Pressure;
  /** What a summary that no model can be asked for comes to. */
  readonly onFailure: "throw" | "last-resort";
  /** Whether an earlier failure keeps the model from being asked. */
  readonly heedsCoolDown: boolean;
}

export function createCompressor(deps: CompressorDeps, given: CompressionSettings): Compressor {
  return new ContextCompressor(deps, given);
}

class ContextCompressor implements Compressor {
  readonly #deps: CompressorDeps;
  /** With the window of the chosen model. */
  readonly #given: CompressionSettings;
  /** Windows that refusals stated, where they are smaller than they were taken to be; by the name of a stand-in, `""` for the chosen model. */
  readonly #stated = new Map<string, number>();
  #measured: Measured | undefined;
  /** After a compression, until the provider has counted what it came to. */
  #awaitsCount = false;
  #coolUntil = -Infinity;
  readonly #worth = new Worth();
  /** Whether it was told that a compression by itself does not help. */
  #saidFutile = false;

  constructor(deps: CompressorDeps, settings: CompressionSettings) {
    this.#deps = deps;
    this.#given = settings;
  }

  /** With the window of the model that will be asked. */
  #settingsFor({ standIn }: Pick<ContextInUse, "standIn">): CompressionSettings {
    const { name = "", contextLength = this.#given.contextLength } = standIn ?? {};
    const stated = this.#stated.get(name) ?? contextLength;
    return { ...this.#given, contextLength: Math.min(contextLength, stated) };
  }

  measure(request: ModelRequest, { inputTokens }: Usage): void {
    this.#awaitsCount = false;
    // Some servers count nothing: estimates have to do there.
    if (inputTokens <= 0) this.#measured = undefined;
    else this.#measured = { inputTokens, estimate: estimateRequest(request) };
  }

  async *beforeStep(context: ContextInUse, signal: AbortSignal): Compressing {
    const settings = this.#settingsFor(context);
    const { isAutomatic, contextLength, abortsOnFailure } = settings;
    if (!isAutomatic || this.#awaitsCount || this.#isCooling()) return undefined;
    const estimate = estimateRequest(context.request);
    const threshold = thresholdTokens(settings);
    if (!isTooLarge(estimate, this.#measured, { threshold, contextLength })) return undefined;
    if (this.#worth.isFutile) {
      if (!this.#saidFutile) yield warn(futile);
      this.#saidFutile = true;
      return undefined;
    }
    const { sessionId } = context.request;
    try {
      await using lock = await this.#deps.lock(sessionId);
      // Somebody else is at it, and there is still room.
      if (lock === undefined) return undefined;
      const outdated = await this.#outdated(sessionId);
      if (outdated) throw outdated;
      const onFailure = abortsOnFailure ? "throw" : "last-resort";
      return yield* this.#run(context, { pressure: 0, onFailure, heedsCoolDown: true }, signal);
    } catch (thrown) {
      throwIfAborted(signal);
      const failure = toHermesError(thrown);
      this.#coolDown(failure);
      const { message, hint } = failure;
      yield warn(
        `The context was not compressed, nothing is lost: ${message}${hint === undefined ? "" : ` (${hint})`}`,
      );
      return undefined;
    }
  }

  async *afterOverflow(
    context: ContextInUse,
    { error, attempt }: { readonly error: HermesError; readonly attempt: number },
    signal: AbortSignal,
  ): AsyncGenerator<TurnEvent, SessionSplitEvent> {
    const { contextLength, isAutomatic } = this.#settingsFor(context);
    if (!isAutomatic) throw unhelped(error, "compression is switched off", switchedOff);
    const { contextLimit = contextLength } = error;
    if (contextLimit > 0 && contextLimit < contextLength) {
      this.#stated.set(context.standIn?.name ?? "", contextLimit);
    }
    const { sessionId } = context.request;
    const outdated = await this.#outdated(sessionId);
    if (outdated) throw unhelped(error, outdated.message, outdated.hint ?? exhausted);
    // Who does not get the lock loses nothing by trying: without room the turn fails anyway, and a split is one commit.
    await using _ = await this.#deps.lock(sessionId);
    for (const pressure of pressures.slice(attempt - 1)) {
      const manner = { pressure, onFailure: "last-resort", heedsCoolDown: true } as const;
      const split = yield* this.#run(context, manner, signal);
      if (split !== undefined) return split;
    }
    throw unhelped(
      error,
      "compression is exhausted: what is left cannot be made smaller",
      exhausted,
    );
  }

  async *onDemand(
    context: ContextInUse,
    focus: string | undefined,
    signal: AbortSignal,
  ): Compressing {
    const { sessionId } = context.request;
    await using lock = await this.#deps.lock(sessionId);
    if (lock === undefined) {
      throw new HermesError("usage/invalid", "Another process is compressing this session", {
        hint: "try again in a moment",
      });
    }
    const outdated = await this.#outdated(sessionId);
    if (outdated) throw outdated;
    this.#coolUntil = -Infinity;
    const manner = {
      pressure: 0,
      onFailure: "throw",
      heedsCoolDown: false,
      ...(focus === undefined ? {} : { focus }),
    } as const;
    return yield* this.#run(context, manner, signal);
  }

  /** Why the session cannot be compressed from here. */
  async #outdated(sessionId: string): Promise<HermesError | undefined> {
    const elsewhere = await this.#deps.movedTo(sessionId);
    if (elsewhere !== undefined) return movedAway(elsewhere);
    return (await this.#deps.isBehind(sessionId)) ? behind(sessionId) : undefined;
  }

  #isCooling(): boolean {
    return this.#deps.clock.monotonic() < this.#coolUntil;
  }

  /** An earlier failure may reach further. */
  #coolDown(failure: HermesError): void {
    const until = this.#deps.clock.monotonic() + coolDownMs(failure);
    this.#coolUntil = Math.max(this.#coolUntil, until);
  }

  /** Announces, sums up, splits: in this order, so that nothing has changed when it fails on the way. */
  async *#run(context: ContextInUse, manner: Manner, signal: AbortSignal): Compressing {
    const { request, previous } = context;
    const plan = planCompression(request.items, this.#settingsFor(context), manner.pressure);
    if (plan === undefined) return undefined;
    const before = estimateItems(request.items);
    const size = this.#measured?.inputTokens ?? estimateRequest(request);
    yield {
      type: "notice",
      level: "info",
      text: `Compressing the context (about ${size.toLocaleString("en-US")} tokens)`,
    };
    const { summary, failure } = await this.#summary(plan, context, manner, signal);
    throwIfAborted(signal);
    const state = this.#deps.toolState(request.sessionId);
    const made = {
      id: this.#deps.newId(),
      summary,
      ...(state === undefined ? {} : { state }),
      ...(previous === undefined ? {} : { previous }),
    };
    const compaction = compact(request.items, plan, made);
    this.#worth.note(before, compaction === undefined ? before : estimateItems(compaction.context));
    if (compaction === undefined) return undefined;
    if (failure !== undefined) yield warn(`${excerptsOnly}: ${failure.message}`);
    if (previous !== undefined) yield warn(degraded);
    // A prompt that cannot be built anew stays as it was.
    const instructions = await this.#deps.instructions().catch(() => request.instructions);
    const split: SessionSplitEvent = {
      type: "session-split",
      sessionId: this.#deps.newSessionId(),
      compaction,
      ...(instructions === request.instructions ? {} : { instructions }),
    };
    throwIfAborted(signal);
    yield split;
    this.#deps.moveTools(request.sessionId, split.sessionId);
    this.#measured = undefined;
    this.#awaitsCount = true;
    this.#saidFutile = false;
    return split;
  }

  async #summary(
    plan: Compressible,
    { request, previous }: ContextInUse,
    manner: Manner,
    signal: AbortSignal,
  ): Promise<{ readonly summary: string; readonly failure?: HermesError }> {
    const { auxiliary, clock, redact } = this.#deps;
    const focus = manner.focus ?? focusOf(request.items);
    try {
      if (manner.heedsCoolDown && this.#isCooling()) throw coolingDown;
      const summary = await summarize(
        { auxiliary, redact },
        {
          record: plan.record,
          date: localDate(clock),
          contextLength: this.#settingsFor({}).contextLength,
          ...(focus === undefined ? {} : { focus }),
          ...(previous === undefined ? {} : { previous: previous.summary }),
        },
        signal,
      );
      return { summary };
    } catch (thrown) {
      throwIfAborted(signal);
      const failure = toHermesError(thrown);
      if (failure !== coolingDown) this.#coolDown(failure);
      if (manner.onFailure === "throw") throw failure;
      return { summary: redact(lastResortSummary(plan.record, previous?.summary)), failure };
    }
  }
}

function warn(text: string): TurnEvent {
  return { type: "notice", level: "warning", text };
}

function unhelped(error: HermesError, why: string, hint: string): HermesError {
  return new HermesError("model/context_overflow", `${error.message}; ${why}`, {
    cause: error,
    hint,
    ...(error.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }),
  });
}

function movedAway(to: string): HermesError {
  const message = "Another process compressed this session, and it goes on there";
  return new HermesError("store/invalid", message, { hint: `hermes --resume ${to}` });
}

function behind(sessionId: string): HermesError {
  const message =
    "Another process went on with this session, and what was said there is not known here";
  const hint = `to know it here: /resume ${sessionId}, or hermes --resume ${sessionId}`;
  return new HermesError("store/invalid", message, { hint });
}

const coolingDown = new HermesError("model/overloaded", "The last summary failed a moment ago");

const switchedOff = "hermes config set compression.enabled true, or start a new session";
const exhausted = "start a new session, or choose a model with a larger context: hermes model list";
const excerptsOnly =
  "No summary could be made, and the provider takes no more: excerpts stand for the earlier conversation, which stays in the session before";
const degraded =
  "This conversation was compressed before: each time details are lost. A new session is more exact (/new)";
const futile =
  "The context is large, and compressing it saved next to nothing twice: it is left as it is. /compress tries again, /new begins anew";
