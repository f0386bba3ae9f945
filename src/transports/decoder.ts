import { HermesError } from "../core/errors.ts";
import type { ModelEvent } from "../core/event.ts";
import type { ModelItem } from "../core/item.ts";
import type { JsonObject } from "../core/json.ts";
import type { Dialect } from "../core/provider.ts";
import type { Failure } from "./classify.ts";
import type { Frame } from "./frames.ts";

/** What a failure is, as far as the one who met it knows. */
export type FailureFacts = Pick<Failure, "status" | "headers" | "body" | "message" | "cause">;

/** What a decoder is told of the step. */
export interface DecoderContext {
  /** Makes the ids of items. */
  readonly newId: () => string;
  /** Stamps of replay data. */
  readonly issuer: string;
  readonly model: string;
  readonly dialect: Dialect;
  /** The conversation so far: its call ids are taken. */
  readonly items: readonly ModelItem[];
  /** Turns what the server reports as a failure into an error. */
  readonly fail: (facts: FailureFacts) => HermesError;
}

/**
 * How far an answer has come. `answered`: it is complete and only counts may follow, so that neither silence nor a broken
 * connection harms it any more; `finished`: `step-end` was given.
 */
export type DecoderState = "open" | "answered" | "finished";

/**
 * Makes events of one step from the frames of its answer. Pure but for `newId`: the same frames give the same events,
 * however they were chunked.
 */
export interface StepDecoder {
  /** @throws {HermesError} for a failure that the server reports, and for what cannot be an answer */
  push(frame: Frame): readonly ModelEvent[];
  /**
   * What is left when the body has ended.
   * @throws {HermesError} `stream/no_terminal_event` when it was cut
   */
  end(): readonly ModelEvent[];
  state(): DecoderState;
}

/** The failure of an answer that ended before it was complete. */
export function cutOff(model: string): HermesError {
  return new HermesError(
    "stream/no_terminal_event",
    `The answer of ${model} was cut off before its end`,
    { retryable: true, hint: "try again" },
  );
}

/** The failure of an answer that is complete and holds nothing. */
export function emptyAnswer(model: string): HermesError {
  return new HermesError(
    "model/empty_answer",
    `${model} ended its answer without saying anything`,
    {
      retryable: true,
      hint: "try again, or choose another model: hermes model list",
    },
  );
}

/** The failure of an answer in one piece that is of another kind than the endpoint's wire API. */
export function wrongKind(expected: string, body: JsonObject): HermesError {
  const fields = Object.keys(body).slice(0, 8).join(", ");
  return new HermesError(
    "stream/invalid",
    `Expected ${expected}, got JSON with the fields: ${fields}`,
    {
      hint: "check which API the endpoint speaks: hermes config set model.api_mode MODE",
    },
  );
}
