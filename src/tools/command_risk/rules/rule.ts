import type { Invocation } from "../invocation.ts";

/** Something that makes a command need a decision, or impossible. */
export interface Finding {
  readonly level: "dangerous" | "forbidden";
  /** Names the kind of danger; what approvals remember. */
  readonly key: string;
  /** In plain words, for people. */
  readonly reason: string;
}

/** One row of a table: when it applies to a program's run, and what it says then. */
export interface Rule extends Finding {
  /** Names of programs, see `programFamily`. */
  readonly programs: readonly string[];
  readonly applies: (invocation: Invocation) => boolean;
}

/** A rule whose reason is its key. */
export function dangerous(
  key: string,
  programs: readonly string[],
  applies: Rule["applies"] = () => true,
): Rule {
  return { level: "dangerous", key, reason: key, programs, applies };
}

/** A rule that nobody can override. */
export function forbidden(
  key: string,
  programs: readonly string[],
  applies: Rule["applies"] = () => true,
): Rule {
  return { level: "forbidden", key, reason: key, programs, applies };
}
