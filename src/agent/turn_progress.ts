import type { ApprovalRequest } from "../core/approval.ts";
import { HermesError } from "../core/errors.ts";
import type { SessionSplitEvent, TurnOutcome } from "../core/event.ts";
import { type Item, textOf, type ToolCall, type UserMessage } from "../core/item.ts";
import type { ModelRequest } from "../core/model.ts";
import type { TurnRequest } from "../core/runtime.ts";
import { shellText } from "../core/shell_text.ts";
import type { ToolSpec } from "../core/tool.ts";
import { onlyPromisesWork } from "./acknowledgement.ts";
import { EmptyLadder } from "./empty_answer.ts";
import type { ContextInUse } from "./compression/compressor.ts";
import { withPrevious } from "./compression/context.ts";
import * as prompts from "./prompts.ts";
import { asModelItems } from "./model_items.ts";
import { OutputLimit } from "./output_limit.ts";
import { repairHistory } from "./repair.ts";
import { endsInScratchpad } from "./scratchpad.ts";
import type { StepResult } from "./step.ts";
import type { BatchReport } from "./tool_calls.ts";

/** How often in a row the same kind of unfinished answer is continued before the turn fails. */
const maxContinuations = 3;

/** How often in a row the model may call tools that do not exist. */
const maxUnknownTools = 3;

/** How often in a turn a model that promises work is told to do it. */
const maxPushes = 2;

/** How often in a row an answer that ended inside of a scratchpad is asked for again. */
const maxOpenScratchpads = 2;

/** How the loop goes on after a step. */
export type Decision =
  | { readonly kind: "run-tools"; readonly calls: readonly ToolCall[] }
  | { readonly kind: "refuse-calls"; readonly calls: readonly ToolCall[]; readonly nudge: string }
  | { readonly kind: "ask-again"; readonly nudge?: string }
  /** The same again, of another model; where there is none the turn fails with `otherwise`. */
  | { readonly kind: "move-on"; readonly otherwise: HermesError }
  | { readonly kind: "finish"; readonly text: string };

/** What the turn knows so far, and the rules by which it goes on. Knows no I/O. */
export class TurnProgress {
  #turn: TurnRequest;
  readonly #items: Item[];
  readonly #newItemIds: string[] = [];
  /** Pieces of an answer that a limit cut, to be joined with what follows. */
  readonly #pieces: string[] = [];
  #inARow = { kind: "" as string, count: 0 };
  readonly #limit: OutputLimit;
  readonly #empty = new EmptyLadder();
  /** What the user said last. */
  #asked: UserMessage;
  /** Names of the tools that were called since then. */
  readonly #tools: string[] = [];
  /** What the user saw last since then. */
  #shownText = "";
  #pushes = 0;
  /** What was said when it was incomplete the last time, while nothing else came. */
  #interim: readonly Item[] | undefined;
  #denied: readonly ApprovalRequest[] = [];
  #overflows = 0;

  constructor(turn: TurnRequest) {
    this.#turn = turn;
    this.#asked = turn.message;
    this.#limit = new OutputLimit(turn.maxOutputTokens);
    this.#items = [...turn.history, turn.message];
  }

  /** As it goes on: in another session after a split. */
  get turn(): TurnRequest {
    return this.#turn;
  }

  get newItemIds(): readonly string[] {
    return this.#newItemIds;
  }

  /** What an incomplete answer said just before: the same once more is not kept. */
  get interim(): readonly Item[] | undefined {
    return this.#interim;
  }

  /** Whether a result that the model still sees holds a text. */
  hasInResults(text: string): boolean {
    return asModelItems(this.#items).some(
      (item) => item.type === "tool-result" && item.output.includes(text),
    );
  }

  request(tools: readonly ToolSpec[]): ModelRequest {
    const { turn } = this;
    const { tokens } = this.#limit;
    return {
      sessionId: turn.sessionId,
      turnId: turn.turnId,
      model: turn.model,
      instructions: turn.instructions,
      // A copy: the request is a value, and the turn goes on.
      items: repairHistory(asModelItems(this.#items)),
      tools,
      reasoningEffort: turn.reasoningEffort,
      ...(turn.serviceTier === undefined ? {} : { serviceTier: turn.serviceTier }),
      ...(tokens === undefined ? {} : { maxOutputTokens: tokens }),
      ...(turn.outputSchema === undefined ? {} : { outputSchema: turn.outputSchema }),
    };
  }

  /** The next request with the compaction that it begins with. */
  context(tools: readonly ToolSpec[]): ContextInUse {
    return withPrevious(this.request(tools), this.#items);
  }

  /** The rest of the turn belongs to another session, whose items begin with the compaction. */
  follow({ sessionId, compaction, instructions }: SessionSplitEvent): void {
    this.#items.splice(0, this.#items.length, compaction);
    const prompt = instructions === undefined ? {} : { instructions };
    this.#turn = { ...this.#turn, sessionId, ...prompt };
  }

  /** The provider refused a request for its size; how often that happened in this turn. */
  countOverflow(): number {
    this.#overflows += 1;
    return this.#overflows;
  }

  add(items: readonly Item[]): void {
    this.#items.push(...items);
    this.#newItemIds.push(...items.map((item) => item.id));
  }

  /** The user says something more: what was said and done before is no answer to it. */
  steer(message: UserMessage): void {
    this.add([message]);
    this.#asked = message;
    this.#tools.length = 0;
    this.#shownText = "";
    this.#empty.reset();
  }

  /** @throws {HermesError} when the answer cannot become whole */
  decide(step: StepResult): Decision {
    const isIncomplete = step.finishReason === "incomplete" && step.calls.length === 0;
    if (!isIncomplete) this.#interim = undefined;
    else if (step.items.length > 0) this.#interim = step.items;
    switch (step.finishReason) {
      case "tool_calls":
        return this.#runTools(step);
      case "length":
        return this.#continueCut(step);
      case "incomplete":
        return this.#continueIncomplete(step);
      case "content_filter":
        throw new HermesError(
          "model/content_policy",
          "The provider's content filter ended the answer",
          {
            hint: "rephrase the request, or choose another model with --model",
          },
        );
      case "stop":
        return this.#conclude(step);
      default:
        return step.finishReason satisfies never;
    }
  }

  /** Another model goes on with the turn: what the one before failed at is not held against it. */
  movedOn(): void {
    this.#inARow = { kind: "", count: 0 };
    this.#empty.reset();
  }

  report(batch: BatchReport): void {
    this.#empty.toolsRan();
    this.add(batch.results);
    if (batch.unknownTools > 0 && batch.succeededCalls === 0) {
      const limit = maxUnknownTools - 1;
      this.#countInARow("unknown tools", () => badCalls("tools that do not exist", limit), limit);
    } else if (batch.invalidCalls > 0 && batch.succeededCalls === 0) {
      this.#countInARow("invalid calls", () => badCalls("tools with unreadable arguments"));
    } else {
      this.#inARow = { kind: "", count: 0 };
    }
    // Work that went on after a denial found another way; a denial that nothing followed stays unresolved.
    if (batch.deniedByPolicy.length > 0) this.#denied = batch.deniedByPolicy;
    else if (batch.succeededCalls > 0) this.#denied = [];
  }

  /** @throws {HermesError} `approval/denied` when the last thing that was tried was denied without a person */
  finish(text: string): TurnOutcome {
    return { status: "completed", finalText: this.#close(text) };
  }

  #close(text: string): string {
    if (this.#denied.length > 0) throw denied(this.#denied);
    // Emptied: the turn goes on with another message, if there is one.
    return [...this.#pieces.splice(0), text].join("").trim();
  }

  #conclude(step: StepResult): Decision {
    if (isBlank(step.text)) return this.#askForText(step);
    this.#empty.reset();
    this.#shownText = step.text;
    if (endsInScratchpad(step.text)) {
      const failure = (): HermesError =>
        this.#truncated("the model inside of its reasoning", maxOpenScratchpads);
      this.#countInARow("scratchpad", failure, maxOpenScratchpads);
      return { kind: "ask-again", nudge: prompts.closeScratchpad };
    }
    if (this.#isPromise(step)) {
      this.#pushes++;
      return { kind: "ask-again", nudge: prompts.doWhatWasPromised };
    }
    return { kind: "finish", text: this.#close(step.text) };
  }

  #isPromise(step: StepResult): boolean {
    return (
      step.couldCall &&
      this.#pushes < maxPushes &&
      this.#tools.length === 0 &&
      onlyPromisesWork(step.text, textOf(this.#asked))
    );
  }

  #runTools(step: StepResult): Decision {
    if (step.calls.length === 0) return this.#askForText(step);
    this.#pieces.length = 0;
    this.#tools.push(...step.calls.map(({ name }) => name));
    if (!isBlank(step.text)) this.#shownText = step.text;
    return { kind: "run-tools", calls: step.calls };
  }

  #continueCut(step: StepResult): Decision {
    this.#limit.cut(step.usage.outputTokens);
    this.#countInARow("length", () => this.#truncated("the output limit"));
    if (step.calls.length > 0) {
      return { kind: "refuse-calls", calls: step.calls, nudge: prompts.continueAfterCutCall };
    }
    if (step.hasCutCall) return { kind: "ask-again", nudge: prompts.continueAfterCutCall };
    if (isBlank(step.text)) {
      throw new HermesError(
        "model/truncated",
        "The output limit was used up by reasoning, before anything was said",
        { hint: "raise model.max_tokens, or lower model.reasoning_effort, with hermes config set" },
      );
    }
    this.#pieces.push(step.text);
    return { kind: "ask-again", nudge: prompts.continueAfterCut };
  }

  #continueIncomplete(step: StepResult): Decision {
    this.#countInARow("incomplete", () => this.#truncated("the provider, as incomplete"));
    if (step.calls.length > 0) return this.#runTools(step);
    return step.items.length > 0
      ? { kind: "ask-again", nudge: prompts.continueUnfinished }
      : { kind: "ask-again" };
  }

  #askForText(step: StepResult): Decision {
    const rung = this.#empty.next({
      earlierText: this.#shownText,
      tools: this.#tools,
      hasReasoning: step.items.some((item) => item.type === "reasoning"),
      wasRetried: step.emptyError !== undefined,
    });
    if (rung.kind === "finish") return { kind: "finish", text: this.#close(rung.text) };
    if (rung.kind === "ask-again") return rung;
    const otherwise =
      step.emptyError ??
      new HermesError(
        "model/empty_answer",
        `${this.turn.model} answered with nothing, however often it was asked`,
        { hint: "try again, or choose another model with --model" },
      );
    return { kind: "move-on", otherwise };
  }

  #truncated(by: string, continuations = maxContinuations): HermesError {
    return new HermesError(
      "model/truncated",
      `The answer was cut by ${by}, and ${continuations} continuations did not complete it`,
      {
        hint: "ask for less at once, or raise model.max_tokens with hermes config set",
      },
    );
  }

  #countInARow(kind: string, failure: () => HermesError, most = maxContinuations): void {
    const count = this.#inARow.kind === kind ? this.#inARow.count + 1 : 1;
    this.#inARow = { kind, count };
    if (count > most) throw failure();
  }
}

function badCalls(what: string, most = maxContinuations): HermesError {
  return new HermesError(
    "model/bad_tool_call",
    `The model called ${what}, ${most + 1} times in a row`,
    { hint: "choose another model with --model" },
  );
}

function isBlank(text: string): boolean {
  return text.trim() === "";
}

function denied(requests: readonly ApprovalRequest[]): HermesError {
  const what = requests.map(({ reason }) => reason).join("; ");
  // A command can be allowed by a pattern that the user chooses; what is none is allowed by its key, which is shown nowhere else.
  const other = requests.find(({ subject }) => subject.kind !== "command");
  const pattern = other === undefined ? "PATTERN" : shellText([other.key]);
  return new HermesError(
    "approval/denied",
    `${other === undefined ? "A command" : "A call"} was denied and the turn could not finish without it: ${what}`,
    { hint: `allow it with --allow ${pattern}, or everything with --yolo` },
  );
}
