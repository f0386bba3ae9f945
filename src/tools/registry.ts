import type { Clock, Env, FileStore, Host, Spawner } from "../core/ports.ts";
import type { SessionCatalog } from "../core/session_store.ts";
import type { Tool } from "../core/tool.ts";
import { createClarifyTool } from "./clarify.ts";
import { FileMemory } from "./file_memory.ts";
import { createFileSafety } from "./file_safety.ts";
import { createMemoryTool, type MemoryToolOptions } from "./memory.ts";
import { createPatchTool } from "./patch.ts";
import { createProcessTool } from "./process.ts";
import { createReadFileTool } from "./read_file.ts";
import { createSearchFilesTool } from "./search_files.ts";
import { createSessionSearchTool } from "./session_search.ts";
import { createSessionsListTool } from "./sessions_list.ts";
import { createSessionsReadTool } from "./sessions_read.ts";
import { createSessionsSearchTool } from "./sessions_search.ts";
import { createSessionsWaitTool } from "./sessions_wait.ts";
import { BackgroundProcesses } from "./shell/background_processes.ts";
import { childEnv } from "./shell/child_env.ts";
import type { SessionToolDeps } from "./sessions/deps.ts";
import { ShellSessions } from "./shell/shell_sessions.ts";
import { createTerminalTool } from "./terminal.ts";
import { createTodoTool } from "./todo.ts";
import { createWriteFileTool } from "./write_file.ts";

export interface ToolLimits {
  /** Of a command whose call names no time of its own. */
  readonly terminalTimeoutMs: number;
  /** Of a command's output that the model gets. */
  readonly maxOutputChars: number;
  readonly maxLineChars: number;
}

/** What the tools of one conversation need. */
export interface ToolDeps {
  readonly files: FileStore;
  readonly spawner: Spawner;
  readonly clock: Clock;
  readonly host: Host;
  readonly env: Env;
  readonly hermesHome: string;
  /** Where whole outputs are kept that are too long for the model. */
  readonly resultsDirectory: string;
  readonly limits: ToolLimits;
  /** Names of variables that commands get although they look like secrets. */
  readonly envPassthrough: readonly string[];
  /** Names of variables that hold secrets: the keys of providers, and what else commands must not see. */
  readonly secretEnv: readonly string[];
  /** Masks secrets in what people see of a running command; absent: shown as it is. */
  readonly redact?: (text: string) => string;
  /** Absent: there is no memory. */
  readonly memory?: MemoryToolOptions;
  /** Opens the stored sessions; absent: no tool looks into them. */
  readonly sessions?: () => Promise<SessionCatalog>;
}

/** Tools with what they keep for a conversation: lists, what was read, running commands. */
export interface ToolSet extends AsyncDisposable {
  readonly tools: readonly Tool[];
}

/** Every tool, in the order in which models see them: fixed, so that prompt caches are hit. */
export function createTools(deps: ToolDeps): ToolSet {
  const { files, spawner, clock, host, env, hermesHome, limits } = deps;
  const { homeDirectory } = host;
  const redact = deps.redact ?? ((text: string) => text);
  const safeRoot = env["HERMES_WRITE_SAFE_ROOT"];
  const safety = createFileSafety({
    files,
    homeDirectory,
    hermesHome,
    ...(safeRoot === undefined || safeRoot === "" ? {} : { safeRoot }),
  });
  const memory = new FileMemory();
  const fileDeps = { files, safety, memory, homeDirectory };
  const processes = new BackgroundProcesses(clock);
  const sessions = new ShellSessions(files);
  const shellDeps = {
    clock,
    host,
    hermesHome,
    env,
    processes,
    timeoutMs: limits.terminalTimeoutMs,
  };
  const commandEnv = childEnv(env, {
    passthrough: deps.envPassthrough,
    secrets: deps.secretEnv,
  });
  return {
    tools: [
      createTerminalTool({
        ...shellDeps,
        files,
        spawner,
        sessions,
        resultsDirectory: deps.resultsDirectory,
        childEnv: commandEnv,
        maxOutputChars: limits.maxOutputChars,
        redact,
      }),
      createProcessTool(shellDeps),
      createReadFileTool({ ...fileDeps, maxLineChars: limits.maxLineChars }),
      createWriteFileTool(fileDeps),
      createPatchTool(fileDeps),
      createSearchFilesTool({
        files,
        spawner,
        clock,
        safety,
        homeDirectory,
        env: commandEnv,
      }),
      createTodoTool(),
      createClarifyTool(),
      ...(deps.memory ? [createMemoryTool({ ...deps.memory, files, clock, hermesHome })] : []),
      ...(deps.sessions ? sessionTools({ sessions: deps.sessions, clock, redact }) : []),
    ],
    async [Symbol.asyncDispose]() {
      await processes[Symbol.asyncDispose]();
      await sessions[Symbol.asyncDispose]();
    },
  };
}

function sessionTools(deps: SessionToolDeps): readonly Tool[] {
  return [
    createSessionSearchTool(deps),
    createSessionsListTool(deps),
    createSessionsReadTool(deps),
    createSessionsSearchTool(deps),
    createSessionsWaitTool(deps),
  ];
}

/** Names that users give to groups of tools. */
const toolsets: ReadonlyMap<string, readonly string[]> = new Map([
  ["terminal", ["terminal", "process"]],
  ["file", ["read_file", "write_file", "patch", "search_files"]],
  ["search", ["search_files", "read_file"]],
  ["todo", ["todo"]],
  ["clarify", ["clarify"]],
  ["memory", ["memory"]],
  ["skills", ["skills_list", "skill_view", "skill_manage"]],
  // What codex has no tool for, and what needs no live turn: given to it, and served to any MCP client.
  ["codex", ["todo", "memory", "session_search", "skills_list", "skill_view", "skill_manage"]],
  ["sessions", ["sessions_list", "sessions_read", "sessions_search", "sessions_wait"]],
]);

/** For programs that look after hermes: a conversation has them only where somebody names them. */
const onlyByName: ReadonlySet<string> = new Set(toolsets.get("sessions"));

/** The names of the tools in a toolset; none where there is no such toolset. */
export function toolsOfToolset(name: string): readonly string[] {
  return toolsets.get(name) ?? [];
}

/** Names of toolsets, as users may write them. */
export const toolsetNames: readonly string[] = [...toolsets.keys(), "coding", "all"];

export interface ToolChoice {
  /** Toolsets or tools by name; all where absent. */
  readonly toolsets: readonly string[] | undefined;
  readonly disabled: readonly string[];
}

/** The chosen tools in their fixed order, and the names that mean nothing. */
export function selectTools(
  tools: readonly Tool[],
  { toolsets: chosen, disabled }: ToolChoice,
): { readonly tools: readonly Tool[]; readonly unknown: readonly string[] } {
  const known = tools.map(({ spec }) => spec.name);
  const usual = known.filter((name) => !onlyByName.has(name));
  const namesOf = (toolset: string): readonly string[] | undefined => {
    if (["all", "*", "coding"].includes(toolset)) return usual;
    return toolsets.get(toolset) ?? (known.includes(toolset) ? [toolset] : undefined);
  };
  const wanted = new Set((chosen ?? ["all"]).flatMap((name) => namesOf(name) ?? []));
  const unwanted = new Set(disabled.flatMap((name) => namesOf(name) ?? []));
  return {
    tools: tools.filter(({ spec }) => wanted.has(spec.name) && !unwanted.has(spec.name)),
    unknown: [...(chosen ?? []), ...disabled].filter((name) => namesOf(name) === undefined),
  };
}
