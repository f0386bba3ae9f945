import type { ConversationOptions } from "../app.ts";
import type { WriteApproval } from "../tools/pending_changes.ts";

/** What of a conversation decides whether somebody can be asked. */
export type Asking = Pick<Partial<ConversationOptions>, "person" | "approval">;

/** Who decides about a change of memory or skills, which the user wants to approve or not. */
export function writeApproval(isWanted: boolean, { person, approval }: Asking): WriteApproval {
  if (!isWanted) return "none";
  return person !== undefined && approval !== "deny" ? "ask" : "stage";
}
