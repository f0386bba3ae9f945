import type { JsonObject } from "./json.ts";

/** What small model calls beside a turn are made for: keys of `auxiliary` in the configuration. */
export const auxiliaryTasks = [
  "compression",
  "title_generation",
  "approval",
  "goal_judge",
] as const;

export type AuxiliaryTask = (typeof auxiliaryTasks)[number];

/** One question without tools and without a history. */
export interface AuxiliaryRequest {
  readonly task: AuxiliaryTask;
  /** The system prompt. */
  readonly instructions: string;
  readonly text: string;
  readonly maxOutputTokens?: number;
  /** JSON schema that the answer must follow. */
  readonly outputSchema?: JsonObject;
}

/** A model for small calls beside a turn; which one, the user may choose by task. */
export interface AuxiliaryModel {
  /**
   * The whole text of the answer.
   * @throws {HermesError} what the provider reported, `model/truncated`, `model/empty_answer`, `network/timeout`,
   *   `config/invalid` where no model is there for the task, or what the signal was aborted with
   */
  ask(request: AuxiliaryRequest, signal: AbortSignal): Promise<string>;
  /** Whether a model is there to be asked for a task. Absent where there is one for every task. */
  has?(task: AuxiliaryTask): boolean;
}
