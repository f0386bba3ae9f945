import type { ApprovalRequest } from "../core/approval.ts";
import { matchesPattern } from "../tools/command_risk/matches_pattern.ts";

/**
 * Whether one of the user's `--allow` patterns covers what is asked for: a command by its whole text or by a pattern,
 * anything else by its key, and the tools of an MCP server all at once by `mcp NAME *`.
 */
export function matchesAllowPattern({ subject, key }: ApprovalRequest, pattern: string): boolean {
  if (subject.kind !== "command") return key === pattern || isUnder(key, pattern);
  return (
    subject.command.trim() === pattern.trim() ||
    matchesPattern({ command: subject.command, key }, pattern)
  );
}

/** Whether a pattern such as `mcp fs *` covers all keys that begin like it. */
function isUnder(key: string, pattern: string): boolean {
  if (!/^mcp \S.* \*$/.test(pattern) || !key.startsWith(pattern.slice(0, -1))) return false;
  // A blank more, and it would be another server, whose name begins with this one.
  return !key.slice(pattern.length - 1).includes(" ");
}
