import type { AnswerPlan } from "../../src/codex/answer_plan.ts";
import type { ApprovalDecision, ApprovalVerdict } from "../../src/core/approval.ts";
import type { Json } from "../../src/core/json.ts";

const decisions: readonly ApprovalDecision[] = [
  "allow_once",
  "allow_session",
  "allow_always",
  "deny",
];

/** A plan as a value that can be compared: an approval with its answer to each decision of `by`. */
export function shownPlan(plan: AnswerPlan, by: ApprovalVerdict["by"] = "user"): unknown {
  if (plan.kind === "approval") {
    const { kind, request, cancel } = plan;
    const answers = decisions.map((decision) => [decision, plan.answer({ decision, by })]);
    return { kind, request, answers: Object.fromEntries(answers), cancel };
  }
  if (plan.kind === "questions") {
    const { kind, title, questions } = plan;
    return { kind, title, questions };
  }
  return plan;
}

/** The answer to a plan's questions: `given` by id. Fails for a plan that asks nothing. */
export function answered(
  plan: AnswerPlan,
  given: Readonly<Record<string, string | undefined>>,
): Json {
  if (plan.kind !== "questions") throw new Error(`The plan asks nothing: ${plan.kind}`);
  return plan.answer(new Map(Object.entries(given)));
}
