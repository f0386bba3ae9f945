import { judgeText } from "./judge_script.ts";
import { createJudging, type JudgeOptions } from "./judging.ts";

/** What a command may do, before it runs. */
export type CommandVerdict =
  | { readonly level: "safe" }
  /** Somebody must allow it; `key` names the kinds of danger, equal keys are the same question. */
  | { readonly level: "dangerous"; readonly key: string; readonly reason: string }
  /** Nobody can allow it. */
  | { readonly level: "forbidden"; readonly reason: string };

/**
 * Judges shell code by what its programs would do, not by its text: quoted text is data, and code is followed through
 * wrappers, substitutions, pipes into shells and `-c`. A guard against accidents, not a sandbox: what a script file or
 * an interpreter does is not seen.
 */
export function judgeCommand(command: string, options: JudgeOptions): CommandVerdict {
  // Control sequences can hide code from people and may be dropped on the way to a shell: both readings count.
  const readings = new Set([command, withoutControls(command)]);
  const findings = [...readings].flatMap((reading) => {
    const judging = createJudging(reading, options);
    judgeText(judging, reading, { kind: "inherited" });
    return judging.findings;
  });
  const forbidden = findings.find((finding) => finding.level === "forbidden");
  if (forbidden) return { level: "forbidden", reason: forbidden.reason };
  if (findings.length === 0) return { level: "safe" };
  // A list of kinds: allowing one of them must not allow them all.
  const keys = new Set(findings.map((finding) => finding.key));
  const reasons = new Set(findings.map((finding) => finding.reason));
  return {
    level: "dangerous",
    key: [...keys].join(" + "),
    reason: [...reasons].join(" + "),
  };
}

/** Without NULs and terminal sequences (ECMA-48: CSI, and strings up to BEL or ST). */
function withoutControls(text: string): string {
  return text.replace(
    /\0|(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]|(?:\x1b[\]P^_X]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]{0,256}(?:\x07|\x1b\\|\x9c)|\x1b[ -/]{0,8}[0-~]/g,
    "",
  );
}
