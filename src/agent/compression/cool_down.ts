import type { ErrorCode, HermesError } from "../../core/errors.ts";

const seconds = 1_000;

/** What no later attempt will change soon. */
const lasting: ReadonlySet<ErrorCode> = new Set([
  "auth/missing",
  "auth/rejected",
  "auth/not_entitled",
  "auth/not_found",
  "model/not_found",
  "model/quota",
  "config/invalid",
  "store/invalid",
]);
/** What the next attempt may well survive. */
const passing: ReadonlySet<ErrorCode> = new Set([
  "stream/no_terminal_event",
  "stream/invalid",
  "model/empty_answer",
  "model/truncated",
]);

/** How long a failed summary is not asked for again, in milliseconds. */
export function coolDownMs({ code }: HermesError): number {
  if (lasting.has(code)) return 600 * seconds;
  return (passing.has(code) ? 30 : 60) * seconds;
}
