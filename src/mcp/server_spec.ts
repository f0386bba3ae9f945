import type { AuthProvider } from "@modelcontextprotocol/client";

/** A server of the user's as something that can be connected to. */
export interface ServerSpec {
  readonly name: string;
  readonly reach: StdioReach | HttpReach;
  /** For one call, in milliseconds. */
  readonly timeoutMs: number;
  /** From the start to the list of its tools, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Tools that are used, by the server's own names: all where empty. */
  readonly include: readonly string[];
  /** Tools that are not used. */
  readonly exclude: readonly string[];
  /** The user knows that its calls may run at the same time. */
  readonly isParallel: boolean;
}

/** A program that speaks over its stdin and stdout. */
export interface StdioReach {
  readonly kind: "stdio";
  /** A name on PATH, or a path. */
  readonly program: string;
  readonly arguments: readonly string[];
  /** All that it gets. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** An address that speaks Streamable HTTP. */
export interface HttpReach {
  readonly kind: "http";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether its certificate must be one that the machine trusts. */
  readonly verifiesCertificate: boolean;
  /** The login, where it is signed in to. */
  readonly login?: AuthProvider;
}

/** A tool as its server lists it. */
export interface ListedTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: unknown;
  /** The server says that it changes nothing. */
  readonly isReadOnly: boolean;
  /** The server says that it may destroy something; what it does not say counts as no. */
  readonly isDestructive: boolean;
}

/** What a call came to. */
export interface CallResult {
  readonly content: readonly unknown[];
  readonly structuredContent?: unknown;
  readonly isError: boolean;
}
