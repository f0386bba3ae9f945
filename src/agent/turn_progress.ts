import type { ApprovalRequest } from "../core/approval.ts";
import { HermesError } from "../core/errors.ts";
import type { SessionSplitEvent, TurnOutcome } from "../core/event.ts";
import type { Item, ToolCall } from "../core/item.ts";
import type { ModelRequest } from "../core/model.ts";
import type { TurnRequest } from "../core/runtime.ts";
import { shellText } from "../core/shell_text.ts";
import type { ToolSpec } from "../core/tool.ts";
import type { ContextInUse } from "./compression/compressor.ts";
import { withPrevious } from "./compression/context.ts";
import * as prompts from "./prompts.ts";
import { asModelItems } from "./model_items.ts";
import { repairHistory } from "./repair.ts";
import type { StepResult } from "./step.ts";
import type { BatchReport } from "./tool_calls.ts";

/** How often in a row the same kind of unfinished answer is continued before the turn fails. */
const maxContinuations = 3;

/** Output limits are raised with each continuation, up to this many tokens (or the configured limit, if larger). */
const raisedOutputCeiling = 32_768;

/** How the loop goes on after a step. */
export type Decision =
  | { readonly kind: "run-tools"; readonly calls: readonly ToolCall[] }
  | { readonly kind: "refuse-calls"; readonly calls: readonly ToolCall[]; readonly nudge: string }
  | { readonly kind: "ask-again"; readonly nudge?: string }
  | { readonly kind: "finish"; readonly text: string };

/** What the turn knows so far, and the rules by which it goes on. Knows no I/O. */
export class TurnProgress {
  #turn: TurnRequest;
  readonly #items: Item[];
  readonly #newItemIds: string[] = [];
  /** Pieces of an answer that a limit cut, to be joined with what follows. */
  readonly #pieces: string[] = [];
  #inARow = { kind: "" as string, count: 0 };
  #raise = 0;
  #ranTools = false;
  #denied: readonly ApprovalRequest[] = [];
  #overflows = 0;

  constructor(turn: TurnRequest) {
    this.#turn = turn;
    this.#items = [...turn.history, turn.message];
  }

  /** As it goes on: in another session after a split. */
  get turn(): TurnRequest {
    return this.#turn;
  }

  get newItemIds(): readonly string[] {
    return this.#newItemIds;
  }

  request(tools: readonly ToolSpec[]): ModelRequest {
    const { turn } = this;
    const limit = turn.maxOutputTokens;
    const raised =
      limit && Math.max(limit, Math.min(limit * (this.#raise + 1), raisedOutputCeiling));
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
      ...(raised === undefined ? {} : { maxOutputTokens: raised }),
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

  /** @throws {HermesError} when the answer cannot become whole */
  decide(step: StepResult): Decision {
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
        return isBlank(step.text)
          ? this.#askForText()
          : { kind: "finish", text: this.#close(step.text) };
      default:
        return step.finishReason satisfies never;
    }
  }

  report(batch: BatchReport): void {
    this.#ranTools = true;
    this.add(batch.results);
    if (batch.invalidCalls > 0 && batch.succeededCalls === 0) {
      const problem = "The model called tools that do not exist or with unreadable arguments";
      this.#countInARow(
        "invalid calls",
        () =>
          new HermesError(
            "model/bad_tool_call",
            `${problem}, ${maxContinuations + 1} times in a row`,
            {
              hint: "choose another model with --model",
            },
          ),
      );
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

  #runTools(step: StepResult): Decision {
    if (step.calls.length === 0) return this.#askForText();
    this.#pieces.length = 0;
    return { kind: "run-tools", calls: step.calls };
  }

  #continueCut(step: StepResult): Decision {
    this.#raise++;
    this.#countInARow("length", () => this.#truncated("the output limit"));
    if (step.calls.length > 0) {
      return { kind: "refuse-calls", calls: step.calls, nudge: prompts.continueAfterCutCall };
    }
    if (isBlank(step.text)) throw this.#truncated("the output limit, with reasoning only");
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

  #askForText(): Decision {
    this.#countInARow(
      "empty",
      () =>
        new HermesError(
          "model/empty_answer",
          `${this.turn.model} answered with nothing, ${maxContinuations + 1} times in a row`,
          {
            hint: "try again, or choose another model with --model",
          },
        ),
    );
    return this.#ranTools
      ? { kind: "ask-again", nudge: prompts.answerAfterTools }
      : { kind: "ask-again" };
  }

  #truncated(by: string): HermesError {
    return new HermesError(
      "model/truncated",
      `The answer was cut by ${by}, and ${maxContinuations} continuations did not complete it`,
      {
        hint: "ask for less at once, or raise model.max_tokens with hermes config set",
      },
    );
  }

  #countInARow(kind: string, failure: () => HermesError): void {
    const count = this.#inARow.kind === kind ? this.#inARow.count + 1 : 1;
    this.#inARow = { kind, count };
    if (count > maxContinuations) throw failure();
  }
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
