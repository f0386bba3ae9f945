import type { SignalName } from "./ports.ts";

/** Every way to fail, as `area/problem`. Scripts rely on these words: they are added to, never changed. */
export const errorCodes = [
  "usage/invalid",
  "auth/missing",
  "auth/rejected",
  "auth/not_entitled",
  "auth/sign_in_failed",
  "auth/not_found",
  "model/rate_limited",
  "model/quota",
  "model/not_found",
  "model/context_overflow",
  "model/content_policy",
  "model/bad_request",
  "model/overloaded",
  "model/server_error",
  "model/truncated",
  "model/empty_answer",
  "model/bad_tool_call",
  "network/unreachable",
  "network/timeout",
  "network/tls",
  "stream/no_terminal_event",
  "stream/invalid",
  "codex/missing",
  "codex/too_old",
  "codex/exited",
  "codex/silent",
  "codex/config_invalid",
  "codex/sandbox",
  "program/missing",
  "mcp/unavailable",
  "mcp/not_found",
  "approval/denied",
  "turn/deadline",
  "turn/interrupted",
  "turn/max_iterations",
  "turn/tool_loop",
  "turn/answer_invalid",
  "turn/tool_arguments",
  "config/invalid",
  "config/unreadable",
  "store/unreadable",
  "store/invalid",
  "store/full",
  "session/not_found",
  "session/ambiguous",
  "session/title_taken",
  "session/busy",
  "cron/not_found",
  "cron/ambiguous",
  "cron/name_taken",
  "cron/busy",
  "cron/script_failed",
  "cron/script_refused",
  "cron/delivery_failed",
  "cron/lost",
  "cron/missed",
  "file/not_found",
  "file/unreadable",
  "file/unsupported",
  "file/unwritable",
  "replay/mismatch",
  "internal/bug",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** Whether something that another program told is the code of a failure. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return (errorCodes as readonly unknown[]).includes(value);
}

export interface HermesErrorOptions {
  /** Of what was stopped: the signal that its process got. */
  readonly endedBy?: SignalName;
  readonly cause?: unknown;
  /** The command or the edit that fixes it, in one line. */
  readonly hint?: string;
  /** Whether the same attempt may succeed later without a change. */
  readonly retryable?: boolean;
  /** What the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The status of the HTTP answer that caused it. */
  readonly httpStatus?: number;
  /** Tokens that the model's window holds, where the refusal states them. */
  readonly contextLimit?: number;
}

/** A failure that a user can understand: what was attempted, what was found, and what to do. Never holds a secret. */
export class HermesError extends Error {
  override readonly name = "HermesError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  #detail: string | undefined;
  readonly endedBy: SignalName | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly httpStatus: number | undefined;
  readonly contextLimit: number | undefined;

  constructor(code: ErrorCode, message: string, options: HermesErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.endedBy = options.endedBy;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.httpStatus = options.httpStatus;
    this.contextLimit = options.contextLimit;
  }

  /** One line for whoever looks into it, shown with `--verbose` and `--debug`: what was received before it failed. */
  get detail(): string | undefined {
    return this.#detail;
  }

  /** Adds the detail where there is none yet, and returns the error: who throws it seldom knows what came before. */
  explain(detail: string): this {
    this.#detail ??= detail;
    return this;
  }
}

/** The error as a `HermesError`: unchanged if it is one, else a bug with the original as its cause. */
export function toHermesError(error: unknown): HermesError {
  if (error instanceof HermesError) return error;
  return new HermesError("internal/bug", `Unexpected error: ${errorMessage(error)}`, {
    cause: error,
    hint: "run again with --debug and report the stack",
  });
}

/** What was thrown, in words: an error's message, or the value as text. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The errno name (`ENOENT`, `EACCES`, ...) that an operating-system error carries, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Throws what a signal was aborted with, if it was. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal);
}

/** The failure that an aborted signal stands for: its reason if that is typed, else `turn/interrupted`. */
export function abortError(signal: AbortSignal): HermesError {
  const reason: unknown = signal.reason;
  if (reason instanceof HermesError) return reason;
  return new HermesError("turn/interrupted", "Interrupted");
}
