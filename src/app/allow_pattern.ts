import type { ApprovalRequest } from "../core/approval.ts";
import { matchesPattern } from "../tools/command_risk/matches_pattern.ts";

/** Whether one of the user's `--allow` patterns covers what is asked for. */
export function matchesAllowPattern({ subject, key }: ApprovalRequest, pattern: string): boolean {
  return subject.kind === "command"
    ? matchesPattern({ command: subject.command, key }, pattern)
    : key === pattern;
}
