import type { Invocation } from "../invocation.ts";
import { isHermesData, protectedFileKind } from "../protected_paths.ts";
import { interpreterOf } from "../wrappers.ts";
import { removedPaths, writtenPaths } from "../written_paths.ts";
import { codeRules, sudoPasswordRule } from "./code.ts";
import { fileRules } from "./files.ts";
import { gitRules } from "./git.ts";
import { hardlineRules, hardlineWriteRule } from "./hardline.ts";
import { hermesRules } from "./hermes.ts";
import { processRules } from "./processes.ts";
import type { Finding, Rule } from "./rule.ts";
import { sqlRules } from "./sql.ts";

const rulesByProgram = indexRules([
  ...hardlineRules,
  ...fileRules,
  ...processRules,
  ...hermesRules,
  ...gitRules,
  ...codeRules,
  ...sqlRules,
]);

function indexRules(rules: readonly Rule[]): ReadonlyMap<string, readonly Rule[]> {
  const index = new Map<string, Rule[]>();
  for (const rule of rules) {
    for (const program of rule.programs) {
      const known = index.get(program);
      if (known) known.push(rule);
      else index.set(program, [rule]);
    }
  }
  return index;
}

export interface RuleOptions {
  /** Whether the user gave sudo a password, so that reading it from the input is no guess. */
  readonly hasSudoPassword: boolean;
}

/** What the tables say of one run. */
export function findingsOf(invocation: Invocation, options: RuleOptions): readonly Finding[] {
  const rules = rulesByProgram.get(programFamily(invocation.program)) ?? [];
  const findings: Finding[] = rules.filter((rule) => rule.applies(invocation));
  if (hardlineWriteRule.applies(invocation)) findings.push(hardlineWriteRule);
  if (
    !options.hasSudoPassword &&
    invocation.program === "sudo" &&
    sudoPasswordRule.applies(invocation)
  ) {
    findings.push(sudoPasswordRule);
  }
  return [...findings, ...protectedWrites(invocation), ...protectedRemovals(invocation)];
}

/** The name that the tables know a program by: `mkfs` for `mkfs.ext4`, `python` for `python3.12`. */
function programFamily(program: string): string {
  if (/^mkfs\.|^mke2fs$/.test(program)) return "mkfs";
  // Builds for other machines are named after them.
  if (/^hermes-(?:darwin|linux)-/.test(program)) return "hermes";
  return interpreterOf(program) ?? program;
}

function protectedWrites(invocation: Invocation): readonly Finding[] {
  return writtenPaths(invocation).flatMap(({ text, contents, via }): readonly Finding[] => {
    const kind = protectedFileKind(text, invocation.places, contents);
    if (!kind) return [];
    const key = `overwrite ${kind} via ${via}`;
    return [{ level: "dangerous", key, reason: key }];
  });
}

function protectedRemovals(invocation: Invocation): readonly Finding[] {
  const isOurs = removedPaths(invocation).some((path) => isHermesData(path, invocation.places));
  const key = "remove hermes data";
  return isOurs ? [{ level: "dangerous", key, reason: key }] : [];
}
