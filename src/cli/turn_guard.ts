import { HermesError } from "../core/errors.ts";
import type { Clock, SignalName, SignalSource } from "../core/ports.ts";

/** A second Ctrl-C within this time leaves at once, in milliseconds. */
const secondInterruptMs = 2_000;

/** How long an interrupted turn may clean up, in milliseconds. */
const cleanupMs = 3_000;

/** How long a turn may clean up after its deadline, in milliseconds; the deadline is overrun by 500 at most. */
const deadlineCleanupMs = 350;

export interface TurnGuardDeps {
  readonly clock: Clock;
  readonly signals: SignalSource;
}

export interface TurnGuardOptions {
  /** `clock.monotonic()` from which the deadline counts. */
  readonly startedAt: number;
  readonly deadlineMs: number | undefined;
  /** The signals that end the turn. */
  readonly signalNames: readonly SignalName[];
}

/**
 * What ends an unattended turn from outside: signals, the deadline, a reader that went away. Each aborts `signal`;
 * `forced` resolves when the turn's own cleanup must not be waited for any longer.
 */
export class TurnGuard implements Disposable {
  readonly forced: Promise<void>;
  readonly #deps: TurnGuardDeps;
  readonly #abort = new AbortController();
  readonly #disposed = new AbortController();
  readonly #subscriptions: readonly Disposable[];
  #force: () => void = () => undefined;
  #endedBy: SignalName | undefined;
  #lastInterruptAt = -Infinity;

  constructor(deps: TurnGuardDeps, options: TurnGuardOptions) {
    this.#deps = deps;
    this.forced = new Promise((resolve) => {
      this.#force = resolve;
    });
    this.#subscriptions = options.signalNames.map((name) =>
      deps.signals.on(name, () => this.#onSignal(name)),
    );
    if (options.deadlineMs !== undefined) {
      void this.#enforceDeadline(options.startedAt, options.deadlineMs);
    }
  }

  /** Aborts when the turn shall end; the reason is the failure it ends with. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The first signal that ended the turn. */
  get endedBy(): SignalName | undefined {
    return this.#endedBy;
  }

  /** The failure that a turn ends with that could not say so itself, or undefined for an interrupt. */
  get failure(): HermesError | undefined {
    const reason: unknown = this.signal.reason;
    return reason instanceof HermesError && reason.code !== "turn/interrupted" ? reason : undefined;
  }

  /** Ctrl-C reached us as a key: as good as the signal. */
  ctrlC(): void {
    this.#onSignal("SIGINT");
  }

  /** Nobody reads stdout any more: the turn is interrupted. */
  readerLeft(): void {
    this.#interrupt("Interrupted: nobody reads the output any more");
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#disposed.abort();
  }

  #onSignal(name: SignalName): void {
    this.#endedBy ??= name;
    const now = this.#deps.clock.monotonic();
    const isSecond = name === "SIGINT" && now - this.#lastInterruptAt <= secondInterruptMs;
    if (name === "SIGINT") this.#lastInterruptAt = now;
    if (isSecond) this.#force();
    else this.#interrupt(`Interrupted by ${name}`);
  }

  #interrupt(message: string): void {
    if (this.signal.aborted) return;
    this.#abort.abort(new HermesError("turn/interrupted", message));
    void this.#forceAfter(cleanupMs);
  }

  async #enforceDeadline(startedAt: number, deadlineMs: number): Promise<void> {
    const remaining = startedAt + deadlineMs - this.#deps.clock.monotonic();
    if (!(await this.#passes(Math.max(0, remaining))) || this.signal.aborted) return;
    const seconds = deadlineMs / 1_000;
    this.#abort.abort(
      new HermesError("turn/deadline", `The turn did not end within its deadline: ${seconds} s`, {
        hint: "allow more time with --deadline, or go on with hermes -c",
      }),
    );
    await this.#forceAfter(deadlineCleanupMs);
  }

  async #forceAfter(ms: number): Promise<void> {
    if (await this.#passes(ms)) this.#force();
  }

  /** Whether the time passed before the guard was disposed of. */
  async #passes(ms: number): Promise<boolean> {
    try {
      await this.#deps.clock.sleep(ms, this.#disposed.signal);
      return true;
    } catch {
      return false;
    }
  }
}
