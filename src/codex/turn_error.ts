import { type ErrorCode, HermesError } from "../core/errors.ts";
import type { RetryEvent } from "../core/event.ts";
import { isJsonObject, type Json, parseJson } from "../core/json.ts";
import { asksToSignIn, signInHint } from "./failures.ts";
import { codeOfOwnText, missingVariable } from "./own_texts.ts";

/** What codex calls its failures (`codexErrorInfo`), as we call them. Those that are not here are the server's. */
const codes: ReadonlyMap<string, ErrorCode> = new Map([
  ["contextWindowExceeded", "model/context_overflow"],
  ["sessionBudgetExceeded", "model/quota"],
  ["usageLimitExceeded", "model/quota"],
  ["rateLimitExceeded", "model/rate_limited"],
  ["flexUnavailable", "model/overloaded"],
  ["policyCapacityUnavailable", "model/overloaded"],
  ["serverOverloaded", "model/overloaded"],
  ["modelNotFound", "model/not_found"],
  ["cyberPolicy", "model/content_policy"],
  ["misalignmentPolicyViolation", "model/content_policy"],
  ["inferenceHookDenied", "model/content_policy"],
  ["tooManyDenials", "approval/denied"],
  ["unauthorized", "auth/rejected"],
  ["badRequest", "model/bad_request"],
  ["activeTurnNotSteerable", "model/bad_request"],
  ["sandboxError", "codex/sandbox"],
  ["httpConnectionFailed", "network/unreachable"],
  ["responseStreamConnectionFailed", "network/unreachable"],
  ["responseStreamDisconnected", "stream/no_terminal_event"],
]);

const statusCodes: ReadonlyMap<number, ErrorCode> = new Map([
  [401, "auth/rejected"],
  [402, "model/quota"],
  [403, "auth/rejected"],
  [404, "model/not_found"],
  [407, "network/unreachable"],
  [408, "network/timeout"],
  [413, "model/context_overflow"],
  [429, "model/rate_limited"],
  [503, "model/overloaded"],
  [504, "network/timeout"],
  [524, "network/timeout"],
  [529, "model/overloaded"],
]);

const hints: { readonly [Code in ErrorCode]?: string } = {
  "model/context_overflow": "start a new session: leave -c and --resume away",
  "model/quota": "wait until the limit is reset; codex says when, where it knows",
  "model/rate_limited": "wait a little and send the message again",
  "model/overloaded": "wait a little and send the message again",
  "model/server_error": "send the message again",
  "model/not_found": "choose another model with --model",
  "model/truncated": "ask for less at once",
  "model/content_policy": "rephrase the request, or choose another model with --model",
  "network/unreachable": "check the network and the proxy, then send the message again",
  "network/timeout": "send the message again",
  "stream/no_terminal_event": "send the message again",
  "approval/denied": "allow it with --allow PATTERN, or everything with --yolo",
};

/** Where codex asks with its own sign-in. */
const ownHosts = /^(?:[\w-]+\.)*(?:openai|chatgpt)\.com$/;

/** Signing in mends the door of OpenAI alone; codex tells at whose it was refused (`..., url: https://host/path`). */
function rejectionHint(text: string): string {
  const address = /\burl: (\S+)/.exec(text)?.[1]?.replace(/,$/, "");
  const host = address !== undefined && URL.canParse(address) ? new URL(address).hostname : "";
  if (host === "" || ownHosts.test(host)) return signInHint;
  return `correct the key for ${host}: env_key of its model provider in codex's config.toml names it`;
}

function hintFor(code: ErrorCode, text: string): string | undefined {
  if (code === "auth/rejected") return rejectionHint(text);
  const variable = missingVariable(text);
  return code === "auth/missing" && variable !== undefined
    ? `set ${variable}: env_key of a model provider in codex's config.toml names it`
    : hints[code];
}

const passing: ReadonlySet<ErrorCode> = new Set([
  "model/rate_limited",
  "model/overloaded",
  "model/server_error",
  "network/unreachable",
  "network/timeout",
  "stream/no_terminal_event",
]);

/**
 * The failure of a turn from codex's own account of it (`turn.error`), which may be missing; `status` is how the turn
 * ended. What kind it is comes from `codexErrorInfo`; where codex has no word for it, from what codex (not the model's
 * server) always says in the same way.
 */
export function turnError(error: Json, status: string): HermesError {
  const facts = factsOf(error);
  const code = codeOf(facts);
  const { text, httpStatus } = facts;
  const message = text === "" ? `codex ended the turn as ${status} without a reason` : text;
  const hint = hintFor(code, text);
  return new HermesError(code, message, {
    retryable: passing.has(code),
    ...(hint === undefined ? {} : { hint }),
    ...(httpStatus === undefined ? {} : { httpStatus }),
  });
}

/** `Reconnecting... 2/5`: the retries of codex, all of which follow the first attempt. */
const reconnecting = /^Reconnecting\D*(\d{1,4})\/(\d{1,4})/;

/** That codex tries again, from the error of an `error` notification; `count` is how often it has in this turn. */
export function retryEvent(error: Json, count: number): RetryEvent {
  const { message, additionalDetails } = isJsonObject(error) ? error : {};
  const told = typeof message === "string" ? reconnecting.exec(message) : null;
  const attempt = Number(told?.[1] ?? count) + 1;
  const maxAttempts = Math.max(attempt, Number(told?.[2] ?? 0) + 1);
  const reason = typeof additionalDetails === "string" ? additionalDetails : "";
  const why = isJsonObject(error) && reason !== "" ? { ...error, message: reason } : error;
  return { type: "retry", attempt, maxAttempts, delayMs: 0, error: turnError(why, "failed") };
}

/** Whether an `error` notification says that codex reaches nobody and tries again. */
export function isOffline(params: Json): boolean {
  if (!isJsonObject(params) || params["willRetry"] !== true) return false;
  const facts = factsOf(params["error"] ?? null);
  return codeOf(facts) === "network/unreachable" || /waiting for network/i.test(facts.text);
}

/** What is known of a failure. */
interface Facts {
  /** Codex's word; undefined where it has none. */
  readonly kind?: string;
  readonly httpStatus?: number;
  /** In one line. */
  readonly text: string;
  /** The whole text is what the model's server answered: codex does so with bad requests (HTTP 400) alone. */
  readonly isServersAnswer: boolean;
}

function codeOf({ kind, httpStatus, text, isServersAnswer }: Facts): ErrorCode {
  const byStatus = httpStatus === undefined ? undefined : statusCodes.get(httpStatus);
  if (byStatus !== undefined) return byStatus;
  if (httpStatus !== undefined && httpStatus >= 400) {
    return httpStatus < 500 ? "model/bad_request" : "model/server_error";
  }
  if (kind !== undefined) return codes.get(kind) ?? "model/server_error";
  if (isServersAnswer) return "model/bad_request";
  return codeOfOwnText(text) ?? (asksToSignIn(text) ? "auth/rejected" : "model/server_error");
}

/** How 0.130 tells of an answer that is none, for which it has no word. */
const unexpectedStatus = /^unexpected status (\d{3}) /;

function factsOf(error: Json): Facts {
  const { message } = isJsonObject(error) ? error : {};
  const said = typeof message === "string" ? message : "";
  const answer = answerOf(said);
  const text = oneLine(answer ?? said);
  const isServersAnswer = answer !== undefined;
  const info = infoOf(error);
  if (info.kind !== undefined) return { ...info, text, isServersAnswer };
  const status = unexpectedStatus.exec(said)?.[1];
  return {
    text,
    isServersAnswer,
    ...(status === undefined ? {} : { httpStatus: Number(status) }),
  };
}

/** A word, or an object with one field that holds details; `other` is no word. */
function infoOf(error: Json): { readonly kind?: string; readonly httpStatus?: number } {
  const info = isJsonObject(error) ? error["codexErrorInfo"] : undefined;
  if (typeof info === "string") return info === "other" ? {} : { kind: info };
  const [entry] = isJsonObject(info) ? Object.entries(info) : [];
  if (!entry) return {};
  const [kind, details] = entry;
  const httpStatus = isJsonObject(details) ? details["httpStatusCode"] : undefined;
  return typeof httpStatus === "number" ? { kind, httpStatus } : { kind };
}

/** What the body of an HTTP answer says, where it is the whole text. */
function answerOf(message: string): string | undefined {
  const body = parseJson(message);
  if (!isJsonObject(body)) return undefined;
  const inner = isJsonObject(body["error"]) ? body["error"] : body;
  const said = inner["message"] ?? body["detail"];
  return typeof said === "string" ? said : message;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, 2_000).toWellFormed();
}
