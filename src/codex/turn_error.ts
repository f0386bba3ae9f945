import { type ErrorCode, HermesError } from "../core/errors.ts";
import { isJsonObject, type Json, parseJson } from "../core/json.ts";
import { signInHint } from "./failures.ts";

/** What codex calls its failures (`codexErrorInfo`), as we call them. Those that are not here are the server's. */
const codes: Readonly<Record<string, ErrorCode>> = {
  contextWindowExceeded: "model/context_overflow",
  sessionBudgetExceeded: "model/quota",
  usageLimitExceeded: "model/quota",
  rateLimitExceeded: "model/rate_limited",
  flexUnavailable: "model/overloaded",
  policyCapacityUnavailable: "model/overloaded",
  serverOverloaded: "model/overloaded",
  modelNotFound: "model/not_found",
  cyberPolicy: "model/content_policy",
  misalignmentPolicyViolation: "model/content_policy",
  inferenceHookDenied: "model/content_policy",
  tooManyDenials: "approval/denied",
  unauthorized: "auth/rejected",
  badRequest: "model/bad_request",
  activeTurnNotSteerable: "model/bad_request",
  sandboxError: "codex/sandbox",
  httpConnectionFailed: "network/unreachable",
  responseStreamConnectionFailed: "network/unreachable",
  responseStreamDisconnected: "stream/no_terminal_event",
};

const statusCodes: Readonly<Record<number, ErrorCode>> = {
  401: "auth/rejected",
  402: "model/quota",
  403: "auth/rejected",
  404: "model/not_found",
  429: "model/rate_limited",
  503: "model/overloaded",
  529: "model/overloaded",
};

const hints: { readonly [Code in ErrorCode]?: string } = {
  "auth/rejected": signInHint,
  "model/context_overflow": "start a new session: leave -c and --resume away",
  "model/quota": "wait until the limit is reset; codex says when, where it knows",
  "model/rate_limited": "wait a little and send the message again",
  "model/overloaded": "wait a little and send the message again",
  "model/not_found": "choose another model with --model",
  "model/content_policy": "rephrase the request, or choose another model with --model",
  "network/unreachable": "check the network and the proxy, then send the message again",
  "approval/denied": "allow it with --allow PATTERN, or everything with --yolo",
};

const passing: ReadonlySet<ErrorCode> = new Set([
  "model/rate_limited",
  "model/overloaded",
  "model/server_error",
  "network/unreachable",
  "stream/no_terminal_event",
]);

/**
 * The failure of a turn from codex's own account of it (`turn.error`), which may be missing. What kind it is comes from
 * `codexErrorInfo` alone; the text is only shown.
 */
export function turnError(error: Json, status: string): HermesError {
  const { kind, httpStatus } = infoOf(error);
  const code = codeOf(kind, httpStatus);
  const text = textOf(error);
  const message = text === "" ? `codex ended the turn as ${status} without a reason` : text;
  const hint = hints[code];
  return new HermesError(code, message, {
    retryable: passing.has(code),
    ...(hint === undefined ? {} : { hint }),
    ...(httpStatus === undefined ? {} : { httpStatus }),
  });
}

/** Whether an `error` notification says that codex reaches nobody and tries again. */
export function isOffline(params: Json): boolean {
  if (!isJsonObject(params) || params["willRetry"] !== true) return false;
  const error = params["error"] ?? null;
  const { kind, httpStatus } = infoOf(error);
  return (
    codeOf(kind, httpStatus) === "network/unreachable" || /waiting for network/i.test(textOf(error))
  );
}

function codeOf(kind: string | undefined, httpStatus: number | undefined): ErrorCode {
  const byStatus = httpStatus === undefined ? undefined : statusCodes[httpStatus];
  if (byStatus !== undefined) return byStatus;
  if (httpStatus !== undefined && httpStatus >= 400) {
    return httpStatus < 500 ? "model/bad_request" : "model/server_error";
  }
  return (kind === undefined ? undefined : codes[kind]) ?? "model/server_error";
}

/** A word, or an object with one field that holds details. */
function infoOf(error: Json): { readonly kind?: string; readonly httpStatus?: number } {
  const info = isJsonObject(error) ? error["codexErrorInfo"] : undefined;
  if (typeof info === "string") return { kind: info };
  if (!isJsonObject(info)) return {};
  const [entry] = Object.entries(info);
  if (!entry) return {};
  const [kind, details] = entry;
  const httpStatus = isJsonObject(details) ? details["httpStatusCode"] : undefined;
  return typeof httpStatus === "number" ? { kind, httpStatus } : { kind };
}

/** What codex says, in one line; of an answer that it passes on whole, what that says. */
function textOf(error: Json): string {
  const message = isJsonObject(error) ? error["message"] : undefined;
  if (typeof message !== "string") return "";
  const body = parseJson(message);
  const inner = isJsonObject(body) ? body["error"] : undefined;
  const said = isJsonObject(inner) ? inner["message"] : undefined;
  const text = typeof said === "string" ? said : message;
  return text.replaceAll(/\s+/g, " ").trim().slice(0, 2_000).toWellFormed();
}
