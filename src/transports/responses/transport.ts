import { HermesError } from "../../core/errors.ts";
import type { ModelEvent } from "../../core/event.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import type { ModelTransport } from "../../core/model.ts";
import type { ModelEndpoint } from "../../core/provider.ts";
import { classifyFailure, isInvalidEncryptedContent } from "../classify.ts";
import { runExchange, type TransportDeps, type TransportOptions } from "../exchange.ts";
import { isArray } from "../fields.ts";
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
            body: { ...body, stream: true },
            createDecoder: createResponsesDecoder,
            classify: (failure) => {
              const isUnreadable = isInvalidEncryptedContent(failure);
              isReplayRefused = carriesReasoning && isUnreadable;
              const error = classifyFailure(failure);
              // Nothing of the kind was sent: whatever the server read, the next one may read better.
              return isUnreadable && !carriesReasoning ? retryable(error) : error;
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

function retryable(error: HermesError): HermesError {
  const { code, message, cause, hint, httpStatus } = error;
  return new HermesError(code, message, {
    cause,
    retryable: true,
    ...(hint !== undefined && { hint }),
    ...(httpStatus !== undefined && { httpStatus }),
  });
}

function hasReasoning({ input }: JsonObject): boolean {
  return isArray(input) && input.some((item) => isJsonObject(item) && item["type"] === "reasoning");
}
