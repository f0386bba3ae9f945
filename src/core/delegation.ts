import type { Usage } from "./event.ts";
import type { ToolContext } from "./tool.ts";

/** A piece of work for an agent of its own, which knows nothing but this. */
export interface DelegatedTask {
  readonly goal: string;
  /** What it must know besides the goal. */
  readonly context?: string;
  /** Names of toolsets; where absent, all that it may have. */
  readonly toolsets?: readonly string[];
}

/** One call of a tool that was made for a task. */
export interface TracedCall {
  readonly tool: string;
  /** The beginning of the arguments, on one line. */
  readonly arguments: string;
  /** `unanswered`: the work ended before. */
  readonly status: "ok" | "error" | "unanswered";
  readonly resultChars: number;
}

/** How the work on a task ended. */
export interface TaskReport {
  readonly status: "completed" | "failed" | "interrupted";
  /** The last thing that the agent said; empty when it said nothing. */
  readonly summary: string;
  /** Model calls. */
  readonly steps: number;
  readonly durationMs: number;
  /** `completed`, `max_iterations`, `interrupted`, or the code of the failure. */
  readonly exitReason: string;
  readonly usage: Usage;
  readonly trace: readonly TracedCall[];
  /** What would have needed somebody's approval, and was denied. */
  readonly denied: readonly string[];
  readonly error?: string;
}

/** Has tasks worked on, several at a time; the reports are in the order of the tasks. Never rejects for one that fails. */
export type Delegate = (
  tasks: readonly DelegatedTask[],
  context: ToolContext,
) => Promise<readonly TaskReport[]>;
