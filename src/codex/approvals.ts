import * as z from "zod";
import type { Json } from "../core/json.ts";
import type { AnswerFacts, AnswerPlan, ServerRequest } from "./answer_plan.ts";
import { planCommandApproval } from "./command_approval.ts";
import { planElicitation } from "./elicitation.ts";
import { planFileChangeApproval } from "./file_approval.ts";
import { planLegacyCommand, planLegacyPatch } from "./legacy_approvals.ts";
import { planPermissionApproval } from "./permission_approval.ts";
import { planUserInput } from "./user_input.ts";

export type { AnswerFacts, AnswerPlan, ServerRequest } from "./answer_plan.ts";

/** JSON-RPC 2.0: the method does not exist. Codex takes it for a denial. */
const methodNotFound = -32601;

/**
 * How a request of codex is answered. Never throws: what is malformed gets the refusal of its method, what is unknown an
 * error, so that codex never waits for an answer that does not come.
 */
export function planAnswer({ method, params }: ServerRequest, facts: AnswerFacts): AnswerPlan {
  switch (method) {
    case "item/commandExecution/requestApproval":
      return planCommandApproval(params, facts);
    case "item/fileChange/requestApproval":
      return planFileChangeApproval(params, facts);
    case "item/permissions/requestApproval":
      return planPermissionApproval(params);
    case "mcpServer/elicitation/request":
      return planElicitation(params, facts);
    case "item/tool/requestUserInput":
      return planUserInput(params);
    case "item/tool/call":
      return planToolCall(params);
    case "currentTime/read":
      return { kind: "time" };
    case "execCommandApproval":
      return planLegacyCommand(params);
    case "applyPatchApproval":
      return planLegacyPatch(params);
    case "account/chatgptAuthTokens/refresh":
      return refuse("Codex holds its own ChatGPT login: there are no tokens of ours to refresh");
    case "attestation/generate":
      return refuse("This client cannot attest to its device");
    default:
      return refuse(`Unsupported method: ${method}`);
  }
}

/** Of `item/tool/call`. */
const toolCallParams = z.looseObject({
  tool: z.string(),
  namespace: z.string().nullish(),
  callId: z.string(),
  arguments: z.custom<Json>((value) => value !== undefined),
});

function planToolCall(params: Json): AnswerPlan {
  const parsed = toolCallParams.safeParse(params);
  if (!parsed.success) {
    const contentItems = [{ type: "inputText", text: "The call could not be read" }];
    return { kind: "answer", result: { success: false, contentItems } };
  }
  const { tool, namespace, callId, arguments: input } = parsed.data;
  return { kind: "tool", tool, namespace: namespace ?? undefined, callId, arguments: input };
}

function refuse(message: string): AnswerPlan {
  return { kind: "refuse", code: methodNotFound, message };
}
