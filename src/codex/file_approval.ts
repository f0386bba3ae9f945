import * as z from "zod";
import type { ApprovalRequest } from "../core/approval.ts";
import type { ChangedFile } from "../core/item.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { AnswerFacts, AnswerPlan } from "./answer_plan.ts";
import { approvalPlan } from "./approval_plan.ts";
import { unifiedDiff } from "./unified_diff.ts";

/** Of `item/fileChange/requestApproval`: the changes themselves were announced with the item. */
const fileChangeParams = z.looseObject({
  itemId: z.string(),
  reason: z.string().nullish(),
  grantRoot: z.string().nullish(),
});

const decline: JsonObject = { decision: "decline" };

/** Asks whether files may be changed. A change of which nothing is known is declined: nobody can judge it. */
export function planFileChangeApproval(params: Json, facts: AnswerFacts): AnswerPlan {
  const parsed = fileChangeParams.safeParse(params);
  if (!parsed.success) return { kind: "answer", result: decline };
  const { itemId, ...asked } = parsed.data;
  const question = fileChangeQuestion(facts.changesOf(itemId), asked);
  if (!question) return { kind: "answer", result: decline };
  return approvalPlan(question, {
    once: { decision: "accept" },
    session: { decision: "acceptForSession" },
    deny: decline,
    cancel: { decision: "cancel" },
  });
}

/** The question that a change of files puts; undefined when there is nothing to show. */
export function fileChangeQuestion(
  changes: readonly ChangedFile[],
  asked: {
    readonly reason?: string | null | undefined;
    readonly grantRoot?: string | null | undefined;
  },
): Pick<ApprovalRequest, "subject" | "reason" | "key"> | undefined {
  const { grantRoot } = asked;
  if (changes.length === 0 && !grantRoot) return undefined;
  const shown = changes.flatMap(movedApart);
  const diff = unifiedDiff(shown);
  const parts = [
    asked.reason?.trim() ?? "",
    grantRoot ? `it also gets write access to ${grantRoot} for this session` : "",
  ].filter((part) => part !== "");
  return {
    subject: { kind: "file_change", changes: shown, ...(diff === undefined ? {} : { diff }) },
    reason: parts.join("; ") || "codex wants to change files outside its sandbox",
    key: `codex files ${JSON.stringify([shown.map(({ path }) => path).toSorted(), grantRoot ?? null])}`,
  };
}

/** How codex ends the diff of a file that it also moves; no line of a hunk begins so. */
const moved = /\n\nMoved to: (.+)$/;

/** A move as what it does to both paths: the new one is written to as well. */
function movedApart(change: ChangedFile): readonly ChangedFile[] {
  const { path, kind, diff = "" } = change;
  const target = kind === "update" ? moved.exec(diff)?.[1] : undefined;
  return target === undefined ? [change] : movedFile(path, target, diff.replace(moved, ""));
}

/** A file that is moved, and changed on the way. */
export function movedFile(path: string, target: string, diff: string): readonly ChangedFile[] {
  return [
    { path, kind: "delete" },
    { path: target, kind: "update", diff },
  ];
}
