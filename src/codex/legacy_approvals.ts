import * as z from "zod";
import type { ChangedFile } from "../core/item.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { AnswerPlan } from "./answer_plan.ts";
import { approvalPlan, type VerdictAnswers } from "./approval_plan.ts";
import { fileChangeQuestion, movedFile } from "./file_approval.ts";
import { shellText } from "../core/shell_text.ts";
import { shownCommand } from "./shown_command.ts";

/** Of `execCommandApproval`. */
const execParams = z.looseObject({
  command: z.array(z.string()).min(1),
  cwd: z.string(),
  reason: z.string().nullish(),
});

/** Of `applyPatchApproval`. */
const patchParams = z.looseObject({
  /** By path. */
  fileChanges: z.custom<JsonObject>((value) => isJsonObject(value)),
  reason: z.string().nullish(),
  grantRoot: z.string().nullish(),
});

const fileChange = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("add"), content: z.string() }),
  z.looseObject({ type: z.literal("delete"), content: z.string() }),
  z.looseObject({
    type: z.literal("update"),
    unified_diff: z.string(),
    move_path: z.string().nullish(),
  }),
]);

/**
 * `denied` is a word for one version and an object for a later one. `abort` is the one refusal of a person that both
 * take; it ends the turn as well.
 */
const denied: JsonObject = { decision: "abort" };

const answers: VerdictAnswers = {
  once: { decision: "approved" },
  session: { decision: "approved_for_session" },
  deny: denied,
  cancel: denied,
};

/** The question for a command of a conversation of the first API. */
export function planLegacyCommand(params: Json): AnswerPlan {
  const parsed = execParams.safeParse(params);
  if (!parsed.success) return { kind: "answer", result: denied };
  const { command: words, cwd, reason } = parsed.data;
  const command = shownCommand(shellText(words));
  return approvalPlan(
    {
      subject: { kind: "command", command, cwd },
      reason: reason?.trim() || "codex wants to run it outside its sandbox",
      key: `codex command ${JSON.stringify(["command", command, cwd, null])}`,
    },
    answers,
  );
}

/** The question for a change of files in a conversation of the first API. */
export function planLegacyPatch(params: Json): AnswerPlan {
  const parsed = patchParams.safeParse(params);
  const changes = parsed.success ? changesIn(parsed.data.fileChanges) : undefined;
  const question = parsed.success && changes && fileChangeQuestion(changes, parsed.data);
  return question ? approvalPlan(question, answers) : { kind: "answer", result: denied };
}

/** Undefined when one of them is not understood: what is not shown cannot be allowed. */
function changesIn(fileChanges: JsonObject): readonly ChangedFile[] | undefined {
  const parsed = Object.entries(fileChanges).map(([path, change]) => {
    const { success, data } = fileChange.safeParse(change);
    return success ? changedFiles(path, data) : undefined;
  });
  return parsed.every((changes) => changes !== undefined) ? parsed.flat() : undefined;
}

function changedFiles(path: string, change: z.infer<typeof fileChange>): readonly ChangedFile[] {
  if (change.type !== "update") return [{ path, kind: change.type, diff: change.content }];
  const { unified_diff: diff, move_path: target } = change;
  return target ? movedFile(path, target, diff) : [{ path, kind: "update", diff }];
}
