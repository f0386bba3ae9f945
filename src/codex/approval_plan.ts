import type { ApprovalRequest, ApprovalVerdict } from "../core/approval.ts";
import type { JsonObject } from "../core/json.ts";
import type { ApprovalPlan } from "./answer_plan.ts";

/** What is sent for each verdict. A scope without an answer is not offered. */
export interface VerdictAnswers {
  readonly once: JsonObject;
  readonly session?: JsonObject | undefined;
  readonly always?:
    | {
        readonly answer: JsonObject;
        readonly allows: string;
        /** The policy keeps it; else codex itself does. */
        readonly isKeptByPolicy?: true;
      }
    | undefined;
  readonly deny: JsonObject;
  readonly cancel: JsonObject;
}

/** A question for an approval, with the scopes that codex can keep. */
export function approvalPlan(
  question: Pick<ApprovalRequest, "subject" | "reason" | "key">,
  answers: VerdictAnswers,
): ApprovalPlan {
  const { session, always, cancel } = answers;
  return {
    kind: "approval",
    request: {
      ...question,
      scopes: [
        ...(session ? (["session"] as const) : []),
        ...(always ? (["always"] as const) : []),
      ],
      ...(always ? { alwaysAllows: always.allows } : {}),
      ...(always && !always.isKeptByPolicy ? { isKeptByAsker: true } : {}),
    },
    answer: (verdict) => answerOf(verdict, answers),
    cancel,
  };
}

/** A scope that was not offered allows no more than the next smaller one. */
function answerOf(verdict: ApprovalVerdict, answers: VerdictAnswers): JsonObject {
  const { once, session = once, always, deny } = answers;
  switch (verdict.decision) {
    case "allow_once":
      return once;
    case "allow_session":
      return session;
    case "allow_always":
      return always?.answer ?? session;
    case "deny":
      return deny;
    default:
      return verdict.decision satisfies never;
  }
}
