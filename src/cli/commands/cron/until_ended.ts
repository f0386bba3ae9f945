import type { CronDesk } from "../../../app/cron.ts";
import type { Job, JobRun } from "../../../core/cron.ts";
import { HermesError } from "../../../core/errors.ts";
import type { Ports, SignalName } from "../../../core/ports.ts";
import type { CommandContext } from "../../command.ts";
import { endingSignals } from "../../guarded_turn.ts";
import { runLine } from "../../render/job_text.ts";
import { type InTurn, inTurn } from "./in_turn.ts";

/**
 * Signals this close together, in ms, are one: timeout(1) sends its own to the process and, at once, to the group that this
 * one is in.
 */
const sameSignalMs = 250;

/** How work came to its end. */
export interface EndedWork<T> {
  /** Absent: it was left in the middle. */
  readonly result?: T;
  /** The first signal that asked for an end. */
  readonly endedBy: SignalName | undefined;
}

/**
 * Runs jobs until they are done or a signal ends them: the first one cleanly, with `turn/interrupted`, the second one at
 * once. What is left in the middle then is written down as lost by whoever looks at the jobs next; its programs end here.
 */
export async function untilEnded<T>(
  context: Pick<CommandContext, "abandon"> & {
    readonly ports: Pick<Ports, "signals" | "terminal" | "clock">;
  },
  desk: Pick<CronDesk, "leave">,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<EndedWork<T>> {
  const { signals, clock } = context.ports;
  const stop = new AbortController();
  const leave = new AbortController();
  let endedBy: SignalName | undefined;
  let endedAt = 0;
  const listening = endingSignals(context.ports).map((name) =>
    signals.on(name, () => {
      if (endedBy !== undefined) {
        if (clock.monotonic() - endedAt > sameSignalMs) leave.abort();
        return;
      }
      endedBy = name;
      endedAt = clock.monotonic();
      stop.abort(new HermesError("turn/interrupted", `Interrupted by ${endedBy}`, { endedBy }));
    }),
  );
  const left = new Promise<"left">((resolve) => {
    leave.signal.addEventListener("abort", () => resolve("left"), { once: true });
  });
  const done = work(stop.signal).then((result) => ({ result }));
  try {
    const end = await Promise.race([done, left]);
    if (end !== "left") return { ...end, endedBy };
    // Whatever it still says is of no use to anybody.
    done.catch(() => undefined);
    await desk.leave();
    context.abandon();
    return { endedBy };
  } finally {
    for (const listener of listening) listener[Symbol.dispose]();
  }
}

/** Writes a line for each run that came to an end. */
export interface RunLines {
  write(job: Job, run: JobRun): void;
  /** Resolves when the system has taken all of them. */
  flush(): Promise<void>;
}

/** Lines on stdout, in order and between whatever else is written in turn. */
export function runLines(
  { ports, mask }: Pick<CommandContext, "ports" | "mask">,
  turns: InTurn = inTurn(),
): RunLines {
  return {
    write(job, run) {
      const line = `${runLine(job, run, mask)}\n`;
      turns.add(() => ports.terminal.stdout.write(line));
    },
    flush: () => turns.flush(),
  };
}
