import type { ModelTransport } from "../../core/model.ts";
import type { ModelEndpoint } from "../../core/provider.ts";
import { classifyFailure } from "../classify.ts";
import { runExchange, type TransportDeps, type TransportOptions } from "../exchange.ts";
import { createChatDecoder } from "./decode.ts";
import { encodeRequest } from "./encode.ts";

/**
 * A transport to an endpoint that speaks chat completions. Each `stream` is one attempt, but for another credential
 * after a 401.
 */
export function createChatCompletionsTransport(
  deps: TransportDeps,
  endpoint: ModelEndpoint,
  options: TransportOptions = {},
): ModelTransport {
  return {
    stream(request, signal) {
      const { headers, body } = encodeRequest(request, endpoint);
      return runExchange(
        deps,
        {
          endpoint,
          request,
          path: "/chat/completions",
          headers,
          body,
          createDecoder: createChatDecoder,
          classify: classifyFailure,
          options,
        },
        signal,
      );
    },
  };
}
