/** Homes of codex for tests: a configuration that asks a server of ours, and directories that are removed. */
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "smol-toml";
import type { Json } from "../../src/core/json.ts";

export interface CodexHomeOptions {
  /** `http://127.0.0.1:41234/v1`. */
  readonly serverUrl: string;
  /** `gpt-5.5` where absent: the one whose tools are the same in all versions. */
  readonly model?: string;
  /** `on-request` where absent. `untrusted` is refused by 0.169. */
  readonly approvalPolicy?: string;
  /** `workspace-write` where absent; `null` leaves the choice out. */
  readonly sandboxMode?: "read-only" | "workspace-write" | "danger-full-access" | null;
  /** How often a request or a stream is tried again. */
  readonly retries?: number;
  /** Names for `[features]`, besides `plugins`, which is off. */
  readonly features?: Readonly<Record<string, boolean>>;
  readonly mcpServers?: Readonly<Record<string, CodexMcpServer>>;
  /** More of the root: each key takes the place of the one above it that it equals. */
  readonly settings?: Readonly<Record<string, Json>>;
  /** Text after everything else, which need not be TOML. */
  readonly appended?: string;
}

/** An MCP server that codex starts. */
export interface CodexMcpServer {
  readonly command: string;
  readonly args: readonly string[];
  /** Opening a thread waits for it; without, 0.169 asks the model after a second at the latest. */
  readonly required?: boolean;
}

/** A home of codex and a directory to work in. */
export interface CodexHome extends AsyncDisposable {
  /** What holds all of them, without links: what codex reports begins with it. */
  readonly root: string;
  /** `CODEX_HOME`. */
  readonly directory: string;
  readonly configFile: string;
  /** An empty directory, not a repository. */
  readonly work: string;
  /** Beside the work directory: the sandbox does not let commands write there. */
  readonly outside: string;
  /** What codex needs and nothing of ours: PATH, HOME, CODEX_HOME, TMPDIR, NO_COLOR. */
  readonly env: Readonly<Record<string, string>>;
  readConfig(): Promise<string>;
  /** The same configuration with another server. */
  configure(serverUrl: string): Promise<void>;
}

/** Makes a home. Closes with `await using`. */
export async function createCodexHome(options: CodexHomeOptions): Promise<CodexHome> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "hermes-codex-")));
  const place = (name: string): string => join(root, name);
  const directory = place("codex-home");
  // Codex makes no helper programs in a home below TMPDIR.
  const temporary = place("tmp");
  for (const path of [directory, place("home"), place("work"), place("outside"), temporary]) {
    await mkdir(path, { mode: 0o700 });
  }
  const configFile = join(directory, "config.toml");
  await writeFile(configFile, codexConfig(options));
  return {
    root,
    directory,
    configFile,
    work: place("work"),
    outside: place("outside"),
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: place("home"),
      CODEX_HOME: directory,
      TMPDIR: temporary,
      NO_COLOR: "1",
    },
    configure: (serverUrl) => writeFile(configFile, codexConfig({ ...options, serverUrl })),
    readConfig: () => readFile(configFile, "utf8"),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** The text of a `config.toml`. */
export function codexConfig(options: CodexHomeOptions): string {
  const { serverUrl, sandboxMode = "workspace-write", retries = 0 } = options;
  const config = {
    model: options.model ?? "gpt-5.5",
    model_provider: "fake",
    approval_policy: options.approvalPolicy ?? "on-request",
    ...(sandboxMode !== null && { sandbox_mode: sandboxMode }),
    model_providers: {
      fake: {
        name: "fake",
        base_url: serverUrl,
        wire_api: "responses",
        request_max_retries: retries,
        stream_max_retries: retries,
      },
    },
    analytics: { enabled: false },
    // Plugins would be looked up on the network.
    features: { plugins: false, ...options.features },
    // Homes of tests are in /tmp: the sandbox would let commands write beside the work directory.
    sandbox_workspace_write: { exclude_slash_tmp: true, exclude_tmpdir_env_var: true },
    ...(options.mcpServers && { mcp_servers: options.mcpServers }),
    ...options.settings,
  };
  return `${stringify(config)}\n${options.appended ?? ""}`;
}
