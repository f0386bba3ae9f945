import { HermesError, toHermesError } from "../core/errors.ts";
import type { TurnOutcome } from "../core/event.ts";
import type { OutputStream, Ports, SignalName } from "../core/ports.ts";
import type { CommandContext } from "./command.ts";
import { exitCodes, outcomeExitCode } from "./exit_codes.ts";
import { renderError } from "./render/error.ts";
import { styleFor } from "./render/style.ts";
import type { TurnView } from "./render/turn_view.ts";
import { TurnGuard } from "./turn_guard.ts";
import { watchedOutput } from "./watched_output.ts";

/** A turn to run under guard. */
export interface GuardedTurn {
  readonly deadlineMs?: number;
  /** Whether errors come with their stack. */
  readonly debug: boolean;
  /** Whether errors come with what was received before them. */
  readonly verbose?: boolean;
  /** What a person may do after an interrupt. */
  readonly resumeHint?: string;
  /** Shows it; `stdout` tells the guard when its reader went away. */
  createView(stdout: OutputStream): TurnView;
  /** Runs it; a throw is how it ended, too. `end` shows the end, before what was opened is closed again. */
  play(stage: Stage): Promise<TurnOutcome>;
}

/** What a turn is played with. */
export interface Stage {
  readonly view: TurnView;
  readonly guard: TurnGuard;
  /** Shows the end, the first time; resolves with the end as it finally is. */
  readonly end: (outcome: TurnOutcome) => Promise<TurnOutcome>;
}

/** How long the last words of a run that must be left at once may take, in milliseconds. */
const lastWordsMs = 100;

/**
 * Runs one turn and resolves with its exit code. Every failure is the end of the run: told on stderr, and by the view.
 * Signals and the deadline end the turn cleanly, or at once where its own cleanup takes too long.
 */
export async function runGuarded(context: CommandContext, turn: GuardedTurn): Promise<number> {
  const { ports, startedAt } = context;
  const { terminal } = ports;
  using guard = new TurnGuard(ports, {
    startedAt,
    deadlineMs: turn.deadlineMs,
    signalNames: endingSignals(ports),
  });
  const view = turn.createView(watchedOutput(terminal.stdout, () => guard.readerLeft()));
  let ending: Promise<TurnOutcome> | undefined;
  const end = (outcome: TurnOutcome): Promise<TurnOutcome> =>
    (ending ??= showEnd(context, { turn, view, guard }, outcome));

  const work = turn.play({ view, guard, end }).catch((error: unknown) => end(outcomeOf(error)));
  const forced = guard.forced.then(async () => {
    context.abandon();
    const outcome = guard.failure ? outcomeOf(guard.failure) : interrupted;
    const tooLong = ports.clock.sleep(lastWordsMs).then(() => outcome);
    return await Promise.race([end(outcome), tooLong]);
  });
  const code = outcomeExitCode(await Promise.race([work, forced]), guard.endedBy);
  // An answer that nobody took was not delivered.
  return code === exitCodes.done && terminal.stdout.isClosed() ? exitCodes.failed : code;
}

const interrupted: TurnOutcome = { status: "interrupted" };

function outcomeOf(thrown: unknown): TurnOutcome {
  const error = toHermesError(thrown);
  if (error.code === "turn/interrupted") return interrupted;
  return { status: "failed", error, completedItemIds: [] };
}

interface Showing {
  readonly turn: GuardedTurn;
  readonly view: TurnView;
  readonly guard: TurnGuard;
}

/** Shows the end on both streams. */
async function showEnd(
  context: CommandContext,
  { turn, view, guard }: Showing,
  outcome: TurnOutcome,
): Promise<TurnOutcome> {
  const shown = view.end(outcome).then(() => outcome, outcomeOf);
  // A reader that stands still has no claim on what people are told.
  const actual = await Promise.race([shown, guard.forced.then(() => outcome)]);
  const { env, terminal } = context.ports;
  const error = errorToTell(actual, guard, turn.resumeHint);
  if (error) {
    const style = styleFor(env, terminal.stderr);
    const { debug, verbose = false } = turn;
    const text = renderError(error, { mask: context.mask, style, debug, verbose });
    await terminal.stderr.write(text);
  }
  await shown;
  return actual;
}

/** What people are told at the end; a reader that went away needs no words. */
function errorToTell(
  outcome: TurnOutcome,
  guard: TurnGuard,
  hint: string | undefined,
): HermesError | undefined {
  switch (outcome.status) {
    case "completed":
      return undefined;
    case "failed":
      return outcome.error;
    case "interrupted":
      if (guard.endedBy === undefined) return undefined;
      return new HermesError(
        "turn/interrupted",
        `Interrupted by ${guard.endedBy}`,
        hint === undefined ? {} : { hint },
      );
    default:
      return outcome satisfies never;
  }
}

/**
 * The signals that end a turn or a job. A hang-up is none where it is ignored, as under nohup: a handler would undo that.
 * Where the system does not tell, it is one beside a terminal only.
 */
export function endingSignals({
  signals,
  terminal,
}: Pick<Ports, "signals" | "terminal">): readonly SignalName[] {
  const hasTerminal =
    terminal.stdin.kind === "tty" || terminal.stdout.isTty || terminal.stderr.isTty;
  const isIgnored = signals.isIgnored("SIGHUP") ?? !hasTerminal;
  return isIgnored ? ["SIGINT", "SIGTERM"] : ["SIGINT", "SIGTERM", "SIGHUP"];
}
