import type { AuxiliaryModel } from "../../core/auxiliary.ts";
import { toHermesError } from "../../core/errors.ts";
import type { ModelTransport } from "../../core/model.ts";
import type { Clock } from "../../core/ports.ts";
import { cleanStep } from "./clean_step.ts";
import { maskError } from "./mask_error.ts";
import { portableFor } from "./portable.ts";
import type { ItemSummary, RecordedModel, RecordedStep, TimedEvent } from "./recording.ts";
import { recordSmallCalls } from "./small_calls.ts";
import { summarize } from "./summarize.ts";
import { headerLine, smallCallLine, stepLines } from "./write_lines.ts";

export interface RecordDeps {
  readonly clock: Pick<Clock, "monotonic">;
  /** Takes one line, without a line break; what it throws ends the step. */
  readonly sink: (line: string) => Promise<void>;
  /** Masks secrets: a recording leaves the machine. */
  readonly mask: (text: string) => string;
}

export interface RecordOptions {
  /** Version of this program. */
  readonly hermesVersion: string;
  /** Absolute directory that the run works in; recordings hold a placeholder in its place. */
  readonly cwd: string;
  readonly model?: RecordedModel;
}

/** What writes one recording. */
export interface Recorder {
  /**
   * The transport, with the model side of each step written down as `recording.ts` describes: whole steps only, before
   * their `step-end` is passed on. Goes around `withRetry`, so that a replay repeats the retries as they were.
   */
  transport(transport: ModelTransport): ModelTransport;
  /** The model for small calls, with its answers written down before they are passed on. */
  auxiliary(model: AuxiliaryModel): AuxiliaryModel;
}

/** A transport whose steps are recorded, where nothing else is. */
export function recordTransport(
  deps: RecordDeps,
  transport: ModelTransport,
  options: RecordOptions,
): ModelTransport {
  return createRecorder(deps, options).transport(transport);
}

/** A recorder that begins its recording with the first thing that it writes. */
export function createRecorder(deps: RecordDeps, options: RecordOptions): Recorder {
  const portable = portableFor(options.cwd);
  const clean = (text: string): string => portable.abstract(deps.mask(text));
  let previous: readonly ItemSummary[] | undefined;
  let isBegun = false;

  // Sub-agents ask at the same time: a step is written whole, and the next one behind it.
  let writing: Promise<void> = Promise.resolve();
  function write(linesNow: () => readonly string[]): Promise<void> {
    const written = writing.then(async () => {
      const lines = [...(isBegun ? [] : [headerLine(options)]), ...linesNow()];
      isBegun = true;
      for (const line of lines) await deps.sink(line);
    });
    writing = written.catch(() => undefined);
    return written;
  }
  function writeStep(step: RecordedStep): Promise<void> {
    return write(() => {
      const lines = stepLines(step, previous);
      previous = step.request.items;
      return lines;
    });
  }

  return {
    transport: (transport) => recordSteps(deps, transport, { clean, writeStep }),
    auxiliary: (model) =>
      recordSmallCalls({ clean, write: (call) => write(() => [smallCallLine(call)]) }, model),
  };
}

function recordSteps(
  deps: Pick<RecordDeps, "clock">,
  transport: ModelTransport,
  {
    clean,
    writeStep,
  }: {
    readonly clean: (text: string) => string;
    readonly writeStep: (step: RecordedStep) => Promise<void>;
  },
): ModelTransport {
  const moveOn = transport.moveOn?.bind(transport);
  const standIn = transport.standIn?.bind(transport);
  return {
    ...(moveOn && { moveOn }),
    ...(standIn && { standIn }),
    async *stream(request, signal) {
      const summary = summarize(request, clean);
      const events: TimedEvent[] = [];
      let last = deps.clock.monotonic();
      const sinceLast = (): number => {
        const before = last;
        last = deps.clock.monotonic();
        return last - before;
      };
      let isWritten = false;
      try {
        for await (const event of transport.stream(request, signal)) {
          const masked =
            event.type === "retry" ? { ...event, error: maskError(event.error, clean) } : event;
          events.push({ afterMs: sinceLast(), event: masked });
          if (event.type === "step-end") {
            isWritten = true;
            await writeStep({ request: summary, events: cleanStep(events, clean) });
          }
          yield event;
        }
      } catch (thrown) {
        if (!isWritten) {
          const failure = { afterMs: sinceLast(), error: maskError(toHermesError(thrown), clean) };
          await writeStep({ request: summary, events: cleanStep(events, clean), failure });
        }
        throw thrown;
      }
    },
  };
}
