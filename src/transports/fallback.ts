import { HermesError } from "../core/errors.ts";
import type { ModelEvent, NoticeEvent } from "../core/event.ts";
import type { ModelRequest, ModelTransport } from "../core/model.ts";
import type { Clock } from "../core/ports.ts";
import { isForbidden, isLimit, isOfTheModel, isTakenOverAtOnce } from "./fallback_triggers.ts";
import { heldStep, type StepProgress } from "./held_step.ts";
import { RecentTurns } from "./recent_turns.ts";

/** A model at an endpoint, ready to be asked. */
export interface Answerer {
  readonly provider: string;
  readonly model: string;
  /** Absent where nothing is asked over a network. */
  readonly baseUrl?: string;
  /** Tokens that the model can hold. */
  readonly contextLength: number;
  /** What the user should know before it is asked, one sentence each. */
  readonly warnings?: readonly string[];
  readonly transport: ModelTransport;
}

/** A model that answers when those before it do not; opened when it is needed first. */
export interface Fallback {
  /** `grok-4.3 (xai)`. */
  readonly name: string;
  /** @throws {HermesError} what is missing or wrong */
  open(signal: AbortSignal): Promise<Answerer>;
}

export interface FallbackChain {
  /** Whether the next model takes a failure over at once, so that its endpoint need not be tried again: for `withRetry`. */
  isTakenOver(error: HermesError, request: ModelRequest, signal: AbortSignal): Promise<boolean>;
  /**
   * The primary's transport, with the chain behind it: what it cannot answer is asked of the next model, for the rest of
   * the turn. Each move is told in one notice. When all have failed the primary's error is thrown, with the last one's.
   */
  around(primary: Answerer): ModelTransport;
}

/** How long the primary is left alone after a limit, in milliseconds. */
const coolDownMs = 60_000;

const change = "change it with: hermes config edit (fallback_providers)";

/** Where a turn stands in the chain. */
interface Place {
  /** Index of the answerer; 0 is the primary. */
  at: number;
  isNew: boolean;
  /** Whether a content filter has moved it already: two filters are no accident. */
  isFiltered: boolean;
  /** What the primary was left for. */
  left: HermesError | undefined;
  /** What the user has yet to be told. */
  readonly notices: string[];
}

/** A chain of models; one turn after the other begins with the primary, unless that rests after a limit. */
export function createFallbackChain(
  deps: { readonly clock: Pick<Clock, "monotonic"> },
  fallbacks: readonly Fallback[],
): FallbackChain {
  const places = new RecentTurns<Place>(() => ({
    at: 0,
    isNew: true,
    isFiltered: false,
    left: undefined,
    notices: [],
  }));
  const answerers = new Map<number, Answerer>();
  /** Fallbacks that the user knows to be of no use, and what is still to be told of them. */
  const told = new Set<number>();
  const problems: string[] = [];
  let calls = 0;
  let resting: { readonly until: number; readonly error: HermesError } | undefined;

  /** The next one that can be asked and is no repetition, with its index. */
  async function next(
    place: Place,
    signal: AbortSignal,
  ): Promise<{ readonly at: number; readonly answerer: Answerer } | undefined> {
    for (let at = place.at + 1; at <= fallbacks.length; at++) {
      const answerer = await opened(at, place, signal);
      if (answerer === undefined) continue;
      const earlier = [...answerers].filter(([index]) => index < at);
      if (!earlier.some(([, one]) => isSame(one, answerer))) return { at, answerer };
    }
    return undefined;
  }

  async function opened(
    at: number,
    place: Place,
    signal: AbortSignal,
  ): Promise<Answerer | undefined> {
    const known = answerers.get(at);
    if (known !== undefined) return known;
    const fallback = fallbacks[at - 1];
    try {
      const answerer = await fallback?.open(signal);
      if (answerer === undefined) return undefined;
      answerers.set(at, answerer);
      place.notices.push(...(answerer.warnings ?? []));
      return answerer;
    } catch (error) {
      if (signal.aborted || !(error instanceof HermesError)) throw error;
      const hint = error.hint === undefined ? "" : ` (${error.hint})`;
      if (!told.has(at)) {
        problems.push(`The fallback ${fallback?.name} cannot be used: ${error.message}${hint}`);
      }
      told.add(at);
      return undefined;
    }
  }

  /** Goes on to the next one; false when there is none. */
  async function move(place: Place, why: HermesError, signal: AbortSignal): Promise<boolean> {
    const isFilter = why.code === "model/content_policy";
    if (isFilter && place.isFiltered) return false;
    const from = answerers.get(place.at);
    const found = await next(place, signal);
    if (found === undefined || from === undefined) return false;
    if (place.at === 0 && isLimit(why)) {
      resting = { until: deps.clock.monotonic() + coolDownMs, error: why };
    }
    place.left ??= why;
    place.isFiltered ||= isFilter;
    place.at = found.at;
    place.notices.push(
      `${nameOf(found.answerer)} answers the rest of this turn in place of ${nameOf(from)}: ${why.message}; ${change}`,
    );
    return true;
  }

  /** A new turn begins with the primary, unless that is left alone. */
  async function begin(place: Place, signal: AbortSignal): Promise<void> {
    if (!place.isNew) return;
    place.isNew = false;
    if (resting === undefined) return;
    const leftMs = resting.until - deps.clock.monotonic();
    if (leftMs <= 0) {
      resting = undefined;
      return;
    }
    const primary = answerers.get(0);
    const found = await next(place, signal);
    if (found === undefined || primary === undefined) return;
    place.left = resting.error;
    place.at = found.at;
    const seconds = Math.ceil(leftMs / 1_000);
    place.notices.push(
      `${nameOf(found.answerer)} answers this turn, ${nameOf(primary)} rests for ${seconds} s more: ${resting.error.message}; ${change}`,
    );
  }

  function asAskedOf(
    { provider, model }: Answerer,
    asked: ModelRequest,
    { at }: Place,
  ): ModelRequest {
    if (at === 0) return asked;
    const { serviceTier, ...request } = asked;
    // A tier is the primary's vendor's own word.
    const isKept = serviceTier !== undefined && provider === answerers.get(0)?.provider;
    return { ...request, model, ...(isKept && { serviceTier }) };
  }

  function* news(place: Place): Generator<NoticeEvent, void> {
    for (const text of [...problems.splice(0), ...place.notices.splice(0)]) {
      yield { type: "notice", level: "warning", text };
    }
  }

  async function* ask(asked: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent, void> {
    // A call beside turns stands in the chain by itself.
    const turnId = asked.turnId ?? `call-${++calls}`;
    const request = { ...asked, turnId };
    const place = places.of(turnId);
    await begin(place, signal);
    for (;;) {
      yield* news(place);
      const answerer = answerers.get(place.at);
      if (answerer === undefined) throw new TypeError("The chain has no answerer");
      const progress: StepProgress = { shown: new Set(), isWhole: false };
      try {
        const events = answerer.transport.stream(asAskedOf(answerer, request, place), signal);
        const canMove = async () => !place.isFiltered && (await next(place, signal)) !== undefined;
        yield* heldStep(events, progress, async () =>
          (await canMove()) ? filtered(answerer) : undefined,
        );
        return;
      } catch (error) {
        if (signal.aborted || progress.isWhole || !(error instanceof HermesError)) throw error;
        if (progress.shown.size > 0) yield { type: "item-reset", itemIds: [...progress.shown] };
        if (!isOfTheModel(error)) throw error;
        const isMoving = !isForbidden(error) && (await move(place, error, signal));
        yield* news(place);
        if (!isMoving) throw place.left === undefined ? error : allFailed(place.left, error);
      }
    }
  }

  return {
    async isTakenOver(error, request, signal) {
      if (!isTakenOverAtOnce(error)) return false;
      return (await next(places.of(request.turnId), signal)) !== undefined;
    },
    around(primary) {
      answerers.set(0, primary);
      return {
        stream: ask,
        async moveOn(turnId, why, signal) {
          return await move(places.of(turnId), why, signal);
        },
        async standIn(turnId, signal) {
          const place = places.of(turnId);
          await begin(place, signal);
          const answerer = place.at === 0 ? undefined : answerers.get(place.at);
          return answerer && { name: nameOf(answerer), contextLength: answerer.contextLength };
        },
      };
    },
  };
}

function filtered({ provider, model }: Answerer): HermesError {
  return new HermesError(
    "model/content_policy",
    `The content filter of ${provider} ended the answer of ${model}`,
    { hint: "rephrase the request, or choose another model with --model" },
  );
}

/** Equal in provider and model, or in address and model; `custom` is an address without a name. */
function isSame(one: Answerer, other: Answerer): boolean {
  if (one.model !== other.model) return false;
  if (one.provider === other.provider && one.provider !== "custom") return true;
  return one.baseUrl !== undefined && one.baseUrl === other.baseUrl;
}

function nameOf({ provider, model }: Answerer): string {
  return `${model} (${provider})`;
}

/** The primary's failure decides; that of the last fallback is named. */
function allFailed(first: HermesError, last: HermesError): HermesError {
  const { code, hint, retryAfterMs, httpStatus } = first;
  return new HermesError(code, `${first.message}; the last fallback failed too: ${last.message}`, {
    cause: first,
    ...(hint !== undefined && { hint }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(httpStatus !== undefined && { httpStatus }),
  });
}
