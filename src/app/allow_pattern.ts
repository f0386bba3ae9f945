import type { ApprovalRequest } from "../core/approval.ts";
import { matchesPattern } from "../tools/command_risk/matches_pattern.ts";

/**
 * Whether one of the user's `--allow` patterns covers what is asked for: a command by its whole text or by a pattern,
 * anything else by its key.
 */
export function matchesAllowPattern({ subject, key }: ApprovalRequest, pattern: string): boolean {
  if (subject.kind !== "command") return key === pattern;
  return (
    subject.command.trim() === pattern.trim() ||
    matchesPattern({ command: subject.command, key }, pattern)
  );
}
