import type { App } from "../app.ts";
import { HermesError, errnoOf } from "../core/errors.ts";
import { shellText } from "../core/shell_text.ts";

/** What lets a client in over HTTP, and where it comes from. */
export type McpToken =
  | { readonly origin: "file" | "variable" | "made"; readonly value: string }
  /** Nobody needs one: only what a test asks for is served, on this machine. */
  | { readonly origin: "none" };

/** The variable that holds it. */
const tokenVariable = "HERMES_MCP_TOKEN";

const shortest = 16;

type TokenDeps = Pick<App, "ports" | "env" | "redactor">;

/**
 * The token of a server: from a file, from the variable, or a new one that is known to nobody else.
 * @throws {HermesError} `usage/invalid` for one that cannot be used, and where one must be chosen; `file/unreadable`
 */
export async function resolveMcpToken(
  app: TokenDeps,
  request: {
    readonly file: string | undefined;
    readonly isLoopback: boolean;
    /** Whether it may be left out on this machine. */
    readonly isOptional: boolean;
  },
): Promise<McpToken> {
  const token = await chosenToken(app, request);
  if (token.origin !== "none") (await app.redactor()).addSecret(token.value);
  return token;
}

async function chosenToken(
  app: TokenDeps,
  { file, isLoopback, isOptional }: Parameters<typeof resolveMcpToken>[1],
): Promise<McpToken> {
  if (file !== undefined) {
    return { origin: "file", value: checked(await readToken(app, file), `the file ${file}`) };
  }
  const variable = (await app.env())[tokenVariable]?.trim() ?? "";
  if (variable !== "") return { origin: "variable", value: checked(variable, tokenVariable) };
  if (!isLoopback) {
    throw new HermesError(
      "usage/invalid",
      "Cannot serve MCP on an address that other machines reach without a token of your own",
      { hint: `pass --token-file FILE, set ${tokenVariable}, or serve on 127.0.0.1` },
    );
  }
  return isOptional ? { origin: "none" } : { origin: "made", value: newToken() };
}

async function readToken({ ports }: TokenDeps, file: string): Promise<string> {
  try {
    return (await ports.files.readText(file)).trim();
  } catch (cause) {
    throw new HermesError(
      "file/unreadable",
      `Cannot read the token of --token-file: ${file} (${errnoOf(cause) ?? "unknown error"})`,
      { cause, hint: `make one: (umask 077; openssl rand -hex 32 > ${shellText([file])})` },
    );
  }
}

/** What an `Authorization` header can carry, and nobody guesses (RFC 6750, section 2.1). */
function checked(token: string, place: string): string {
  if (token.length >= shortest && /^[A-Za-z0-9._~+/-]+=*$/.test(token)) return token;
  throw new HermesError(
    "usage/invalid",
    `The token of ${place} cannot be used: it must have ${shortest} characters or more, of A-Z a-z 0-9 . _ ~ + / -`,
    { hint: "make one: openssl rand -hex 32" },
  );
}

/** 256 random bits. */
function newToken(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}
