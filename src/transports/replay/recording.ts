import type { HermesError } from "../../core/errors.ts";
import type { AuxiliaryTask } from "../../core/auxiliary.ts";
import type { ModelEvent } from "../../core/event.ts";

/** The version of the file format that this program writes, and the only one it reads. */
export const recordingVersion = 1;

/**
 * The model side of a run. As a file: one JSON document per line, first
 * `{"format":"hermes-recording","version":1,"hermes":"<program version>"}`, then per step one `{"request":{...}}`, its
 * `{"after_ms":12,"event":{...}}` lines and, where it failed, one `{"after_ms":12,"failure":{...}}`. Between steps stand
 * `{"small_call":{...}}` lines, one for each question that was asked beside turns.
 */
export interface Recording {
  /** Version of the program that wrote it. */
  readonly hermesVersion: string;
  /** Whose context it was, and how many tokens that holds; absent where nobody knew. */
  readonly model?: RecordedModel;
  readonly steps: readonly RecordedStep[];
  /** Small calls beside turns, in the order of their answers. */
  readonly calls: readonly RecordedCall[];
}

/** What decides when a context is compressed. */
export interface RecordedModel {
  readonly provider: string;
  readonly model: string;
  readonly contextLength: number;
}

/** A small call: what it was for, a digest of the question, and the answer to it. */
export type RecordedCall = {
  readonly task: AuxiliaryTask;
  readonly asked: string;
} & ({ readonly answer: string } | { readonly failure: HermesError });

export interface RecordedStep {
  readonly request: RequestSummary;
  readonly events: readonly TimedEvent[];
  /** How it failed, with the time since the last event; absent when the last event is a `step-end`. */
  readonly failure?: { readonly afterMs: number; readonly error: HermesError };
}

export interface TimedEvent {
  /** ms since the event before it, or since the request. */
  readonly afterMs: number;
  readonly event: ModelEvent;
}

/** What a step was asked, without what only a wire needs. */
export interface RequestSummary {
  readonly model: string;
  /** Names of the tools that were offered. */
  readonly tools: readonly string[];
  readonly items: readonly ItemSummary[];
}

/**
 * What the model was shown of one item. A field that a recording leaves out matches anything, so that a recording can
 * be loosened by hand.
 */
export interface ItemSummary {
  readonly type: string;
  /** Of messages and reasoning. */
  readonly text?: string;
  /** Of a user's message: media type and length of each image. */
  readonly images?: readonly string[];
  /** The tool, of calls and results. */
  readonly name?: string;
  readonly arguments?: string;
  readonly output?: string;
  readonly isError?: boolean;
}
