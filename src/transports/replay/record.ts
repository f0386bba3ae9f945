import { HermesError, toHermesError } from "../../core/errors.ts";
import type { ModelTransport } from "../../core/model.ts";
import type { Clock } from "../../core/ports.ts";
import { cleanStep } from "./clean_step.ts";
import { portableFor } from "./portable.ts";
import type { ItemSummary, RecordedStep, TimedEvent } from "./recording.ts";
import { summarize } from "./summarize.ts";
import { headerLine, stepLines } from "./write_lines.ts";

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
}

/**
 * The transport, with the model side of each step written down as `recording.ts` describes: whole steps only, before
 * their `step-end` is passed on. Goes around `withRetry`, so that a replay repeats the retries as they were.
 */
export function recordTransport(
  deps: RecordDeps,
  transport: ModelTransport,
  options: RecordOptions,
): ModelTransport {
  const portable = portableFor(options.cwd);
  const clean = (text: string): string => portable.abstract(deps.mask(text));
  let previous: readonly ItemSummary[] | undefined;

  async function writeNow(step: RecordedStep): Promise<void> {
    if (previous === undefined) await deps.sink(headerLine(options.hermesVersion));
    for (const line of stepLines(step, previous)) await deps.sink(line);
    previous = step.request.items;
  }

  // Sub-agents ask at the same time: a step is written whole, and the next one behind it.
  let writing: Promise<void> = Promise.resolve();
  function write(step: RecordedStep): Promise<void> {
    const written = writing.then(() => writeNow(step));
    writing = written.catch(() => undefined);
    return written;
  }

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
            await write({ request: summary, events: cleanStep(events, clean) });
          }
          yield event;
        }
      } catch (thrown) {
        if (!isWritten) {
          const failure = { afterMs: sinceLast(), error: maskError(toHermesError(thrown), clean) };
          await write({ request: summary, events: cleanStep(events, clean), failure });
        }
        throw thrown;
      }
    },
  };
}

function maskError(error: HermesError, clean: (text: string) => string): HermesError {
  return new HermesError(error.code, clean(error.message), {
    retryable: error.retryable,
    ...(error.hint !== undefined && { hint: clean(error.hint) }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    ...(error.httpStatus !== undefined && { httpStatus: error.httpStatus }),
  });
}
