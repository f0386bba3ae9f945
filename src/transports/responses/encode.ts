import type { JsonObject } from "../../core/json.ts";
import type { ModelRequest } from "../../core/model.ts";
import type { Dialect, ModelEndpoint } from "../../core/provider.ts";
import type { ToolSpec } from "../../core/tool.ts";
import { answerSchema } from "../answer_schema.ts";
import { stepHeaders } from "../headers.ts";
import { plainSchema } from "../plain_schema.ts";
import { reasoningEffort } from "../reasoning_effort.ts";
import { inputItems } from "./input_items.ts";

/** What the transport learned of the endpoint since it was made. */
export interface EncodeState {
  /** The server could not read encrypted reasoning that was sent back: no more of it is sent or asked for. */
  readonly replayDisabled: boolean;
}

export interface EncodedRequest {
  /** Without the credential. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

const encryptedReasoning = ["reasoning.encrypted_content"];

/** A step as a request to `/responses`. Pure; the same request gives the same bytes, which is what prompt caches need. */
export function encodeRequest(
  request: ModelRequest,
  endpoint: ModelEndpoint,
  state: EncodeState,
): EncodedRequest {
  const { dialect, issuer } = endpoint;
  const { model } = request;
  return {
    headers: stepHeaders(endpoint, request.sessionId),
    body: {
      model,
      instructions: request.instructions.toWellFormed(),
      input: inputItems(request.items, {
        issuer,
        model,
        replaysReasoning: dialect.encryptedReasoning && !state.replayDisabled,
      }),
      ...toolFields(request.tools, dialect),
      store: false,
      ...reasoningFields(request, dialect, state),
      ...(request.outputSchema !== undefined && {
        text: { format: { type: "json_schema", ...answerSchema(request.outputSchema) } },
      }),
      ...(request.maxOutputTokens !== undefined &&
        dialect.maxOutputTokens && { max_output_tokens: request.maxOutputTokens }),
      ...(request.serviceTier !== undefined &&
        dialect.serviceTier && { service_tier: request.serviceTier }),
      ...(dialect.cacheKeyInBody && { prompt_cache_key: request.sessionId }),
    },
  };
}

function toolFields(tools: readonly ToolSpec[], dialect: Dialect): JsonObject {
  const named = tools.filter((tool) => tool.name.trim() !== "");
  if (named.length === 0) return {};
  return {
    tools: named.map(({ name, description, parameters }) => ({
      type: "function",
      name: name.trim(),
      description,
      strict: false,
      parameters: dialect.plainToolSchemas ? plainSchema(parameters) : parameters,
    })),
    tool_choice: "auto",
    parallel_tool_calls: true,
  };
}

function reasoningFields(
  request: ModelRequest,
  dialect: Dialect,
  { replayDisabled }: EncodeState,
): JsonObject {
  const effort = reasoningEffort(request, dialect);
  // Vendors with summaries have models that do not reason and refuse to be asked for it; others have not.
  const mayReason =
    request.reasoningEffort !== "none" && (effort !== undefined || !dialect.reasoningSummary);
  const asksForReplay = dialect.encryptedReasoning && mayReason && !replayDisabled;
  const saysNo = dialect.encryptedReasoning && (replayDisabled || dialect.reasoningSummary);
  return {
    ...(effort !== undefined && {
      reasoning: { effort, ...(dialect.reasoningSummary && { summary: "auto" }) },
    }),
    ...(asksForReplay ? { include: encryptedReasoning } : saysNo && { include: [] }),
  };
}
