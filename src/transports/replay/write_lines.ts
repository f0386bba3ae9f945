import type { HermesError } from "../../core/errors.ts";
import type { ModelEvent } from "../../core/event.ts";
import type { JsonObject } from "../../core/json.ts";
import { recordingVersion } from "./recording.ts";
import type {
  ItemSummary,
  RecordedCall,
  RecordedModel,
  RecordedStep,
  RequestSummary,
} from "./recording.ts";

/** The first line of a recording. */
export function headerLine({
  hermesVersion,
  model,
}: {
  readonly hermesVersion: string;
  readonly model?: RecordedModel;
}): string {
  return JSON.stringify({
    format: "hermes-recording",
    version: recordingVersion,
    hermes: hermesVersion,
    ...(model && {
      model: {
        provider: model.provider,
        model: model.model,
        context_length: model.contextLength,
      },
    }),
  });
}

/** The line of a small call. */
export function smallCallLine(call: RecordedCall): string {
  const { task, asked } = call;
  const outcome =
    "failure" in call ? { failure: errorJson(call.failure) } : { answer: call.answer };
  return JSON.stringify({ small_call: { task, asked, ...outcome } });
}

/**
 * The lines of one step. Of its items only those are written that `previous`, the request before it, did not have:
 * `kept` counts the others, so that a recording grows with the session and not with its square.
 */
export function stepLines(
  step: RecordedStep,
  previous: readonly ItemSummary[] = [],
): readonly string[] {
  const lines: object[] = [{ request: requestJson(step.request, previous) }];
  for (const { afterMs, event } of step.events) {
    lines.push({ after_ms: Math.round(afterMs), event: eventJson(event) });
  }
  if (step.failure !== undefined) {
    const { afterMs, error } = step.failure;
    lines.push({ after_ms: Math.round(afterMs), failure: errorJson(error) });
  }
  return lines.map((line) => JSON.stringify(line));
}

function requestJson(request: RequestSummary, previous: readonly ItemSummary[]): JsonObject {
  const written = request.items.map((item) => JSON.stringify(itemJson(item)));
  const before = previous.map((item) => JSON.stringify(itemJson(item)));
  const changed = before.findIndex((text, index) => text !== written[index]);
  const kept = changed === -1 ? before.length : changed;
  return {
    model: request.model,
    tools: request.tools,
    kept,
    items: request.items.slice(kept).map(itemJson),
  };
}

function itemJson(item: ItemSummary): JsonObject {
  const { isError, ...rest } = item;
  return { ...rest, ...(isError !== undefined && { is_error: isError }) };
}

function eventJson(event: ModelEvent): object {
  return event.type === "retry" ? { ...event, error: errorJson(event.error) } : event;
}

function errorJson(error: HermesError): JsonObject {
  return {
    code: error.code,
    message: error.message,
    retryable: error.retryable,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.retryAfterMs !== undefined && { retry_after_ms: error.retryAfterMs }),
    ...(error.httpStatus !== undefined && { http_status: error.httpStatus }),
    ...(error.contextLimit !== undefined && { context_limit: error.contextLimit }),
  };
}
