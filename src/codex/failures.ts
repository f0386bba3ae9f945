import { abortError, HermesError, toHermesError } from "../core/errors.ts";
import type { TurnOutcome } from "../core/event.ts";
import type { ExitStatus } from "../core/ports.ts";
import { RpcError } from "../wire/json_rpc.ts";

/** How far codex had come when it failed, as an error says it. */
export type Phase = "while it started" | "while it opened the session" | "in the middle of a turn";

/** What codex says of itself and of others when it is not signed in, in lower case. */
const signInPhrases = [
  "invalid_grant",
  "refresh token",
  "refresh_token",
  "token has expired",
  "expired token",
  "not authenticated",
  "unauthenticated",
  "unauthorized",
  "please log in",
  "please login",
  "re-authenticate",
  "reauthenticate",
];

/** The hint of every failure that signing in mends. */
export const signInHint = "codex login, then try again";

/** Whether codex says that the user has to sign in (again). */
export function asksToSignIn(text: string): boolean {
  const lower = text.toLowerCase();
  return signInPhrases.some((phrase) => lower.includes(phrase));
}

/** How a turn ends with this failure. */
export function outcomeOf(
  error: HermesError,
  completedItemIds: readonly string[] = [],
): TurnOutcome {
  if (error.code === "turn/interrupted") return { status: "interrupted" };
  return { status: "failed", error, completedItemIds };
}

/** How a turn ends that failed with anything, or that was aborted. */
export function failedBy(error: unknown, signal: AbortSignal): TurnOutcome {
  return outcomeOf(signal.aborted ? abortError(signal) : toHermesError(asFailure(error)));
}

/** A refusal that no other place gave a meaning. */
function asFailure(error: unknown): unknown {
  if (!(error instanceof RpcError)) return error;
  return new HermesError("model/bad_request", `codex refused: ${error.message}`, { cause: error });
}

/** What a turn failed with that codex did not begin. */
export function startFailure(error: unknown): unknown {
  if (error instanceof RpcError && error.code === -32_602) {
    return new HermesError("usage/invalid", `codex refused the message: ${error.message}`, {
      cause: error,
      hint: "codex takes at most 1,048,576 characters: put the rest into a file and name it",
    });
  }
  return asFailure(error);
}

/**
 * The failure of a codex that has ended, or that has closed its output and lives on (`undefined`). `stderr` holds its last
 * lines, masked, since the turn (or the start) began.
 */
export function exitFailure(
  status: ExitStatus | undefined,
  phase: Phase,
  stderr: string,
): HermesError {
  const what = `codex ${howItEnded(status)} ${phase}`;
  const message = stderr === "" ? what : `${what}\n${quoted(stderr)}`;
  const own = stderr
    .split("\n")
    .filter((line) => !/\bmcp\b|rmcp|mcp_/i.test(line))
    .join("\n");
  if (asksToSignIn(own)) {
    return new HermesError("auth/rejected", message, { hint: signInHint });
  }
  if (phase === "while it started" && /CODEX_HOME points to/.test(stderr)) {
    return new HermesError("codex/config_invalid", message, {
      hint: "make that directory, or correct CODEX_HOME",
    });
  }
  if (phase === "while it started" && /config\.toml|configuration|this setting/i.test(stderr)) {
    return new HermesError("codex/config_invalid", message, {
      hint: "correct codex's config.toml, then: hermes codex status",
    });
  }
  if (phase === "while it started" && /unexpected argument|unrecognized subcommand/i.test(stderr)) {
    return new HermesError("codex/too_old", `This codex has no app-server: ${message}`, {
      hint: "npm install -g @openai/codex",
    });
  }
  return new HermesError("codex/exited", message, {
    hint:
      phase === "while it started"
        ? "look at what codex itself says: codex --version"
        : "send the message again",
    retryable: true,
  });
}

function howItEnded(status: ExitStatus | undefined): string {
  if (!status) return "closed its output";
  const { code, signal } = status;
  return `ended with ${signal === null ? `exit code ${code ?? 0}` : signal}`;
}

/** The failure of a codex that says nothing any more. */
export function silentFailure(quietMs: number, after: string, stderr: string): HermesError {
  const what = `codex has been silent for ${Math.round(quietMs / 1_000)} s ${after}`;
  return new HermesError("codex/silent", stderr === "" ? what : `${what}\n${quoted(stderr)}`, {
    hint: "send the message again; codex.silence_seconds sets how long is waited",
    retryable: true,
  });
}

function quoted(stderr: string): string {
  return stderr
    .split("\n")
    .map((line) => `codex: ${line}`)
    .join("\n");
}
