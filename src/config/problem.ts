import { HermesError } from "../core/errors.ts";

/** Something in a configuration that is not right. */
export interface ConfigProblem {
  /**
   * `invalid`: cannot be used. The others do not stop a turn: `unknown_key`, `no_effect` (known, but nothing reads it in
   * this version), `unset_variable` (`${NAME}` was left as written), `bad_line` (of `.env`, left out), `unsafe` (others
   * can read a secret).
   */
  readonly kind: "invalid" | "unknown_key" | "no_effect" | "unset_variable" | "bad_line" | "unsafe";
  /** Dotted path of the key; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, with the place in front: `/home/ada/.hermes/config.yaml:3:5: ...`. */
  readonly message: string;
  readonly hint?: string;
}

/** The failure that the problems are: the first that is `invalid`, with the number of the others. */
export function invalidConfig(problems: readonly ConfigProblem[]): HermesError | undefined {
  const [first, ...others] = problems.filter((problem) => problem.kind === "invalid");
  if (!first) return undefined;
  const more = others.length === 0 ? "" : ` (and ${others.length} more: hermes config check)`;
  return new HermesError("config/invalid", `${first.message}${more}`, {
    hint: first.hint ?? "correct it: hermes config edit",
  });
}
