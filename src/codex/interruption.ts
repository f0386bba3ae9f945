import { abortError, type HermesError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import { isDoneWithin } from "../wire/done_within.ts";
import { RpcError } from "../wire/json_rpc.ts";
import type { CodexTurn } from "./codex_turn.ts";
import type { Connection } from "./connection.ts";

/** How often codex is asked to end a turn that it has not begun, and the pause between, in milliseconds. */
const attempts = 20;
const pauseMs = 25;

/** What ends a turn from our side, a limit or an abort; undefined when codex ended it. */
export async function firstFailure(
  turn: CodexTurn,
  signal: AbortSignal,
): Promise<HermesError | undefined> {
  const { promise, resolve } = Promise.withResolvers<HermesError | undefined>();
  const onAbort = (): void => resolve(abortError(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  void turn.ended.then(() => resolve(undefined));
  void turn.expired().then((error) => error && resolve(error));
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** A turn that is to end before codex ends it. */
export interface Unwanted {
  readonly connection: Connection;
  readonly threadId: string;
  readonly codexTurn: CodexTurn;
  /** Whether a command of an earlier turn may still run. */
  readonly hasLeftWork: boolean;
  /** Whether codex has taken it on: rejects where it has not. */
  readonly started: Promise<void>;
}

/** Has codex end a turn, and what runs in it; false when that did not succeed within so many milliseconds. */
export async function interrupt(clock: Clock, turn: Unwanted, withinMs: number): Promise<boolean> {
  const late = new AbortController();
  const isEnded = await isDoneWithin(clock, endTurn(clock, turn, late.signal), withinMs);
  late.abort();
  return isEnded && !turn.connection.isOver;
}

async function endTurn(clock: Clock, turn: Unwanted, signal: AbortSignal): Promise<void> {
  const { connection, threadId, codexTurn } = turn;
  await codexTurn.cancelQuestions();
  const isRunning = await turn.started.then(
    () => true,
    () => false,
  );
  if (!isRunning) return;
  // The end of the turn is what counts, not the answer to the call.
  const asked = askToEnd(clock, turn, signal).then(() => codexTurn.completed);
  await Promise.race([codexTurn.completed, asked]);
  // An interrupt ends the model, not its commands.
  if (turn.hasLeftWork || codexTurn.hasLeftWork)
    await connection.client.cleanBackground(threadId, signal);
}

/** Codex refuses until it has begun the turn that it has already named: then it is asked again. */
async function askToEnd(clock: Clock, turn: Unwanted, signal: AbortSignal): Promise<void> {
  const { connection, threadId, codexTurn } = turn;
  for (let attempt = 1; codexTurn.id !== undefined && !codexTurn.isCompleted; attempt++) {
    try {
      return await connection.client.interrupt(threadId, codexTurn.id, signal);
    } catch (error) {
      if (!(error instanceof RpcError) || attempt === attempts) throw error;
    }
    await clock.sleep(pauseMs, signal);
  }
}
