import type { TurnOutcome } from "../core/event.ts";

/** A longer text is an answer, however it ends. */
const maxFragmentChars = 24;

/** What a turn did, in numbers. */
export interface TurnWork {
  /** Calls of the model. */
  readonly steps: number;
  readonly toolCalls: number;
  readonly failedCalls: number;
}

/**
 * Why a turn ended without what was asked for, and what it had done by then; undefined where the end speaks for itself:
 * whole answers, interrupts, denials, failures before anything was done.
 */
export function explainEnd(outcome: TurnOutcome, work: TurnWork): string | undefined {
  switch (outcome.status) {
    case "completed":
      return isFragment(outcome.finalText)
        ? `The answer looks like the beginning of one; the model ended it so, after ${told(work)}`
        : undefined;
    case "failed":
      return work.toolCalls === 0 || outcome.error.code === "approval/denied"
        ? undefined
        : `The turn ended early, after ${told(work)}; what it did until then was done, and the session knows of it`;
    case "interrupted":
      return undefined;
    default:
      return outcome satisfies never;
  }
}

/** Whether a short text ends in a sign after which something has to follow. */
function isFragment(text: string): boolean {
  const end = text.trimEnd();
  return end.length <= maxFragmentChars && /(?:[:,;({[–—]|\.\.\.|…|\s-)$/.test(end);
}

function told({ steps, toolCalls, failedCalls }: TurnWork): string {
  const calls = toolCalls === 1 ? "1 tool call" : `${toolCalls} tool calls`;
  const failed = failedCalls === 0 ? "" : `, ${failedCalls} of them failed`;
  return `${steps === 1 ? "1 step" : `${steps} steps`} and ${calls}${failed}`;
}
