import { defined } from "../core/defined.ts";
import { HermesError } from "../core/errors.ts";
import type { SessionSplitEvent, TurnEvent } from "../core/event.ts";
import type { ModelTransport } from "../core/model.ts";
import type { ToolSpec } from "../core/tool.ts";
import type { Compressor, ContextInUse } from "./compression/compressor.ts";
import { collectStep, type StepResult } from "./step.ts";
import type { TurnProgress } from "./turn_progress.ts";

export interface ModelStepDeps {
  readonly transport: ModelTransport;
  /** Absent: a context that is too large fails the turn. */
  readonly compressor?: Compressor;
}

/** Asks the model, with a context that it can hold: it is compressed before the step, and again when it is refused. */
export async function* askModel(
  { transport, compressor }: ModelStepDeps,
  progress: TurnProgress,
  tools: readonly ToolSpec[],
  signal: AbortSignal,
): AsyncGenerator<TurnEvent, StepResult> {
  // Who answers may have changed with a refusal.
  const contextNow = async (): Promise<ContextInUse> => {
    const standIn = await transport.standIn?.(progress.turn.turnId, signal);
    return { ...progress.context(tools), ...defined("standIn", standIn) };
  };
  let context = await contextNow();
  const goOn = async (split: SessionSplitEvent): Promise<void> => {
    progress.follow(split);
    context = await contextNow();
  };
  if (compressor) {
    const split = yield* compressor.beforeStep(context, signal);
    if (split) await goOn(split);
  }
  while (true) {
    try {
      const events = transport.stream(context.request, signal);
      const { interim } = progress;
      const result = yield* collectStep(events, { interim, couldCall: tools.length > 0 });
      // An answer that failed for being empty told no numbers.
      if (result.emptyError === undefined) compressor?.measure(context.request, result.usage);
      return result;
    } catch (error) {
      if (!compressor || !isOverflow(error) || signal.aborted) throw error;
      const refusal = { error, attempt: progress.countOverflow() };
      await goOn(yield* compressor.afterOverflow(await contextNow(), refusal, signal));
    }
  }
}

function isOverflow(error: unknown): error is HermesError {
  return error instanceof HermesError && error.code === "model/context_overflow";
}
