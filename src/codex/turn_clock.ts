import { HermesError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import { silentFailure } from "./failures.ts";
import { type Due, watch } from "./watch.ts";

/** How long is waited for codex, in milliseconds. */
export interface CodexLimits {
  /** A whole turn, without the time that questions are open. */
  readonly turnMs: number;
  /** Silence after the result of a tool. */
  readonly silenceMs: number;
  /** Silence while the model thinks. */
  readonly thinkingMs: number;
  /** Without a network, while codex tries again and again. */
  readonly offlineMs: number;
}

/** What a turn is doing, as far as its limits depend on it. */
export type Activity = "thinking" | "after-tool" | "working";

/**
 * The limits of one turn, on the monotonic clock. Any event of the turn counts as activity; work in progress (a
 * command, a tool) may be silent as long as the turn may last; while a question is open, no time passes.
 */
export class TurnClock {
  readonly #clock: Clock;
  readonly #limits: CodexLimits;
  #endsAt: number;
  #activeAt: number;
  #activity: Activity = "thinking";
  #offlineSince: number | undefined;
  #questions = 0;
  #askedAt = 0;
  #isHeld = false;
  #changed = Promise.withResolvers<void>();

  constructor(clock: Clock, limits: CodexLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#activeAt = clock.monotonic();
    this.#endsAt = this.#activeAt + limits.turnMs;
  }

  /** Something happened, and this is what the turn does now. */
  active(activity: Activity): void {
    const isCloser = activity !== this.#activity;
    this.#activeAt = this.#clock.monotonic();
    this.#activity = activity;
    // A limit that has only moved away is found when it comes.
    if (isCloser) this.#notify();
  }

  /** Codex tries again because it reaches nobody; `false` when it got through. */
  offline(isOffline: boolean): void {
    if (!isOffline) this.#offlineSince = undefined;
    else if (this.#offlineSince === undefined) {
      this.#offlineSince = this.#clock.monotonic();
      this.#notify();
    }
  }

  /** What codex says is not read for now: its silence is none. The returned call ends that. */
  hold(): () => void {
    this.#isHeld = true;
    this.#notify();
    return () => {
      this.#isHeld = false;
      this.#activeAt = this.#clock.monotonic();
      this.#offlineSince = undefined;
      this.#notify();
    };
  }

  /** A question is put to somebody; the returned call ends the pause. */
  pause(): () => void {
    if (this.#questions++ === 0) this.#askedAt = this.#clock.monotonic();
    this.#notify();
    return () => {
      if (--this.#questions > 0) return;
      const now = this.#clock.monotonic();
      this.#endsAt += now - this.#askedAt;
      this.#activeAt = now;
      this.#notify();
    };
  }

  /** The failure of the limit that is reached first; undefined when the signal aborts before. `stderr`: its last lines. */
  expired(stderr: () => string, signal: AbortSignal): Promise<HermesError | undefined> {
    const nextDue = (): Due | undefined => this.#nextDue(stderr);
    return watch(this.#clock, { nextDue, changed: () => this.#changed.promise }, signal);
  }

  #nextDue(stderr: () => string): Due | undefined {
    if (this.#questions > 0) return undefined;
    const { turnMs, offlineMs } = this.#limits;
    const dues: Due[] = [{ at: this.#endsAt, failure: () => turnDeadline(turnMs) }];
    const quietMs = this.#isHeld ? undefined : this.#quietMs();
    if (quietMs !== undefined) {
      const after = this.#activity === "after-tool" ? "after a tool" : "while its model thinks";
      dues.push({
        at: this.#activeAt + quietMs,
        failure: () => silentFailure(quietMs, after, stderr()),
      });
    }
    if (this.#offlineSince !== undefined && !this.#isHeld) {
      dues.push({ at: this.#offlineSince + offlineMs, failure: () => offlineFailure(offlineMs) });
    }
    return dues.toSorted((one, other) => one.at - other.at)[0];
  }

  #quietMs(): number | undefined {
    switch (this.#activity) {
      case "working":
        return undefined;
      case "thinking":
        return this.#limits.thinkingMs;
      case "after-tool":
        return this.#limits.silenceMs;
      default:
        return this.#activity satisfies never;
    }
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

function turnDeadline(ms: number): HermesError {
  const seconds = Math.round(ms / 1_000);
  return new HermesError("turn/deadline", `The turn did not end within ${seconds} s`, {
    hint: "hermes config set codex.turn_timeout_seconds SECONDS",
  });
}

function offlineFailure(ms: number): HermesError {
  const seconds = Math.round(ms / 1_000);
  return new HermesError(
    "network/unreachable",
    `codex has tried for ${seconds} s and reaches no model`,
    { hint: "check the network and the proxy, then send the message again", retryable: true },
  );
}
