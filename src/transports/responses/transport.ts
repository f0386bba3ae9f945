import { HermesError } from "../../core/errors.ts";
import type { ModelEvent } from "../../core/event.ts";
import { isJsonArray, isJsonObject, type JsonObject } from "../../core/json.ts";
import type { ModelTransport } from "../../core/model.ts";
import type { ModelEndpoint } from "../../core/provider.ts";
import { classifyFailure, isInvalidEncryptedContent } from "../classify.ts";
import { runExchange, type TransportDeps, type TransportOptions } from "../exchange.ts";
import { createResponsesDecoder } from "./decode.ts";
import { encodeRequest } from "./encode.ts";
import { preflight } from "./preflight.ts";

/**
 * A transport to an endpoint that speaks the Responses API. Each `stream` is one attempt, but for two cures: another
 * credential after a 401, and no stored reasoning when the server cannot read it (from then on, for the life of the
 * transport).
 */
export function createResponsesTransport(
  deps: TransportDeps,
  endpoint: ModelEndpoint,
  options: TransportOptions = {},
): ModelTransport {
  let replayDisabled = false;

  return {
    async *stream(request, signal) {
      const shown = new Set<string>();
      /** Whether the server refused the reasoning that this very request carried. */
      let isReplayRefused = false;

      const attempt = (): AsyncIterable<ModelEvent> => {
        const encoded = encodeRequest(request, endpoint, { replayDisabled });
        const body = preflight(encoded.body);
        const carriesReasoning = hasReasoning(body);
        return runExchange(
          deps,
          {
            endpoint,
            request,
            path: "/responses",
            headers: encoded.headers,
            body: { ...body, ...request.extraBody, stream: true },
            createDecoder: createResponsesDecoder,
            classify: (failure) => {
              isReplayRefused = carriesReasoning && isInvalidEncryptedContent(failure);
              return classifyFailure(failure);
            },
            options,
          },
          signal,
        );
      };

      try {
        for await (const event of attempt()) {
          if (event.type === "item-start") shown.add(event.item.id);
          yield event;
        }
        return;
      } catch (error) {
        if (!isReplayRefused || !(error instanceof HermesError) || signal.aborted) throw error;
      }
      replayDisabled = true;
      if (shown.size > 0) yield { type: "item-reset", itemIds: [...shown] };
      yield {
        type: "notice",
        level: "warning",
        text: `${endpoint.provider} cannot read the reasoning that it made earlier: going on without it`,
      };
      yield* attempt();
    },
  };
}

function hasReasoning({ input }: JsonObject): boolean {
  return (
    isJsonArray(input) && input.some((item) => isJsonObject(item) && item["type"] === "reasoning")
  );
}
