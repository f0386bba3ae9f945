import type { UserMessage } from "../core/item.ts";
import type { Clock } from "../core/ports.ts";
import type { Steering } from "../core/steering.ts";
import { abortable } from "../wire/abortable.ts";
import type { CodexTurn } from "./codex_turn.ts";

/** How often a turn that was just begun is offered a message, and the pause between, in milliseconds. */
const attempts = 8;
const pauseMs = 25;

export interface PassOnDeps {
  readonly clock: Clock;
  /** Offers codex a message for the turn that runs; false when it takes none. */
  steer(message: UserMessage): Promise<boolean>;
}

/** A turn that may hear more while it runs. */
export interface SteeredTurn {
  readonly codexTurn: CodexTurn;
  /** Whether codex has taken it on: rejects where it has not. */
  readonly started: Promise<void>;
  readonly steering: Steering;
}

/** Gives codex what is said to the turn while it runs, in order, until it takes no more. Never rejects. */
export async function passOn(
  deps: PassOnDeps,
  { codexTurn, started, steering }: SteeredTurn,
  signal: AbortSignal,
): Promise<void> {
  const hasStarted = await abortable(() => started, signal).then(
    () => true,
    () => false,
  );
  if (!hasStarted) return;
  const given = new Set<UserMessage>();
  while (!signal.aborted) {
    const message = steering.waiting.find((waiting) => !given.has(waiting));
    if (!message) {
      await steering.added(signal);
      continue;
    }
    given.add(message);
    // Its echo may be faster than the answer.
    codexTurn.said.give(message);
    if (await insist(deps, message, codexTurn, signal)) continue;
    codexTurn.said.withdraw(message);
    return;
  }
}

/** Codex refuses until it has begun the turn that it has already named: then it is asked again. */
async function insist(
  deps: PassOnDeps,
  message: UserMessage,
  turn: CodexTurn,
  signal: AbortSignal,
): Promise<boolean> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    try {
      if (await deps.steer(message)) return true;
      if (turn.isCompleted) return false;
      await deps.clock.sleep(pauseMs, signal);
    } catch {
      // The turn is over, or codex is gone: the message is for the next one.
      return false;
    }
  }
  return false;
}
