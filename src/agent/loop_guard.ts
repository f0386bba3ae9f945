import { noteOpenings } from "./shown_text.ts";

/** How often the same may happen before something is done about it. */
export interface GuardLimits {
  /** The very same call failed. */
  readonly exactFailure: number;
  /** A tool failed, whatever it was called with. */
  readonly sameToolFailure: number;
  /** A call that only reads brought the very same result. */
  readonly idempotentNoProgress: number;
}

export interface GuardSettings {
  readonly warns: boolean;
  readonly stops: boolean;
  readonly warnAfter: GuardLimits;
  readonly stopAfter: GuardLimits;
}

export const usualGuardSettings: GuardSettings = {
  warns: true,
  stops: false,
  warnAfter: { exactFailure: 2, sameToolFailure: 3, idempotentNoProgress: 2 },
  stopAfter: { exactFailure: 5, sameToolFailure: 8, idempotentNoProgress: 5 },
};

/** A call as the guard knows it: its arguments are kept by nobody. */
export interface GuardedCall {
  readonly tool: string;
  /** As `callSignature` makes it. */
  readonly signature: string;
  /** Whether it changes nothing, so that asking again brings nothing new. */
  readonly isIdempotent: boolean;
}

/** How a call that was tried ended. */
export interface GuardedEnd {
  readonly hasFailed: boolean;
  /** `digest` of the result. */
  readonly result: string;
}

/** Why a turn must not go on with its tools. */
export interface GuardHalt {
  readonly tool: string;
  readonly count: number;
}

/** Watches the calls of one turn for loops. Pure: knows no clock and no I/O. */
export class LoopGuard {
  readonly #settings: GuardSettings;
  /** By signature. */
  readonly #exact = new Map<string, number>();
  /** By name. */
  readonly #tools = new Map<string, number>();
  /** By signature: the last result, and how often in a row it came. */
  readonly #results = new Map<string, { readonly result: string; readonly count: number }>();
  #halt: GuardHalt | undefined;

  constructor(settings: GuardSettings = usualGuardSettings) {
    this.#settings = settings;
  }

  /** Set as soon as a tool failed so often that the turn has to end. */
  get halt(): GuardHalt | undefined {
    return this.#halt;
  }

  /** The model does not see earlier results any more: it may ask for them again. */
  forgetResults(): void {
    this.#results.clear();
  }

  /** Why a call must not be tried again, or undefined. */
  refusal({ signature, isIdempotent }: GuardedCall): string | undefined {
    if (!this.#settings.stops) return undefined;
    const { exactFailure, idempotentNoProgress } = this.#settings.stopAfter;
    const failures = this.#exact.get(signature) ?? 0;
    if (failures >= exactFailure) {
      return `Refused: this very call has failed ${failures} times in this turn. ${advice.exact_failure}`;
    }
    const same = this.#results.get(signature)?.count ?? 0;
    if (isIdempotent && same >= idempotentNoProgress) {
      return `Refused: this very call has brought the same result ${same} times in this turn. ${advice.idempotent_no_progress}`;
    }
    return undefined;
  }

  /** A refused call counts against its tool: a model that goes on with it is stopped in the end. */
  refused({ tool }: GuardedCall): void {
    this.#countTool(tool);
  }

  /** Counts the end of a call; what is to be said to the model about it, or undefined. */
  ended(call: GuardedCall, end: GuardedEnd): string | undefined {
    return end.hasFailed ? this.#failed(call) : this.#succeeded(call, end);
  }

  #failed({ tool, signature }: GuardedCall): string | undefined {
    const { warnAfter } = this.#settings;
    this.#results.delete(signature);
    const exact = (this.#exact.get(signature) ?? 0) + 1;
    this.#exact.set(signature, exact);
    const sameTool = this.#countTool(tool);
    if (exact >= warnAfter.exactFailure) return this.#warning("exact_failure", exact);
    if (sameTool >= warnAfter.sameToolFailure) return this.#warning("same_tool_failure", sameTool);
    return undefined;
  }

  #succeeded(
    { tool, signature, isIdempotent }: GuardedCall,
    { result }: GuardedEnd,
  ): string | undefined {
    this.#exact.delete(signature);
    this.#tools.delete(tool);
    if (!isIdempotent) return undefined;
    const before = this.#results.get(signature);
    const count = before?.result === result ? before.count + 1 : 1;
    this.#results.set(signature, { result, count });
    if (count < this.#settings.warnAfter.idempotentNoProgress) return undefined;
    return this.#warning("idempotent_no_progress", count);
  }

  #countTool(tool: string): number {
    const count = (this.#tools.get(tool) ?? 0) + 1;
    this.#tools.set(tool, count);
    const { stops, stopAfter } = this.#settings;
    if (stops && count >= stopAfter.sameToolFailure) this.#halt ??= { tool, count };
    return count;
  }

  #warning(code: keyof typeof advice, count: number): string | undefined {
    if (!this.#settings.warns) return undefined;
    return `${noteOpenings.warning}${code}; count=${count}; ${advice[code]}]`;
  }
}

const advice = {
  exact_failure:
    "Do not send it again as it is: read what the error says, and change the arguments or the way",
  same_tool_failure:
    "Look at what these failures have in common before you call this tool again, or go another way",
  idempotent_no_progress: "Nothing has changed: use what you have, or ask for something else",
} as const;
