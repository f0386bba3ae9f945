import type { ApprovalRequest, ApprovalVerdict } from "../core/approval.ts";
import { HermesError } from "../core/errors.ts";
import type { Item } from "../core/item.ts";
import { shellText } from "../core/shell_text.ts";

/**
 * What nobody was asked about and policy denied in a turn. Codex calls a turn a success whose model gave up for it: it is
 * one only where work that was begun after the denial succeeded, and so found another way.
 */
export class Denials {
  #denied: readonly ApprovalRequest[] = [];
  /** Work of codex's own that began after the last denial, by its id. */
  readonly #begunSince = new Set<string>();

  /** An approval was decided. */
  decided(request: ApprovalRequest, verdict: ApprovalVerdict): void {
    if (verdict.decision !== "deny" || verdict.by !== "policy") return;
    this.#denied = [...this.#denied, request];
    this.#begunSince.clear();
  }

  /** Work of codex's own begins. */
  begun(item: Item): void {
    this.#begunSince.add(item.id);
  }

  /** An item is over. */
  ended(item: Item): void {
    const hasSucceeded =
      ((item.type === "command" || item.type === "file-change") && item.status === "completed") ||
      (item.type === "tool-result" && !item.isError);
    const id = item.type === "tool-result" ? item.callId : item.id;
    if (hasSucceeded && this.#begunSince.has(id)) this.#denied = [];
  }

  /** What the turn failed with for them; undefined where it did without. */
  failure(): HermesError | undefined {
    if (this.#denied.length === 0) return undefined;
    const what = this.#denied.map(deniedText).join("; ");
    // Patterns are for commands; what is none is allowed by its key.
    const other = this.#denied.find(({ subject }) => subject.kind !== "command");
    const pattern = other === undefined ? "PATTERN" : shellText([other.key]);
    return new HermesError(
      "approval/denied",
      `The turn could not finish without what was denied: ${what}`,
      { hint: `allow it with --allow ${pattern}, or everything with --yolo` },
    );
  }
}

function deniedText({ subject, reason }: ApprovalRequest): string {
  switch (subject.kind) {
    case "command":
      return subject.command;
    case "file_change":
      return subject.changes.map(({ kind, path }) => `${kind} ${path}`).join(", ");
    case "tool":
      return reason;
    default:
      return subject satisfies never;
  }
}
