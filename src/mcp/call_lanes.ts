import { abortError } from "../core/errors.ts";
import type { ToolAccess } from "../core/tool.ts";

/** Calls that only look may run beside one another: this many, so that a thousand open no thousand files. */
const maxBeside = 64;

/**
 * The order of calls that come without waiting for one another. Those that change something run one at a time, as they
 * arrived: what is written first is read by the next. Those that only look hold nobody up.
 */
export class CallLanes {
  readonly #alone = new Lane(1);
  readonly #beside = new Lane(maxBeside);

  /** Runs `work` when it is its turn. @throws {HermesError} `turn/interrupted` when the signal aborts before */
  async run<T>(access: ToolAccess, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const looksOnly = access.mode === "shared" || access.mode === "read";
    const lane = looksOnly ? this.#beside : this.#alone;
    await lane.enter(signal);
    try {
      return await work();
    } finally {
      lane.leave();
    }
  }
}

class Lane {
  #free: number;
  /** In the order of their arrival; a set, since those who give up leave from anywhere. */
  readonly #waiting = new Set<() => void>();

  constructor(width: number) {
    this.#free = width;
  }

  async enter(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortError(signal);
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#waiting.delete(go);
        reject(abortError(signal));
      };
      this.#waiting.add(go);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  /** The place goes to whoever waits longest. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
