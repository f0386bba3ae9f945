import type { ModelRequest } from "../../src/core/model.ts";
import type { Dialect, ModelEndpoint } from "../../src/core/provider.ts";

/** Plain OpenAI, with no peculiarity. */
export const plainDialect: Dialect = {
  cacheKeyInBody: true,
  cacheKeyHeaders: [],
  headers: {},
  reasoningModels: "all",
  reasoningSummary: true,
  encryptedReasoning: true,
  maxOutputTokens: true,
  serviceTier: true,
  plainToolSchemas: false,
  reasoningContent: "none",
  chatMaxTokensField: "max_tokens",
  developerRoleModels: [],
};

/** An endpoint elsewhere, so that watchdogs are on. */
export function endpoint(
  change: Partial<ModelEndpoint> = {},
  dialect: Partial<Dialect> = {},
): ModelEndpoint {
  return {
    provider: "acme",
    baseUrl: "https://api.acme.test/v1",
    wireApi: "responses",
    issuer: "other:https://api.acme.test/v1",
    dialect: { ...plainDialect, ...dialect },
    isLocal: false,
    ...change,
  };
}

/** A request with one user message and no tools. */
export function modelRequest(change: Partial<ModelRequest> = {}): ModelRequest {
  return {
    sessionId: "session-1",
    model: "m1",
    instructions: "Be brief.",
    items: [{ type: "user-message", id: "u1", parts: [{ type: "text", text: "Hi" }] }],
    tools: [],
    reasoningEffort: "medium",
    ...change,
  };
}
