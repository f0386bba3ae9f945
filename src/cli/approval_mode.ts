import type { ApprovalMode } from "../app.ts";
import type { Terminal } from "../core/ports.ts";
import type { Config } from "../config/schema.ts";

/** Whether a question can be put to somebody: what is typed comes from a terminal, and the question is seen on one. */
export function canAsk(terminal: Terminal): boolean {
  return terminal.stdin.kind === "tty" && terminal.stderr.isTty;
}

export interface ApprovalSituation {
  /** `--approval` or `--yolo`. */
  readonly flag: ApprovalMode | undefined;
  /** Whether somebody is there and this kind of run asks. */
  readonly isAttended: boolean;
}

const attendedModes = { manual: "ask", smart: "smart", off: "yolo" } as const;

/** How dangerous commands are decided: as the flag says, else by asking, else by the policy for unattended runs. */
export function approvalMode(
  situation: ApprovalSituation,
  approvals: Pick<Config["approvals"], "mode" | "noninteractive">,
): ApprovalMode {
  if (situation.flag !== undefined) return situation.flag;
  if (situation.isAttended) return attendedModes[approvals.mode];
  // A model decides alone only where the command line says so.
  return approvals.noninteractive === "approve" ? "yolo" : "deny";
}
