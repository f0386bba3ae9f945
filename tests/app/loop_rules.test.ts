import { expect, test } from "bun:test";
import { usualGuardSettings } from "../../src/agent/loop_guard.ts";
import { guardSettingsOf, turnNotesOf } from "../../src/app/loop_rules.ts";
import { defaults } from "../../src/config/defaults.ts";

test("guardSettingsOf() of an empty configuration is what the guard does by itself", () => {
  expect(guardSettingsOf(defaults)).toEqual(usualGuardSettings);
});

test.each([
  [{}, true],
  [{ HERMES_FILE_MUTATION_VERIFIER: " Off " }, false],
  [{ HERMES_FILE_MUTATION_VERIFIER: "0" }, false],
  [{ HERMES_FILE_MUTATION_VERIFIER: "perhaps" }, true],
])("turnNotesOf() with %j tells of changes: %j", (env, verifiesChanges) => {
  expect(turnNotesOf(defaults, env)).toEqual({ verifiesChanges, explainsEnds: true });
});

test("turnNotesOf() believes the environment more than the file", () => {
  const display = { file_mutation_verifier: false, turn_completion_explainer: false };
  const env = { HERMES_FILE_MUTATION_VERIFIER: "1" };
  expect(turnNotesOf({ display }, env)).toEqual({ verifiesChanges: true, explainsEnds: false });
});
