import type { ErrorCode, HermesError } from "./errors.ts";
import type { SignalName } from "./ports.ts";

/** The exit codes that scripts rely on. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  authentication: 4,
  missingProgram: 5,
  denied: 6,
  wouldChange: 10,
  notFound: 66,
  tryLater: 75,
  configuration: 78,
  deadline: 124,
  interrupted: 130,
} as const;

/** The exit code that stands for a failure. */
export function errorExitCode(error: HermesError): number {
  // Some endpoints say "try later" with a status whose body was read as something else.
  if (error.code.startsWith("model/") && tryLaterStatuses.has(error.httpStatus ?? 0)) {
    return exitCodes.tryLater;
  }
  return error.endedBy === undefined ? codeOf(error.code) : signalExitCode(error.endedBy);
}

/** The exit code of a process that was ended by a signal: 128 and its number. */
export function signalExitCode(signal: SignalName): number {
  switch (signal) {
    case "SIGHUP":
      return 129;
    case "SIGINT":
      return exitCodes.interrupted;
    case "SIGTERM":
      return 143;
    default:
      return signal satisfies never;
  }
}

/** Payment required, too many requests, service unavailable, overloaded (the last one is Anthropic's). */
const tryLaterStatuses: ReadonlySet<number> = new Set([402, 429, 503, 529]);

function codeOf(code: ErrorCode): number {
  switch (code) {
    case "usage/invalid":
    case "session/ambiguous":
    case "session/title_taken":
    case "cron/ambiguous":
    case "cron/name_taken":
      return exitCodes.usage;
    case "auth/missing":
    case "auth/rejected":
    case "auth/not_entitled":
    case "auth/sign_in_failed":
      return exitCodes.authentication;
    case "codex/missing":
    case "codex/too_old":
    case "program/missing":
    case "mcp/unavailable":
      return exitCodes.missingProgram;
    case "approval/denied":
      return exitCodes.denied;
    case "session/not_found":
    case "cron/not_found":
    case "mcp/not_found":
    case "auth/not_found":
      return exitCodes.notFound;
    case "model/rate_limited":
    case "model/quota":
    case "model/overloaded":
    case "cron/busy":
    case "session/busy":
      return exitCodes.tryLater;
    case "config/invalid":
    case "config/unreadable":
    case "store/unreadable":
    case "store/invalid":
    case "store/full":
    case "codex/config_invalid":
      return exitCodes.configuration;
    case "turn/deadline":
      return exitCodes.deadline;
    case "turn/interrupted":
      return exitCodes.interrupted;
    case "cron/script_failed":
    case "cron/script_refused":
    case "cron/delivery_failed":
    case "cron/lost":
    case "cron/missed":
    case "model/not_found":
    case "model/context_overflow":
    case "model/content_policy":
    case "model/bad_request":
    case "model/server_error":
    case "model/truncated":
    case "model/empty_answer":
    case "model/bad_tool_call":
    case "network/unreachable":
    case "network/timeout":
    case "network/tls":
    case "stream/no_terminal_event":
    case "stream/invalid":
    case "codex/exited":
    case "codex/silent":
    case "codex/sandbox":
    case "turn/max_iterations":
    case "turn/tool_loop":
    case "turn/answer_invalid":
    case "turn/tool_arguments":
    case "file/not_found":
    case "file/unreadable":
    case "file/unsupported":
    case "file/unwritable":
    case "replay/mismatch":
    case "internal/bug":
      return exitCodes.failed;
    default:
      return code satisfies never;
  }
}
