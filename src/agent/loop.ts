import { abortError, HermesError, throwIfAborted, toHermesError } from "../core/errors.ts";
import type { TurnEvent, TurnOutcome } from "../core/event.ts";
import type { ToolCall, UserMessage } from "../core/item.ts";
import type { AgentRuntime, TurnRequest } from "../core/runtime.ts";
import { HintFinder } from "./directory_hints.ts";
import { type GuardHalt, LoopGuard } from "./loop_guard.ts";
import { askModel, type ModelStepDeps } from "./model_step.ts";
import * as prompts from "./prompts.ts";
import { runToolCalls, type ToolCallDeps, type ToolCallScope } from "./tool_calls.ts";
import { TurnProgress } from "./turn_progress.ts";

export interface LoopDeps extends ToolCallDeps, ModelStepDeps {}

/**
 * Our own backend: asks the model, runs the tools it calls, and asks again, until it answers or a limit is reached.
 * Stateless between turns.
 */
export function createLoopRuntime(deps: LoopDeps): AgentRuntime {
  return {
    runTurn: (turn, signal) => runLoop(deps, turn, signal),
    async [Symbol.asyncDispose]() {},
  };
}

async function* runLoop(
  deps: LoopDeps,
  turn: TurnRequest,
  signal: AbortSignal,
): AsyncGenerator<TurnEvent, void> {
  const progress = new TurnProgress(turn);
  yield { type: "turn-start", turnId: turn.turnId };
  let outcome: TurnOutcome;
  try {
    outcome = yield* runSteps(deps, progress, signal);
  } catch (error) {
    outcome = outcomeOfError(signal.aborted ? abortError(signal) : toHermesError(error), progress);
  }
  yield { type: "turn-end", outcome };
}

function outcomeOfError(error: HermesError, progress: TurnProgress): TurnOutcome {
  if (error.code === "turn/interrupted") return { status: "interrupted" };
  return { status: "failed", error, completedItemIds: progress.newItemIds };
}

async function* runSteps(
  deps: LoopDeps,
  progress: TurnProgress,
  signal: AbortSignal,
): AsyncGenerator<TurnEvent, TurnOutcome> {
  const { maxSteps } = progress.turn;
  const tools = deps.tools.map((tool) => tool.spec);
  const watch = watchOf(deps, progress);
  for (let step = 1; step <= maxSteps; step++) {
    throwIfAborted(signal);
    yield* takeSteering(progress);
    const { sessionId } = progress.turn;
    const result = yield* askModel(deps, progress, tools, signal);
    if (progress.turn.sessionId !== sessionId) {
      watch.guard.forgetResults();
      watch.hints?.forgetResults();
    }
    progress.add(result.items);
    const decision = progress.decide(result);
    switch (decision.kind) {
      case "run-tools":
        progress.report(
          yield* runToolCalls(deps, { ...progress.turn, ...watch }, decision.calls, signal),
        );
        if (watch.guard.halt) return yield* answerLoop(deps, progress, watch.guard.halt, signal);
        break;
      case "refuse-calls":
        yield* answerCalls(deps, progress, decision.calls, decision.nudge);
        break;
      case "ask-again":
        if (decision.nudge !== undefined) {
          yield* say(progress, deps.newId(), decision.nudge);
        }
        break;
      case "move-on": {
        const { otherwise } = decision;
        if (!(await deps.transport.moveOn?.(progress.turn.turnId, otherwise, signal)))
          throw otherwise;
        progress.movedOn();
        break;
      }
      case "finish":
        // Said meanwhile: the answer stays, and the turn goes on with what is next.
        if (step < maxSteps && hasSteering(progress)) break;
        return { status: "completed", finalText: decision.text };
      default:
        decision satisfies never;
    }
  }
  return yield* summarize(deps, progress, signal);
}

/** What the calls of a turn share. */
function watchOf(
  { guardSettings, files }: LoopDeps,
  progress: TurnProgress,
): Pick<ToolCallScope, "guard" | "hints"> {
  const guard = new LoopGuard(guardSettings);
  if (!files) return { guard };
  const isSeen = (text: string): boolean => progress.hasInResults(text);
  return { guard, hints: new HintFinder({ files, isSeen }, progress.turn.cwd) };
}

function hasSteering({ turn }: TurnProgress): boolean {
  return (turn.steering?.waiting.length ?? 0) > 0;
}

/** What was said to the turn since the last step: messages like any other, behind all that was seen when they were said. */
function* takeSteering(progress: TurnProgress): Generator<TurnEvent, void> {
  const { steering } = progress.turn;
  for (const message of steering?.waiting ?? []) {
    steering?.take(message);
    progress.steer(message);
    yield { type: "item-start", item: message };
    yield { type: "item-end", item: message };
  }
}

/** A nudge of ours, stored like any message so that the history stays what the model saw. */
function* say(progress: TurnProgress, id: string, text: string): Generator<TurnEvent, void> {
  const message: UserMessage = {
    type: "user-message",
    id,
    parts: [{ type: "text", text }],
    synthetic: true,
  };
  progress.add([message]);
  yield { type: "item-start", item: message };
  yield { type: "item-end", item: message };
}

/** Gives calls that must not run the result they need, so that the history stays whole. */
function* answerCalls(
  deps: LoopDeps,
  progress: TurnProgress,
  calls: readonly ToolCall[],
  text: string,
): Generator<TurnEvent, void> {
  for (const { callId } of calls) {
    const output = JSON.stringify({ error: text });
    const item = { type: "tool-result", id: deps.newId(), callId, output, isError: true } as const;
    progress.add([item]);
    yield { type: "item-start", item };
    yield { type: "item-end", item };
  }
}

/** Ends a turn that used up its steps. */
async function* summarize(
  deps: LoopDeps,
  progress: TurnProgress,
  signal: AbortSignal,
): AsyncGenerator<TurnEvent, TurnOutcome> {
  const limit = progress.turn.maxSteps;
  return yield* lastStep(deps, progress, signal, {
    notice: `Step limit reached (${limit}): the answer is a summary of the work so far`,
    prompt: prompts.summarizeAtLimit,
    otherwise: new HermesError(
      "turn/max_iterations",
      `The turn used all of its ${limit} steps without an answer`,
      { hint: "allow more steps with --max-turns, or go on with hermes -c" },
    ),
  });
}

/** Ends a turn whose tool failed again and again. */
async function* answerLoop(
  deps: LoopDeps,
  progress: TurnProgress,
  { tool, count }: GuardHalt,
  signal: AbortSignal,
): AsyncGenerator<TurnEvent, TurnOutcome> {
  return yield* lastStep(deps, progress, signal, {
    notice: `${tool} failed ${count} times in this turn, which was ended: the answer is a summary of the work so far`,
    prompt: prompts.summarizeAfterLoop,
    otherwise: new HermesError(
      "turn/tool_loop",
      `${tool} failed ${count} times in this turn, and the turn ended without an answer`,
      { hint: "say what to do in another way, or see tool_loop_guardrails in hermes config show" },
    ),
  });
}

/** The last step of a turn that does not end by itself: without tools, so that nothing but an answer can come. */
async function* lastStep(
  deps: LoopDeps,
  progress: TurnProgress,
  signal: AbortSignal,
  why: { readonly notice: string; readonly prompt: string; readonly otherwise: HermesError },
): AsyncGenerator<TurnEvent, TurnOutcome> {
  throwIfAborted(signal);
  yield { type: "notice", level: "warning", text: why.notice };
  yield* say(progress, deps.newId(), why.prompt);
  const result = yield* askModel(deps, progress, [], signal);
  progress.add(result.items);
  yield* answerCalls(deps, progress, result.calls, "No tool can be used any more");
  if (result.text.trim() === "" || result.calls.length > 0 || result.finishReason !== "stop") {
    throw why.otherwise;
  }
  return progress.finish(result.text);
}
