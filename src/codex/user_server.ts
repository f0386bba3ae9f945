import type { Env } from "../core/ports.ts";
import type { CodexVersion } from "./version.ts";

/** A server of the user's, in the words of `mcp_servers.<name>` of hermes' configuration. */
export interface UserServer {
  readonly name: string;
  /** With the values of the variables that it refers to; a variable that is not set stays as `${NAME}`. */
  readonly settings: UserServerSettings;
  /** The text of a value as the user wrote it, where it refers to variables: `written("headers", "Authorization")`. */
  readonly written: (...key: readonly string[]) => string | undefined;
}

/** Empty text stands for what is not set. Times in seconds. */
export interface UserServerSettings {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly transport: string;
  readonly auth: string;
  readonly oauth: {
    readonly client_id: string;
    readonly client_secret: string;
    /** Separated by blanks. */
    readonly scope: string;
  };
  readonly ssl_verify: boolean;
  readonly enabled: boolean;
  readonly timeout: number | null;
  readonly connect_timeout: number | null;
  readonly supports_parallel_tool_calls: boolean;
  readonly tools: {
    /** Null or empty: all of them. */
    readonly include: readonly string[] | null;
    readonly exclude: readonly string[];
  };
}

/** For whom entries are made, and what is known of them. */
export interface ServerEntriesOptions<Settings extends UserServerSettings = UserServerSettings> {
  /** Where the user's variables are looked up: the process's environment and the home's `.env`. */
  readonly env: Env;
  /** What codex's process has in its environment already. */
  readonly codexEnv: Env;
  /** What the entries are for: a thread that hermes starts, or the file of a codex that the user starts. */
  readonly place: "thread" | "file";
  readonly codex: Pick<CodexVersion, "isAtLeast">;
  /** Why a server must not be started by anybody. */
  readonly refusalOf: (settings: Settings) => string | undefined;
}
