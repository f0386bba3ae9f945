import type { HermesError } from "../core/errors.ts";
import type { FailureFacts } from "./decoder.ts";
import { readErrorBody } from "./failure_body.ts";

/** What an endpoint said when it refused a step, for those who know a way round. */
export interface Refusal {
  readonly status: number | undefined;
  /** In lower case. */
  readonly codes: readonly string[];
  /** All of its words, in lower case. */
  readonly text: string;
}

/** Errors are values for everybody else: what they were made from is known in this room alone. */
const facts = new WeakMap<HermesError, FailureFacts>();
const rotating = new WeakSet<HermesError>();

/** Keeps what an error was made from; returns the error. */
export function keepFacts(error: HermesError, from: FailureFacts): HermesError {
  facts.set(error, from);
  return error;
}

/** What was said behind an error; undefined for errors that no endpoint caused. */
export function refusalBehind(error: HermesError): Refusal | undefined {
  const from = facts.get(error);
  if (from === undefined) return undefined;
  const body = readErrorBody(from.body);
  return {
    status: from.status ?? body.status,
    codes: body.codes,
    text: [from.message, ...body.messages, ...body.codes].join("\n").toLowerCase(),
  };
}

/** Keeps that another credential would take over at the next refusal of this kind. */
export function noteOtherCredential(error: HermesError): void {
  rotating.add(error);
}

/** Whether the next attempt may be made with another credential. */
export function hasOtherCredential(error: HermesError): boolean {
  return rotating.has(error);
}
