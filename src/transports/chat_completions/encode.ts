import type { JsonObject } from "../../core/json.ts";
import type { ModelRequest } from "../../core/model.ts";
import type { ModelEndpoint } from "../../core/provider.ts";
import { answerSchema } from "../answer_schema.ts";
import { stepHeaders } from "../headers.ts";
import { plainSchema } from "../plain_schema.ts";
import { hasPrefix, reasoningEffort } from "../reasoning_effort.ts";
import { chatMessages } from "./messages.ts";

export interface EncodedRequest {
  /** Without the credential. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

/** A step as a request to `/chat/completions`. Pure; the same request gives the same bytes. */
export function encodeRequest(request: ModelRequest, endpoint: ModelEndpoint): EncodedRequest {
  const { dialect, issuer } = endpoint;
  const { model } = request;
  const { reasoningContent } = dialect;
  const effort = reasoningEffort(request, dialect);
  return {
    headers: stepHeaders(endpoint, request.sessionId),
    body: {
      model,
      messages: [
        ...instructionMessages(request, endpoint),
        ...chatMessages(request.items, { issuer, model, reasoningContent }),
      ],
      ...toolFields(request, endpoint),
      ...(effort !== undefined && { reasoning_effort: effort }),
      ...(request.outputSchema !== undefined && {
        response_format: { type: "json_schema", json_schema: answerSchema(request.outputSchema) },
      }),
      ...(request.maxOutputTokens !== undefined &&
        dialect.maxOutputTokens && { [dialect.chatMaxTokensField]: request.maxOutputTokens }),
      ...(request.serviceTier !== undefined &&
        dialect.serviceTier && { service_tier: request.serviceTier }),
      ...(dialect.cacheKeyInBody && { prompt_cache_key: request.sessionId }),
      ...request.extraBody,
      stream: true,
      stream_options: { include_usage: true },
    },
  };
}

function instructionMessages(
  { instructions, model }: ModelRequest,
  { dialect }: ModelEndpoint,
): readonly JsonObject[] {
  if (instructions.trim() === "") return [];
  const role = hasPrefix(model, dialect.developerRoleModels) ? "developer" : "system";
  return [{ role, content: instructions.toWellFormed() }];
}

function toolFields({ tools }: ModelRequest, { dialect }: ModelEndpoint): JsonObject {
  const named = tools.filter((tool) => tool.name.trim() !== "");
  // `tools: []` is refused by many servers.
  if (named.length === 0) return {};
  return {
    tools: named.map(({ name, description, parameters }) => ({
      type: "function",
      function: {
        name: name.trim(),
        description,
        parameters: dialect.plainToolSchemas ? plainSchema(parameters) : parameters,
      },
    })),
  };
}
