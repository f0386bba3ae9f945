import type { AuxiliaryModel } from "../../core/auxiliary.ts";
import { HermesError } from "../../core/errors.ts";
import type { ModelItem } from "../../core/item.ts";
import { estimateItems } from "../../core/token_estimate.ts";
import { summaryTokens } from "./limits.ts";
import { serialize } from "./serialize.ts";
import { summaryInstructions, summaryPrompt } from "./summary_prompt.ts";

export interface SummaryDeps {
  readonly auxiliary: AuxiliaryModel;
  /** Masks secrets. */
  redact(text: string): string;
}

export interface SummaryWork {
  readonly record: readonly ModelItem[];
  readonly previous?: string;
  readonly focus?: string;
  readonly date: string;
  /** Of the model that is asked, as far as it is known. */
  readonly contextLength: number;
}

/** Of a window, for what is summed up at once; the rest is for what surrounds it and for the answer. */
const recordShare = 0.6;
/** Halvings of what is summed up at once, for a model whose window is smaller than it was thought to be. */
const mostHalvings = 3;
/** A model that reasons counts that as output as well. */
const reasoningTokens = 2_000;

/**
 * A summary of items. What is too long for one question is summed up piece by piece, each time carrying the notes on.
 * @throws {HermesError} as `AuxiliaryModel.ask` does; `model/empty_answer` for a summary of nothing
 */
export async function summarize(
  deps: SummaryDeps,
  work: SummaryWork,
  signal: AbortSignal,
): Promise<string> {
  const { record, focus, date, contextLength } = work;
  const entries = serialize(record).map((entry) => deps.redact(entry));
  const tokens = summaryTokens(estimateItems(record), contextLength);
  let notes = work.previous;
  let pieceChars = 4 * recordShare * contextLength;
  let halvings = 0;
  for (let start = 0; start < entries.length || notes === undefined;) {
    const end = endOfPiece(entries, start, pieceChars);
    const text = summaryPrompt({
      entries: entries.slice(start, end),
      date,
      tokens,
      ...(notes === undefined ? {} : { previous: notes }),
      ...(focus === undefined ? {} : { focus: deps.redact(focus) }),
    });
    const maxOutputTokens = Math.ceil(1.3 * tokens) + reasoningTokens;
    const question = { task: "compression", instructions: summaryInstructions, text } as const;
    try {
      const answer = await deps.auxiliary.ask({ ...question, maxOutputTokens }, signal);
      notes = deps.redact(notesIn(answer));
      start = end;
    } catch (error) {
      const isTooLong = error instanceof HermesError && error.code === "model/context_overflow";
      if (!isTooLong || end - start <= 1 || halvings++ >= mostHalvings) throw error;
      pieceChars = Math.min(pieceChars, joinedChars(entries.slice(start, end))) / 2;
    }
  }
  return notes;
}

/** Behind the last entry that fits; at least one is taken. */
function endOfPiece(entries: readonly string[], start: number, chars: number): number {
  let end = start;
  for (let sum = 0; end < entries.length; end++) {
    sum += entries[end]?.length ?? 0;
    if (sum > chars && end > start) break;
  }
  return end;
}

function joinedChars(entries: readonly string[]): number {
  return entries.reduce((sum, entry) => sum + entry.length, 0);
}

/** @throws {HermesError} `model/empty_answer` for thoughts alone: nothing would be left of what they stand for */
function notesIn(answer: string): string {
  const notes = answer.replaceAll(/<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/gi, "").trim();
  if (notes !== "") return notes;
  throw new HermesError("model/empty_answer", "The summary holds nothing but thoughts");
}
