import type { Approver, ApprovalRequest, ApprovalVerdict } from "../core/approval.ts";
import { toHermesError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { Tool, ToolContext, ToolOutput } from "../core/tool.ts";
import { abortable } from "../wire/abortable.ts";

/** Tools of ours as codex's `thread/start` takes them; both versions of its schema take this shape. */
export function dynamicToolSpecs(tools: readonly Tool[]): readonly JsonObject[] {
  return tools.map(({ spec }) => ({
    type: "function",
    name: spec.name,
    description: spec.description,
    inputSchema: spec.parameters,
  }));
}

/** A call of codex's model to one of our tools. */
export interface DynamicCall {
  readonly tool: string;
  readonly arguments: Json;
}

export interface DynamicCallScope {
  readonly context: ToolContext;
  readonly approver: Approver;
  readonly onVerdict: (request: ApprovalRequest, verdict: ApprovalVerdict) => void;
}

/**
 * Runs a call and tells what codex's model reads of it. A tool that the thread knows and this program does not (any
 * more) answers as a failure, and so does every throw.
 */
export async function runDynamicCall(
  tools: readonly Tool[],
  call: DynamicCall,
  scope: DynamicCallScope,
): Promise<JsonObject> {
  const tool = tools.find(({ spec }) => spec.name === call.tool);
  if (!tool) return answer({ text: `There is no tool ${call.tool} any more`, isError: true });
  try {
    const input = tool.parse(JSON.stringify(call.arguments ?? {}));
    const refusal = await refusalOf(tool, input, scope);
    const { context } = scope;
    // A tool that does not heed its signal is left behind.
    const run = () => tool.run(input, context);
    return answer(refusal ?? (await abortable(run, context.signal)));
  } catch (error) {
    return answer({ text: toHermesError(error).message, isError: true });
  }
}

async function refusalOf(
  tool: Tool,
  input: unknown,
  { context, approver, onVerdict }: DynamicCallScope,
): Promise<ToolOutput | undefined> {
  const permission = await abortable(
    async () => await tool.permission?.(input, context),
    context.signal,
  );
  switch (permission?.kind) {
    case undefined:
    case "allowed":
      return undefined;
    case "forbidden":
      return { text: `BLOCKED: ${permission.reason}`, isError: true };
    case "ask": {
      const verdict = await approver.decide(permission.request, context.signal);
      onVerdict(permission.request, verdict);
      return verdict.decision === "deny"
        ? { text: `BLOCKED: ${permission.request.reason}: it was not allowed`, isError: true }
        : undefined;
    }
    default:
      return permission satisfies never;
  }
}

function answer({ text, isError }: ToolOutput): JsonObject {
  return {
    success: !isError,
    contentItems: [{ type: "inputText", text: text.toWellFormed() }],
  };
}
