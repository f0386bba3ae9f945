import type { HermesError } from "../core/errors.ts";
import { hasOtherCredential, refusalBehind } from "./refusal.ts";

/** Failures of an endpoint or its model; the size of a prompt is the loop's own matter, which compresses it. */
export function isOfTheModel({ code }: HermesError): boolean {
  return /^(?:auth|model|network|stream)\//.test(code) && code !== "model/context_overflow";
}

/** The account's own settings keep a model's hosts away: going elsewhere would go round them. */
export function isForbidden(error: HermesError): boolean {
  return error.code === "model/not_found" && refusalBehind(error)?.recovery === "none";
}

/** Limits of how often and how much. */
export function isLimit({ code }: HermesError): boolean {
  return code === "model/rate_limited" || code === "model/quota";
}

/** Limits that no other login of the provider may lift, and answers with status 200 that are none. */
export function isTakenOverAtOnce(error: HermesError): boolean {
  if (isLimit(error)) return !hasOtherCredential(error);
  return error.code === "model/empty_answer" || error.code === "stream/invalid";
}
