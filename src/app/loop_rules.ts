import type { GuardLimits, GuardSettings } from "../agent/loop_guard.ts";
import type { TurnNotesSettings } from "../agent/turn_notes.ts";
import type { Config } from "../config/schema.ts";
import type { Env } from "../core/ports.ts";

/** What `tool_loop_guardrails` says. */
export function guardSettingsOf({
  tool_loop_guardrails: given,
}: Pick<Config, "tool_loop_guardrails">): GuardSettings {
  return {
    warns: given.warnings_enabled,
    stops: given.hard_stop_enabled,
    warnAfter: limitsOf(given.warn_after),
    stopAfter: limitsOf(given.hard_stop_after),
  };
}

function limitsOf(given: Config["tool_loop_guardrails"]["warn_after"]): GuardLimits {
  return {
    exactFailure: given.exact_failure,
    sameToolFailure: given.same_tool_failure,
    idempotentNoProgress: given.idempotent_no_progress,
  };
}

interface NoteConfig {
  readonly display: Pick<Config["display"], "file_mutation_verifier" | "turn_completion_explainer">;
}

/** What `display` says about the end of a turn; `HERMES_FILE_MUTATION_VERIFIER` has the last word on changes. */
export function turnNotesOf({ display }: NoteConfig, env: Env): TurnNotesSettings {
  const word = env["HERMES_FILE_MUTATION_VERIFIER"]?.trim().toLowerCase() ?? "";
  return {
    verifiesChanges: words.get(word) ?? display.file_mutation_verifier,
    explainsEnds: display.turn_completion_explainer,
  };
}

const words: ReadonlyMap<string, boolean> = new Map([
  ...["1", "true", "yes", "on"].map((word) => [word, true] as const),
  ...["0", "false", "no", "off"].map((word) => [word, false] as const),
]);
