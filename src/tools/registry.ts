import type { Delegate } from "../core/delegation.ts";
import type { Clock, Env, FileStore, Host, Spawner } from "../core/ports.ts";
import type { SessionCatalog } from "../core/session_store.ts";
import type { Tool } from "../core/tool.ts";
import { createClarifyTool } from "./clarify.ts";
import { createCronjobTool, type CronjobOptions } from "./cronjob.ts";
import { createDelegateTaskTool } from "./delegate_task.ts";
import { FileMemory } from "./file_memory.ts";
import { createFileSafety } from "./file_safety.ts";
import { createMemoryTool, type MemoryToolOptions } from "./memory.ts";
import { createPatchTool } from "./patch.ts";
import type { WriteApproval } from "./pending_changes.ts";
import { createProcessTool } from "./process.ts";
import { createReadFileTool } from "./read_file.ts";
import { createSearchFilesTool } from "./search_files.ts";
import { createSessionSearchTool } from "./session_search.ts";
import { BackgroundProcesses } from "./shell/background_processes.ts";
import { childEnv } from "./shell/child_env.ts";
import { ShellSessions } from "./shell/shell_sessions.ts";
import { createSkillManageTool } from "./skills/skill_manage.ts";
import { createSkillViewTool } from "./skills/skill_view.ts";
import { createSkillsListTool } from "./skills/skills_list.ts";
import { createTerminalTool } from "./terminal.ts";
import { createTodoTool, TodoLists } from "./todo.ts";
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
  /** Set for commands, whatever the environment of hermes says. */
  readonly commandEnv?: Readonly<Record<string, string>>;
  /** Names of variables that hold secrets: the keys of providers, and what else commands must not see. */
  readonly secretEnv: readonly string[];
  /** Masks secrets in what people see of a running command; absent: shown as it is. */
  readonly redact?: (text: string) => string;
  readonly skills: SkillSettings;
  /** Absent: there is no memory. */
  readonly memory?: MemoryToolOptions;
  /** Opens the stored sessions; absent: no tool looks into them. */
  readonly sessions?: () => Promise<SessionCatalog>;
  /** Absent: nobody is there who could agree to a job. */
  readonly cron?: CronjobOptions;
  /** Absent: nothing is delegated. */
  readonly delegation?: DelegationSettings;
}

export interface DelegationSettings {
  readonly delegate: Delegate;
  readonly maxConcurrent: number;
}

export interface SkillSettings {
  /** Directories of skills besides the home's, which are only read. */
  readonly externalDirectories: readonly string[];
  readonly approval: WriteApproval;
}

/** Tools with what they keep for a conversation: lists, what was read, running commands. */
export interface ToolSet extends AsyncDisposable {
  readonly tools: readonly Tool[];
  /** What is kept for a session and its model must know; undefined where there is nothing. */
  stateOf(sessionId: string): string | undefined;
  /** A session goes on under another id, with a model that has not before it any more what it read. */
  move(from: string, to: string): void;
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
  const todos = new TodoLists();
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
  const skillDeps = {
    files,
    clock,
    env,
    hermesHome,
    homeDirectory,
    externalDirectories: deps.skills.externalDirectories,
    approval: deps.skills.approval,
  };
  const inherited = childEnv(env, { passthrough: deps.envPassthrough, secrets: deps.secretEnv });
  const commandEnv = { ...inherited, ...deps.commandEnv };
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
      createTodoTool(todos),
      createSkillsListTool(skillDeps),
      createSkillViewTool(skillDeps),
      createSkillManageTool(skillDeps),
      createClarifyTool(),
      ...(deps.memory ? [createMemoryTool({ ...deps.memory, files, clock, hermesHome })] : []),
      ...(deps.sessions
        ? [createSessionSearchTool({ sessions: deps.sessions, clock, redact })]
        : []),
      ...(deps.delegation ? [createDelegateTaskTool({ ...deps.delegation, clock })] : []),
      ...(deps.cron ? [createCronjobTool(deps.cron)] : []),
    ],
    stateOf: (sessionId) => todos.open(sessionId),
    move(from, to) {
      for (const kept of [todos, memory, processes, sessions]) kept.move(from, to);
    },
    async [Symbol.asyncDispose]() {
      await processes[Symbol.asyncDispose]();
      await sessions[Symbol.asyncDispose]();
    },
  };
}
