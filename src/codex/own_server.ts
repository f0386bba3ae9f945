import { HermesError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";

/** The name under which codex knows our own tools. */
export const ownServerName = "hermes-tools";

/** What codex does not hand to a server by itself, and decides what hermes works on. */
const handedOver = [
  "HERMES_HOME",
  "HERMES_PROFILE",
  "HERMES_REDACT_SECRETS",
  "HERMES_WRITE_SAFE_ROOT",
] as const;

export interface OwnServerOptions {
  /** What starts this program again, its name first: an absolute path. */
  readonly program: readonly string[] | undefined;
  /** The home to work on; absent: the one that the environment of codex names. */
  readonly home?: string;
}

/**
 * The entry of `hermes-tools`, with which codex calls our own tools. They are allowed without a question: what they may
 * do is decided where they run.
 * @throws {HermesError} `usage/invalid` where this program cannot be started again
 */
export function ownServer({ program, home }: OwnServerOptions): JsonObject {
  const [command, ...first] = program ?? [];
  if (command === undefined || !command.startsWith("/")) {
    throw new HermesError(
      "usage/invalid",
      `Codex needs the absolute path of hermes to call its tools: ${command ?? "not known"}`,
    );
  }
  const names = home === undefined ? handedOver : handedOver.slice(2);
  return {
    command,
    args: [...first, "mcp", "serve"],
    ...(home === undefined ? {} : { env: { HERMES_HOME: home } }),
    env_vars: names,
    default_tools_approval_mode: "approve",
    startup_timeout_sec: 30,
    tool_timeout_sec: 600,
  };
}
