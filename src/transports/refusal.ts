import type { HermesError } from "../core/errors.ts";
import { type Failure, recoveryOf } from "./classify.ts";
import { readErrorBody } from "./failure_body.ts";
import type { Recovery } from "./failure_verdicts.ts";

/** What an endpoint said when it refused a step, for those who know a way round. */
export interface Refusal {
  readonly status: number | undefined;
  /** All of its words and codes, in lower case. */
  readonly text: string;
  /** What can be done about it. */
  readonly recovery: Recovery;
}

/** Errors are values for everybody else: what they were made from is known in this room alone. */
const failures = new WeakMap<HermesError, Failure>();
const rotating = new WeakSet<HermesError>();

/** Keeps what an error was made from; returns the error. */
export function keepFailure(error: HermesError, failure: Failure): HermesError {
  failures.set(error, failure);
  return error;
}

/** What was said behind an error; undefined for errors that no endpoint caused. */
export function refusalBehind(error: HermesError): Refusal | undefined {
  const failure = failures.get(error);
  if (failure === undefined) return undefined;
  const body = readErrorBody(failure.body);
  return {
    status: failure.status ?? body.status,
    text: [failure.message, ...body.messages, ...body.codes].join("\n").toLowerCase(),
    recovery: recoveryOf(failure),
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
