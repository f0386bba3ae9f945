import * as z from "zod";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { AnswerPlan } from "./answer_plan.ts";
import { approvalPlan } from "./approval_plan.ts";
import { permissionTexts } from "./permission_text.ts";

/** Of `item/permissions/requestApproval`. */
const permissionParams = z.looseObject({
  cwd: z.string(),
  permissions: z.custom<JsonObject>((value) => isJsonObject(value)),
  reason: z.string().nullish(),
});

/** Codex reads a refusal from an empty grant; it has no other word for it. */
const nothing: JsonObject = { permissions: {}, scope: "turn" };

/** Asks whether codex may do more for the rest of the turn. What is granted is what was asked, and nothing else. */
export function planPermissionApproval(params: Json): AnswerPlan {
  const parsed = permissionParams.safeParse(params);
  if (!parsed.success) return { kind: "answer", result: nothing };
  const { cwd, reason, permissions } = parsed.data;
  const granted = grantable(permissions);
  const texts = permissionTexts(granted);
  if (texts.length === 0) return { kind: "answer", result: nothing };
  return approvalPlan(
    {
      subject: { kind: "tool", name: "permissions", arguments: granted },
      reason: [`codex asks for more permissions: ${texts.join(", ")}`, reason?.trim() ?? ""]
        .filter((part) => part !== "")
        .join("; "),
      key: `codex permissions ${JSON.stringify([granted, cwd])}`,
    },
    {
      once: { permissions: granted, scope: "turn" },
      session: { permissions: granted, scope: "session" },
      deny: nothing,
      cancel: nothing,
    },
  );
}

/** The parts that a grant has a place for. */
function grantable({ network, fileSystem }: JsonObject): JsonObject {
  return {
    ...(isJsonObject(network) ? { network } : {}),
    ...(isJsonObject(fileSystem) ? { fileSystem } : {}),
  };
}
