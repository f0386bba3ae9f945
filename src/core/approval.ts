import type { ChangedFile } from "./item.ts";
import type { Json } from "./json.ts";

/** What somebody is asked to allow. */
export type ApprovalSubject =
  | { readonly kind: "command"; readonly command: string; readonly cwd: string }
  | {
      readonly kind: "file_change";
      readonly changes: readonly ChangedFile[];
      /** Unified diff, for a preview. */
      readonly diff?: string;
    }
  | { readonly kind: "tool"; readonly name: string; readonly arguments: Json };

export interface ApprovalRequest {
  readonly subject: ApprovalSubject;
  /** Why it needs a decision, in plain words: `recursive delete`. */
  readonly reason: string;
  /** What `allow_session` and `allow_always` remember; equal keys are the same question. */
  readonly key: string;
  /** How long an answer can be kept, for a backend that keeps fewer than the policy does; absent: both. */
  readonly scopes?: readonly ("session" | "always")[];
  /** What `allow_always` allows, where it is more than this very request: `commands starting with git push`. */
  readonly alwaysAllows?: string;
  /** Whoever asks keeps an `allow_always` itself: the policy must not. */
  readonly isKeptByAsker?: true;
  /** No model takes the person's place: what it is about decides what may be decided. */
  readonly isForPerson?: true;
  /** Where nobody can be asked it is allowed: the user has said so already by what was configured. */
  readonly isAllowedUnattended?: true;
  /** Nobody may be asked, somebody there or not: what no rule allows is denied. */
  readonly isUnattended?: true;
}

export type ApprovalDecision = "allow_once" | "allow_session" | "allow_always" | "deny";

export interface ApprovalVerdict {
  readonly decision: ApprovalDecision;
  readonly by: "user" | "policy" | "timeout";
  /** What the user should know of it, one sentence without a full stop. */
  readonly notice?: string;
}

/** Somebody who may allow. Ends early with a denial when the signal aborts. */
export interface Approver {
  decide(request: ApprovalRequest, signal: AbortSignal): Promise<ApprovalVerdict>;
}

/** The default where nobody can answer. */
export const denyAll: Approver = {
  decide: () => Promise.resolve({ decision: "deny", by: "policy" }),
};
