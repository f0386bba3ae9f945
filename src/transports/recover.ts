import { HermesError } from "../core/errors.ts";
import type { ModelEvent } from "../core/event.ts";
import type { ModelRequest, ModelTransport } from "../core/model.ts";
import type { ModelEndpoint } from "../core/provider.ts";
import { newProgress, noteProgress, type StepProgress } from "./held_step.ts";
import { RecentTurns } from "./recent_turns.ts";
import { imageTooLarge } from "./recoveries/image_too_large.ts";
import { imagesRejected } from "./recoveries/images_rejected.ts";
import { outputCap } from "./recoveries/output_cap.ts";
import { schemaGrammar } from "./recoveries/schema_grammar.ts";
import { thinkingSignature } from "./recoveries/thinking_signature.ts";
import { type Refusal, refusalBehind } from "./refusal.ts";

/** One thing that endpoints refuse, and how to do without it. Remembers for as long as its transport lives. */
export interface Recovery {
  /** Whether it may heal one refusal of a turn, or one of each call. */
  readonly per: "turn" | "call";
  /** The request without what earlier refusals were about; undefined where nothing of it has to go. */
  prepare?(request: ModelRequest): Prepared | undefined;
  /** How to go on after a refusal of `request`; undefined where it is about something else, or nothing is left to change. */
  learn(refusal: Refusal, request: ModelRequest): Lesson | undefined;
}

export interface Prepared {
  readonly request: ModelRequest;
  /** What the user should know, one sentence. */
  readonly notice?: string;
}

/** What a refusal taught: the next `prepare` knows it. */
export interface Lesson {
  readonly notice?: string;
  /** The output limit of this one call. */
  readonly maxOutputTokens?: number;
}

/**
 * The transport, with refusals healed that only ask for less: each kind once in a turn, at the cost of one request that is
 * no retry. Goes around a single exchange; what it cannot heal is thrown as it was.
 */
export function withRecoveries(transport: ModelTransport, endpoint: ModelEndpoint): ModelTransport {
  const recoveries: readonly Recovery[] = [
    imagesRejected(endpoint),
    imageTooLarge(endpoint),
    thinkingSignature(endpoint),
    schemaGrammar(),
    outputCap(endpoint),
  ];
  const turns = new RecentTurns<Set<Recovery>>(() => new Set());

  return {
    async *stream(asked, signal) {
      const firedInTurn = turns.of(asked.turnId);
      const firedInCall = new Set<Recovery>();
      let cap: number | undefined;
      for (;;) {
        const prepared = prepare(recoveries, withCap(asked, cap));
        for (const text of prepared.notices) yield { type: "notice", level: "warning", text };
        const progress = newProgress();
        let lesson: Lesson | undefined;
        try {
          yield* watched(transport.stream(prepared.request, signal), progress);
          return;
        } catch (error) {
          if (signal.aborted || progress.isWhole || !(error instanceof HermesError)) throw error;
          const refusal = refusalBehind(error);
          const open = recoveries.filter(
            (one) => !(one.per === "turn" ? firedInTurn : firedInCall).has(one),
          );
          const found = refusal && firstLesson(open, refusal, prepared.request);
          if (found === undefined) throw error;
          (found.by.per === "turn" ? firedInTurn : firedInCall).add(found.by);
          lesson = found.lesson;
        }
        const { notice, maxOutputTokens } = lesson;
        if (progress.shown.size > 0) yield { type: "item-reset", itemIds: [...progress.shown] };
        if (notice !== undefined) yield { type: "notice", level: "warning", text: notice };
        cap = maxOutputTokens ?? cap;
      }
    },
  };
}

function withCap(request: ModelRequest, cap: number | undefined): ModelRequest {
  return cap === undefined ? request : { ...request, maxOutputTokens: cap };
}

async function* watched(
  events: AsyncIterable<ModelEvent>,
  progress: StepProgress,
): AsyncGenerator<ModelEvent, void> {
  for await (const event of events) {
    noteProgress(progress, event);
    yield event;
  }
}

function prepare(
  recoveries: readonly Recovery[],
  asked: ModelRequest,
): { readonly request: ModelRequest; readonly notices: readonly string[] } {
  const notices: string[] = [];
  let request = asked;
  for (const recovery of recoveries) {
    const prepared = recovery.prepare?.(request);
    if (prepared === undefined) continue;
    request = prepared.request;
    if (prepared.notice !== undefined) notices.push(prepared.notice);
  }
  return { request, notices };
}

function firstLesson(
  recoveries: readonly Recovery[],
  refusal: Refusal,
  request: ModelRequest,
): { readonly by: Recovery; readonly lesson: Lesson } | undefined {
  for (const by of recoveries) {
    const lesson = by.learn(refusal, request);
    if (lesson !== undefined) return { by, lesson };
  }
  return undefined;
}
