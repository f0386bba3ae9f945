import {
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { errnoOf, errorMessage, HermesError } from "../core/errors.ts";
import type { ServerSpec } from "./server_spec.ts";

/** What is known of a server at the moment of a failure. */
export interface FailureFacts {
  /** How its program ended, where it did. */
  readonly end: string | undefined;
  /** The last lines of its stderr, masked; "" where there are none. */
  readonly stderr: string;
}

/** How much of what a server says stands in a message. */
const maxSaidChars = 400;

/** A server that cannot be used: `MCP server fs ...`. */
export function unavailable(
  { name, reach }: Pick<ServerSpec, "name" | "reach">,
  error: unknown,
  facts: FailureFacts,
): HermesError {
  if (error instanceof HermesError && error.code !== "internal/bug") return error;
  const isLogin = reach.kind === "http" && reach.login !== undefined;
  if (wantsSignIn(error)) {
    return new HermesError("mcp/unavailable", `MCP server ${name} wants a sign-in`, {
      cause: error,
      httpStatus: error instanceof SdkHttpError ? error.status : 401,
      hint: isLogin
        ? `hermes mcp login ${name}`
        : `check its headers: hermes config get mcp_servers.${name}`,
    });
  }
  return new HermesError("mcp/unavailable", `MCP server ${name} ${whyOf(error, reach, facts)}`, {
    cause: error,
    hint: `hermes mcp test ${name}`,
  });
}

/** Whether a server refused because of who asks. */
export function wantsSignIn(error: unknown): boolean {
  if (error instanceof UnauthorizedError) return true;
  return error instanceof SdkHttpError && (error.status === 401 || error.status === 403);
}

/** Whether the connection is of no use any more after this failure of a call. */
export function isBroken(error: unknown): boolean {
  if (error instanceof ProtocolError) return false;
  if (!(error instanceof SdkError)) return true;
  // 404 is the word for a session that the server has forgotten (MCP, Streamable HTTP, session management).
  if (error instanceof SdkHttpError) return error.status === 404;
  return error.code === SdkErrorCode.ConnectionClosed || error.code === SdkErrorCode.NotConnected;
}

/** What went wrong, as the rest of a sentence that begins with the server. */
export function whyOf(
  error: unknown,
  reach: ServerSpec["reach"],
  { end, stderr }: FailureFacts,
): string {
  const said = stderr === "" ? "" : `: ${oneLine(stderr)}`;
  if (error instanceof ProtocolError) return `refused: ${oneLine(error.message)} (${error.code})`;
  if (error instanceof SdkHttpError) {
    const { text } = error.data;
    const reason =
      typeof text === "string" && text !== "" ? oneLine(text) : (error.statusText ?? "");
    return `answered with HTTP status ${error.status}: ${reason}`.replace(/: $/, "");
  }
  if (end !== undefined) return `has ended (${end})${said}`;
  const errno = errnoOf(error);
  if (reach.kind === "stdio" && errno === "ENOENT") {
    // The system says the same of both; a name without a directory was looked for and not found.
    return reach.program.includes("/")
      ? `cannot be started: ${reach.program} is not there, or the directory ${reach.cwd}, which it works in`
      : `cannot be started: ${reach.program} is not on PATH`;
  }
  if (reach.kind === "stdio" && errno !== undefined && /^E[A-Z0-9]+$/.test(errno)) {
    return `cannot be started: ${reach.program}: ${errno}`;
  }
  if (reach.kind === "http" && !(error instanceof SdkError)) {
    return `cannot be reached at ${placeOf(reach.url)}: ${errno ?? oneLine(errorMessage(error))}`;
  }
  return `failed: ${oneLine(errorMessage(error))}${said}`;
}

/** An address without what may be a secret in it. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/** Text of a server in one line: without control characters, cut. */
export function oneLine(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return (
    plain.length > maxSaidChars ? `${plain.slice(0, maxSaidChars)} [...]` : plain
  ).toWellFormed();
}
