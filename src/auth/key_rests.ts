import type { HermesError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import { isPlanLimit } from "./plan_limit.ts";

/** A second refusal for now within this time is no accident, in milliseconds. */
const accidentMs = 60_000;
/** How long a key rests whose server did not say until when, in milliseconds: limits count by the minute, credit by the day. */
const usualRestMs = { "model/rate_limited": 60_000, "model/quota": 3_600_000 } as const;

/** Which keys are left alone for now, because a limit refused them. */
export class KeyRests {
  readonly #clock: Pick<Clock, "monotonic">;
  /** By id of the key. */
  readonly #until = new Map<string, number>();
  /** The key that a limit refused last, and until when its next refusal counts as a second one. */
  #limited: { readonly id: string; readonly until: number } | undefined;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  isResting(id: string): boolean {
    return this.#clock.monotonic() < (this.#until.get(id) ?? -Infinity);
  }

  /** Takes note of a refusal for now; whether the key is to be left. A first limit of the rate may be an accident. */
  note(id: string, error: HermesError): boolean {
    const { retryAfterMs } = error;
    const now = this.#clock.monotonic();
    const isFirst = this.#limited?.id !== id || now > this.#limited.until;
    // The wait that was asked for is no time in which it was not limited.
    this.#limited = { id, until: now + accidentMs + (retryAfterMs ?? 0) };
    if (error.code !== "model/rate_limited" && error.code !== "model/quota") return false;
    const code = isPlanLimit(error) ? "model/quota" : error.code;
    if (code === "model/rate_limited" && isFirst) return false;
    this.#until.set(id, now + (retryAfterMs ?? usualRestMs[code]));
    return true;
  }
}
