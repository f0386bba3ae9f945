import type { HermesError } from "../core/errors.ts";

/** A limit of the plan, which no minute lifts, in the words of those who send no code with it. */
export function isPlanLimit({ message }: HermesError): boolean {
  return /usage limit (?:has been )?reached|gousagelimit|usage_limit_reached/i.test(message);
}
