import { HermesError, throwIfAborted } from "../../core/errors.ts";
import type { ModelEvent } from "../../core/event.ts";
import type { ModelItem } from "../../core/item.ts";
import type { ModelTransport } from "../../core/model.ts";
import type { Clock } from "../../core/ports.ts";
import { RecentTurns } from "../recent_turns.ts";
import { firstDifference } from "./compare.ts";
import { type Portable, portableFor } from "./portable.ts";
import type { RecordedStep, Recording, RequestSummary } from "./recording.ts";
import { summarize } from "./summarize.ts";

export interface ReplayDeps {
  readonly clock: Pick<Clock, "sleep">;
  readonly newId: () => string;
  /** The mask that recordings are written with, so that both sides are compared alike. */
  readonly mask: (text: string) => string;
}

export interface ReplayOptions {
  /** Absolute directory that this run works in. */
  readonly cwd: string;
  /** How much of the recorded pauses is kept: 1 the whole, 0 none. */
  readonly pace: number;
}

const recordAgain = "if the new run is right, record it again: --record FILE";

/**
 * Answers from a recording, offline and always the same: events as recorded, with new item and call ids, failures as
 * they were. Stateful: each step takes the next one of the recording that was asked the same. Not for `withRetry`, which would ask twice.
 * A step throws `replay/mismatch` when the run asks for something else; the whole diff is the error's cause.
 */
export function createReplayTransport(
  deps: ReplayDeps,
  recording: Recording,
  options: ReplayOptions,
): ModelTransport {
  const portable = portableFor(options.cwd);
  const clean = (text: string): string => portable.abstract(deps.mask(text));
  /** Steps that were not replayed yet, with their numbers. */
  const left = recording.steps.map((step, index) => ({ step, number: index + 1 }));
  const asked = new RecentTurns<{ last?: RequestSummary }>(() => ({}));
  return {
    async moveOn(turnId) {
      // Whoever moved on asked the same of somebody else.
      const { last } = asked.of(turnId);
      return last !== undefined && left.some(({ step }) => isAsked(step, last));
    },
    async *stream(request, signal) {
      throwIfAborted(signal);
      const summary = summarize(request, clean);
      asked.of(request.turnId).last = summary;
      // Steps that ran at the same time were written as they ended, and are asked for as they begin.
      const found = left.find(({ step }) => isAsked(step, summary)) ?? left[0];
      if (found === undefined) throw pastTheEnd(recording.steps.length);
      left.splice(left.indexOf(found), 1);
      const { step, number } = found;
      checkRequest(number, step, summary);
      const renewed = renewer(deps.newId, portable);
      for (const { afterMs, event } of step.events) {
        await pause(afterMs, signal);
        yield renewed(event);
      }
      if (step.failure !== undefined) {
        await pause(step.failure.afterMs, signal);
        throw step.failure.error;
      }
    },
  };

  async function pause(recordedMs: number, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    const ms = recordedMs * options.pace;
    if (ms > 0) await deps.clock.sleep(ms, signal);
  }
}

function isAsked(step: RecordedStep, asked: RequestSummary): boolean {
  return firstDifference(step.request, asked) === undefined;
}

function checkRequest(number: number, step: RecordedStep, asked: RequestSummary): void {
  const different = firstDifference(step.request, asked);
  if (different !== undefined) {
    const { where, recorded, asked: now, diff } = different;
    throw new HermesError(
      "replay/mismatch",
      `Step ${number} differs from the recording at ${where}: it was ${JSON.stringify(recorded)} and is ${JSON.stringify(now)}`,
      { hint: recordAgain, cause: new Error(diff) },
    );
  }
  const missing = calledTools(step).find(
    (name) => step.request.tools.includes(name) && !asked.tools.includes(name),
  );
  if (missing !== undefined) {
    throw new HermesError(
      "replay/mismatch",
      `Step ${number} of the recording calls a tool that this run does not offer: ${missing}`,
      { hint: "choose the toolsets of the recorded run with -t" },
    );
  }
}

function pastTheEnd(steps: number): HermesError {
  return new HermesError(
    "replay/mismatch",
    `The run asks for more steps than were recorded: ${steps}`,
    { hint: recordAgain },
  );
}

function calledTools(step: RecordedStep): readonly string[] {
  return step.events.flatMap(({ event }) =>
    event.type === "item-end" && event.item.type === "tool-call" ? [event.item.name] : [],
  );
}

/** Gives the items of a step ids of their own, since a recording may be replayed twice within a session. */
function renewer(newId: () => string, portable: Portable): (event: ModelEvent) => ModelEvent {
  const ids = new Map<string, string>();
  const renew = (kind: string, old: string): string => {
    const key = `${kind} ${old}`;
    const known = ids.get(key) ?? newId();
    ids.set(key, known);
    return known;
  };
  // Call ids travel to endpoints, which take no more than this (OpenAI: 64 characters).
  const renewCall = (old: string): string =>
    `call_${renew("call", old).replace(/[^\w-]/g, "_")}`.slice(0, 64);

  function renewItem(item: ModelItem): ModelItem {
    const id = renew("item", item.id);
    switch (item.type) {
      case "assistant-message":
      case "reasoning":
        return { ...item, id, text: portable.concrete(item.text) };
      case "tool-call":
        return {
          ...item,
          id,
          callId: renewCall(item.callId),
          arguments: portable.concreteJson(item.arguments),
        };
      case "user-message":
      case "tool-result":
        return { ...item, id };
      default:
        return item satisfies never;
    }
  }

  return (event) => {
    switch (event.type) {
      case "item-start":
      case "item-end":
        return { ...event, item: renewItem(event.item) };
      case "item-delta":
        return {
          ...event,
          itemId: renew("item", event.itemId),
          delta: portable.concrete(event.delta),
        };
      case "item-reset":
        return { ...event, itemIds: event.itemIds.map((id) => renew("item", id)) };
      case "notice":
        return { ...event, text: portable.concrete(event.text) };
      case "retry":
      case "step-end":
        return event;
      default:
        return event satisfies never;
    }
  };
}
