import { HermesError } from "../core/errors.ts";
import { type ErrorBody, isPage, plainText, readErrorBody } from "./failure_body.ts";
import { causesOf, errnoName, errnosOf, messageOf, statusOf } from "./failure_causes.ts";
import { decide } from "./failure_rules.ts";
import { type Recovery, type Verdict, verdictRow } from "./failure_verdicts.ts";
import { limitResetMs } from "./rate_limit_resets.ts";
import { delayInText, requestedDelayMs } from "./retry_after.ts";
import { statedContextLimit } from "./stated_limits.ts";

/** A step that failed, as the transport saw it; nothing of it is trusted. */
export interface Failure {
  /** Of the HTTP answer; absent for error frames and failures of the network. */
  readonly status?: number;
  readonly headers?: Headers;
  /** Parsed JSON, or the text when it was none. */
  readonly body?: unknown;
  /** What the failing call itself said; shown where the body says nothing. */
  readonly message: string;
  readonly cause?: unknown;
  readonly provider: string;
  readonly model: string;
  /** Where the key comes from: `environment OPENAI_API_KEY`. */
  readonly keyOrigin?: string;
  /** Whether no key was sent, since none was needed as far as is known here. */
  readonly isWithoutKey?: boolean;
  readonly estimatedTokens?: number;
  readonly messageCount?: number;
  /** Tokens of the model's window, where known. */
  readonly contextLength?: number;
  /** ms since epoch, for a `Retry-After` date in an answer that has no `Date`. */
  readonly now?: number;
}

/** Characters of the server's own message that are shown. */
const maxDetail = 300;
/** A body that says less than this says nothing of the reason. */
const vagueBelow = 30;

/**
 * What a failure means: an error that tells who failed at what and why, with `retryable`, `retryAfterMs` and
 * `httpStatus`. A `HermesError` among the causes is returned as it is. Never throws, whatever the body holds.
 */
export function classifyFailure(failure: Failure): HermesError {
  const causes = causesOf(failure.cause);
  const typed = causes.find((cause) => cause instanceof HermesError);
  if (typed !== undefined) return typed;

  const { verdict, body, status, words, told } = judge(failure, causes);
  const row = verdictRow(verdict);
  const where = whereabouts(failure, status);
  const detail = shorten(
    told ?? causes.map(describe).findLast((text) => text !== "") ?? plainText(failure.message),
  );
  const delay =
    (failure.headers && requestedDelayMs(failure.headers, failure.now)) ??
    body.resetMs ??
    delayInText(words) ??
    msUntil(body.resetAt, failure.now) ??
    (failure.headers && row.code === "model/rate_limited"
      ? limitResetMs(failure.headers, failure.now)
      : undefined);
  const contextLimit =
    row.code === "model/context_overflow" ? statedContextLimit(words) : undefined;
  return new HermesError(row.code, `${row.say(failure)}${where}${detail && `: ${detail}`}`, {
    cause: failure.cause,
    hint: row.hint(failure),
    retryable: row.retryable,
    ...(delay !== undefined && { retryAfterMs: delay }),
    ...(status !== undefined && { httpStatus: status }),
    ...(contextLimit !== undefined && { contextLimit }),
  });
}

/** What can be done next about a failure. Never throws; a typed failure among the causes is retried, or left alone. */
export function recoveryOf(failure: Failure): Recovery {
  const causes = causesOf(failure.cause);
  const typed = causes.find((cause) => cause instanceof HermesError);
  if (typed !== undefined) return typed.retryable ? "retry" : "none";
  return verdictRow(judge(failure, causes).verdict).recovery;
}

interface Judgement {
  readonly verdict: Verdict;
  readonly body: ErrorBody;
  readonly status: number | undefined;
  /** Everything that was said. */
  readonly words: string;
  /** What the server said of the reason; undefined when it said nothing. */
  readonly told: string | undefined;
}

function judge(failure: Failure, causes: readonly unknown[]): Judgement {
  const body = readErrorBody(failure.body);
  const status = statusOf(failure, causes) ?? body.status;
  const words = [failure.message, ...body.messages, ...causes.map(messageOf)].join("\n");
  const told = reasonAmong(body.messages);
  const verdict = decide({
    status,
    codes: body.codes,
    text: `${words}\n${body.codes.join("\n")}`.toLowerCase(),
    errnos: errnosOf(causes),
    provider: failure.provider,
    isVague: (told ?? "").length < vagueBelow,
    isLarge: isAbove(failure, { share: 0.4, tokens: 80_000, messages: 80 }),
    isVeryLarge: isAbove(failure, { share: 0.6, tokens: 120_000, messages: 200 }),
  });
  return { verdict, body, status, words, told };
}

/** The first message that says something: a router puts "Provider returned error" before what the provider said. */
function reasonAmong(messages: readonly string[]): string | undefined {
  return (
    messages.find((message) => !/^(?:provider returned error|error)\.?$/i.test(message)) ??
    messages[0]
  );
}

function msUntil(at: number | undefined, now: number | undefined): number | undefined {
  return at === undefined || now === undefined ? undefined : Math.max(0, at - now);
}

/** Whether the server could not read encrypted reasoning that was sent back to it: without that the request may pass. */
export function isInvalidEncryptedContent(failure: Failure): boolean {
  return recoveryOf(failure) === "drop-encrypted-reasoning";
}

/** Windows whose size nobody told are taken for the common 256k at most. */
const commonWindow = 256_000;

function isAbove(
  failure: Failure,
  limit: { readonly share: number; readonly tokens: number; readonly messages: number },
): boolean {
  const { estimatedTokens = 0, messageCount = 0, contextLength } = failure;
  if (contextLength !== undefined && estimatedTokens > contextLength * limit.share) return true;
  if ((contextLength ?? 0) > commonWindow) return false;
  return estimatedTokens > limit.tokens || messageCount > limit.messages;
}

/** ` (HTTP 502, ray 8c1d)`: what a provider's support asks for. */
function whereabouts(failure: Failure, status: number | undefined): string {
  if (status === undefined) return "";
  const ray = failure.headers?.get("cf-ray");
  const shown = ray && typeof failure.body === "string" && isPage(failure.body);
  return shown ? ` (HTTP ${status}, ray ${ray})` : ` (HTTP ${status})`;
}

function describe(cause: unknown): string {
  const text = plainText(messageOf(cause));
  const errno = errnoName(cause);
  if (errno === undefined || text.includes(errno)) return text;
  return text === "" ? errno : `${shorten(text)} (${errno})`;
}

/** Cut between words, so that a secret is either whole, where redaction finds it, or absent. */
function shorten(text: string): string {
  const points = Array.from(text.slice(0, 4 * maxDetail));
  if (points.length <= maxDetail) return text.replace(/\.$/, "");
  const kept = points.slice(0, maxDetail - 3).join("");
  const lastBlank = kept.lastIndexOf(" ");
  return `${lastBlank > 0 ? kept.slice(0, lastBlank) : kept}...`;
}
