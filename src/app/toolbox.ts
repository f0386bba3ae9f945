import type { ResultSpill } from "../agent/result_size.ts";
import type { ConversationOptions } from "../app.ts";
import type { Config } from "../config/schema.ts";
import { defined } from "../core/defined.ts";
import type { Delegate } from "../core/delegation.ts";
import { didYouMean } from "../core/did_you_mean.ts";
import { HermesError } from "../core/errors.ts";
import type { Tool } from "../core/tool.ts";
import type { MemorySnapshot } from "../tools/memory/memory_files.ts";
import { createTools, type ToolSet } from "../tools/registry.ts";
import { namesSessions, selectTools, toolsetNames } from "../tools/toolsets.ts";
import { type McpTools, toolsetNamesOf } from "./mcp_tools.ts";
import { memorySettings, openMemory } from "./memory.ts";
import type { AppParts } from "./parts.ts";
import { createResultFiles } from "./result_files.ts";
import { cronSettings } from "./cron_tool.ts";
import { skillSettings } from "./skills.ts";

/** The tools of one conversation, with what they share. */
export interface Toolbox extends AsyncDisposable {
  readonly tools: readonly Tool[];
  readonly spill: ResultSpill;
  readonly warnings: readonly string[];
  readonly sessions: Pick<ToolSet, "stateOf" | "move">;
  /** What the prompt of a new session says of earlier ones. Never throws. */
  memory(): Promise<MemorySnapshot>;
}

/** What of a conversation decides about its tools. */
export type ToolboxOptions = Pick<
  Partial<ConversationOptions>,
  "toolsets" | "person" | "approval" | "source" | "commandEnv"
>;

/**
 * Makes the tools that the user asked for, and chooses from those of MCP servers.
 * @throws {HermesError} `usage/invalid` when no toolset is left, `mcp/unavailable` when that is because a server failed
 */
export async function openToolbox(
  app: AppParts,
  {
    config,
    options,
    delegate,
  }: {
    readonly config: Config;
    readonly options: ToolboxOptions;
    /** Absent: nothing is delegated. */
    readonly delegate?: Delegate;
  },
  mcp?: Pick<McpTools, "tools" | "toolsets" | "failures">,
): Promise<Toolbox> {
  const { files, spawner, clock, host } = app.ports;
  const { resultsDirectory, home } = app.paths;
  const redactor = await app.redactor();
  const redact = (text: string): string => redactor.boundary(text);
  const openSessions = () => app.sessions();
  const memory = await openMemory(app, config);
  const all = createTools({
    files,
    spawner,
    clock,
    host,
    env: await app.env(),
    hermesHome: home,
    resultsDirectory,
    limits: {
      terminalTimeoutMs: config.terminal.timeout * 1_000,
      maxOutputChars: config.tool_output.max_bytes,
      maxLineChars: config.tool_output.max_line_length,
    },
    envPassthrough: config.terminal.env_passthrough,
    ...defined("commandEnv", options.commandEnv),
    secretEnv: await app.secretNames(),
    redact,
    skills: skillSettings(config, options),
    ...(memory.targets.length > 0 ? { memory: memorySettings(memory, { config, options }) } : {}),
    sessions: openSessions,
    ...(delegate && {
      delegation: { delegate, maxConcurrent: config.delegation.max_concurrent_children },
    }),
    ...defined("cron", cronSettings(app, options)),
  });
  const forPrograms = namesSessions(options.toolsets ?? [])
    ? (await import("../tools/session_tools.ts")).createSessionTools({
        sessions: openSessions,
        clock,
        redact,
      })
    : [];
  const { tools, unknown } = selectTools(
    [...all.tools, ...forPrograms, ...(mcp?.tools ?? [])].filter(({ spec }) => {
      return options.source !== "cron" || !attendedOnly.has(spec.name);
    }),
    { toolsets: options.toolsets, disabled: config.agent.disabled_toolsets },
    mcp?.toolsets,
  );
  if (options.toolsets && tools.length === 0) {
    const failure = options.toolsets.map((name) => mcp?.failures.get(name)).find(Boolean);
    if (failure) throw failure;
    throw new HermesError(
      "usage/invalid",
      `No tool is left of the toolsets: ${options.toolsets.join(", ")}`,
      { hint: toolsetHint(options.toolsets, config) },
    );
  }
  return {
    tools,
    sessions: all,
    spill: createResultFiles(files, resultsDirectory),
    memory: () => memory.snapshot(),
    warnings: unknown
      .filter((name) => !isServerOff(name, config))
      .map((name) => `Unknown toolset, ignored: ${name}`),
    [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
  };
}

/**
 * Tools that a scheduled run goes without: nobody answers a question, a job makes no jobs, and what it read somewhere must
 * not steer later sessions.
 */
const attendedOnly: ReadonlySet<string> = new Set(["clarify", "cronjob", "memory"]);

/** Whether an MCP server is meant, which is not started since it is switched off. */
function isServerOff(toolset: string, { agent, mcp_servers: servers }: Config): boolean {
  return (
    agent.disabled_toolsets.includes(toolset) &&
    Object.keys(servers).some((name) => toolsetNamesOf(name).includes(toolset))
  );
}

/** What was meant by toolsets that come to nothing: an MCP server is one, by its name. */
function toolsetHint(chosen: readonly string[], { mcp_servers: servers }: Config): string {
  const off = chosen.find((name) => servers[name]?.enabled === false);
  if (off !== undefined) return `hermes config set mcp_servers.${off}.enabled true`;
  const known = [...toolsetNames, ...Object.keys(servers)];
  const near = chosen.map((name) => didYouMean(name, known)).find((name) => name !== undefined);
  if (near !== undefined && !chosen.includes(near)) return `did you mean ${near}?`;
  return `toolsets are: ${known.join(", ")}`;
}
