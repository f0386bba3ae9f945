import * as z from "zod";
import type { Clock, Env, FileStore, Host, Spawner } from "../core/ports.ts";
import type { Tool, ToolContext, ToolOutput, ToolPermission } from "../core/tool.ts";
import { judgeCommand } from "./command_risk/judge_command.ts";
import { defineInput } from "./input.ts";
import { result, worldFailure } from "./output.ts";
import type { BackgroundProcesses } from "./shell/background_processes.ts";
import { CapturedOutput } from "./shell/captured_output.ts";
import { exitMeaning } from "./shell/exit_meaning.ts";
import { backgroundProblem, foregroundProblem } from "./shell/foreground_problem.ts";
import { LiveOutput } from "./shell/live_output.ts";
import { type CommandEnd, runToEnd } from "./shell/run_command.ts";
import { exitCodeOf, spawnPatiently } from "./shell/shell_runner.ts";
import { maxCommandBytes, shellScript } from "./shell/shell_script.ts";
import { isDirectory, type ShellSessions } from "./shell/shell_sessions.ts";
import { resultPath } from "./result_place.ts";
import { pathProblem, toolPath } from "./tool_path.ts";

export interface TerminalDeps {
  readonly files: FileStore;
  readonly spawner: Spawner;
  readonly clock: Clock;
  readonly host: Pick<Host, "homeDirectory">;
  readonly hermesHome: string;
  /** Where whole outputs go that are too long for the model, by session. */
  readonly resultsDirectory: string;
  readonly processes: BackgroundProcesses;
  readonly sessions: ShellSessions;
  /** Environment of the commands, without secrets. */
  readonly childEnv: Readonly<Record<string, string>>;
  /** Environment of hermes. */
  readonly env: Env;
  readonly timeoutMs: number;
  readonly maxOutputChars: number;
  /** Masks secrets in what people see while a command runs. */
  readonly redact: (text: string) => string;
}

/** The longest that a command may hold up a turn, in seconds. */
const maxForegroundSeconds = 600;

const input = defineInput("terminal", () =>
  z.object({
    command: z.string().describe("Shell code (bash)"),
    background: z
      .boolean()
      .default(false)
      .describe("Run it beside the turn, for servers and long work; see the process tool"),
    timeout: z
      .number()
      .positive()
      .optional()
      .describe("Seconds after which it is ended; 180 unless configured, 600 at most"),
    workdir: z
      .string()
      .optional()
      .describe("Directory to run it in; that of the command before where absent"),
  }),
);

type TerminalInput = ReturnType<typeof input.parse>;

/** Runs shell commands. The directory carries over from command to command, variables do not. */
export function createTerminalTool(deps: TerminalDeps): Tool<TerminalInput> {
  return {
    spec: {
      name: "terminal",
      description:
        "Runs a shell command and returns its output and exit code. The directory carries over to the next command; " +
        "variables do not. Nobody can answer prompts: pass flags such as --yes. Long outputs are cut in the middle and kept " +
        "in a file. Use background=true for what runs on, and the file tools for reading, writing and searching files.",
      parameters: input.parameters,
    },
    effect: "execute",
    // The output is bounded by the tool itself; escaped as JSON it may be twice as long.
    maxResultChars: 3 * deps.maxOutputChars,
    parse: input.parse,
    permission: async (request, context) => {
      const directory = await startDirectory(deps, request, context);
      return permissionFor(deps, request.command, directory);
    },
    async run(request, context) {
      const problem = problemOf(request);
      if (problem !== undefined) return refused(problem);
      const directory = await startDirectory(deps, request, context);
      if (!(await isDirectory(deps.files, directory))) {
        return refused(`${directory} is no directory`);
      }
      try {
        return request.background
          ? await runInBackground(deps, { request, directory, context })
          : await runInForeground(deps, { request, directory, context });
      } catch (error) {
        if (context.signal.aborted) return refused("Interrupted before the command started");
        return worldFailure("start the command", error);
      }
    },
  };
}

/** What a run of the tool works with. */
interface TerminalCall {
  readonly request: TerminalInput;
  readonly directory: string;
  readonly context: ToolContext;
}

function refused(error: string): ToolOutput {
  return {
    text: JSON.stringify({ output: "", exit_code: -1, error, status: "error" }),
    isError: true,
  };
}

/** What is wrong with a call before anything is started. */
function problemOf({ command, background, timeout, workdir }: TerminalInput): string | undefined {
  if (command.trim() === "") return "command must not be empty";
  if (command.includes("\0")) return "command must not contain a NUL character";
  if (new TextEncoder().encode(command).length > maxCommandBytes) {
    return `The command is longer than ${maxCommandBytes} bytes: write it to a file with write_file and run that`;
  }
  if (background) return backgroundProblem(command);
  if (timeout !== undefined && timeout > maxForegroundSeconds) {
    return `timeout is ${maxForegroundSeconds} seconds at most: use background=true for longer work`;
  }
  return foregroundProblem(command) ?? (workdir === undefined ? undefined : pathProblem(workdir));
}

async function startDirectory(
  { sessions, host }: TerminalDeps,
  { workdir }: TerminalInput,
  { sessionId, cwd }: ToolContext,
): Promise<string> {
  const current = await sessions.directory(sessionId, cwd);
  return workdir === undefined ? current : toolPath(workdir, current, host.homeDirectory);
}

/** Whether a command, or input that a shell would run as one, needs somebody's permission. */
export function permissionFor(
  { host, hermesHome, env }: Pick<TerminalDeps, "host" | "hermesHome" | "env">,
  command: string,
  directory: string,
): ToolPermission {
  const verdict = judgeCommand(command, {
    home: host.homeDirectory,
    hermesHome,
    cwd: directory,
    hasSudoPassword: (env["SUDO_PASSWORD"] ?? "") !== "",
  });
  switch (verdict.level) {
    case "safe":
      return { kind: "allowed" };
    case "forbidden":
      return { kind: "forbidden", reason: verdict.reason };
    case "dangerous":
      return {
        kind: "ask",
        request: {
          subject: { kind: "command", command, cwd: directory },
          reason: verdict.reason,
          key: verdict.key,
          // Keys name kinds of danger: what changes hermes could change who decides next time.
          ...(/\bhermes\b/i.test(verdict.key) && { isForPerson: true as const }),
        },
      };
    default:
      return verdict satisfies never;
  }
}

async function runInBackground(
  deps: TerminalDeps,
  { request, directory, context }: TerminalCall,
): Promise<ToolOutput> {
  if (!deps.processes.makeRoom()) {
    return refused(
      "Too many background processes are running: end one with the process tool first",
    );
  }
  const child = await spawnPatiently(
    deps,
    {
      program: await shellProgram(deps.spawner),
      arguments: ["-c", request.command],
      cwd: directory,
      env: deps.childEnv,
      stdin: "pipe",
    },
    context.signal,
  );
  const process = deps.processes.add(context.sessionId, request.command, child);
  return result({
    output: "Background process started",
    session_id: process.id,
    pid: process.pid,
    exit_code: 0,
    error: null,
    hint: "Use the process tool to poll, read, write to, wait for or kill it; it ends with this run of hermes",
  });
}

async function runInForeground(
  deps: TerminalDeps,
  { request, directory, context }: TerminalCall,
): Promise<ToolOutput> {
  const { files, clock, sessions, processes, redact } = deps;
  const { command, workdir } = request;
  const timeoutMs = request.timeout === undefined ? deps.timeoutMs : request.timeout * 1_000;
  const directoryFile = await sessions.newDirectoryFile();
  const child = await spawnPatiently(
    deps,
    {
      program: await shellProgram(deps.spawner),
      arguments: ["-c", shellScript(command, directoryFile)],
      cwd: directory,
      env: deps.childEnv,
      stdin: "null",
    },
    context.signal,
  );
  const output = new CapturedOutput(
    { files },
    { maxChars: deps.maxOutputChars, path: resultPath(deps.resultsDirectory, context) },
  );
  const live = new LiveOutput({ clock, redact, show: (delta) => context.onOutput(delta) });
  const end = await runToEnd(clock, { child, output, live, timeoutMs }, context.signal);
  await live.end();
  processes.adopt(child);
  const left = await sessions.takeDirectory(directoryFile);
  // `workdir` is for one command: the session stays where it was.
  if (left !== undefined && workdir === undefined) sessions.setDirectory(context.sessionId, left);
  return outputOf({ command, timeoutMs, directory, left }, end, await output.end());
}

/** Bash, or the system's shell where there is none. */
async function shellProgram(spawner: Spawner): Promise<string> {
  return (await spawner.find("bash")) ?? "/bin/sh";
}

function outputOf(
  about: {
    readonly command: string;
    readonly timeoutMs: number;
    readonly directory: string;
    readonly left: string | undefined;
  },
  { kind, status, isHeldOpen }: CommandEnd,
  output: string,
): ToolOutput {
  const ended = status === undefined ? -1 : exitCodeOf(status);
  const exitCode = { exited: ended, timeout: 124, interrupted: 130 }[kind];
  const meaning = kind === "exited" ? exitMeaning(about.command, exitCode) : undefined;
  const error = errorOf(kind, about.timeoutMs);
  return {
    text: JSON.stringify({
      output,
      exit_code: exitCode,
      error,
      exit_code_meaning: meaning,
      cwd: about.left === about.directory ? undefined : about.left,
      hint: isHeldOpen
        ? "A program that it started still runs and keeps its output open: use background=true for such programs"
        : undefined,
    }),
    isError: error !== null,
  };
}

function errorOf(kind: CommandEnd["kind"], timeoutMs: number): string | null {
  switch (kind) {
    case "exited":
      return null;
    case "timeout":
      return `The command took longer than ${timeoutMs / 1_000} s and was ended`;
    case "interrupted":
      return "The command was interrupted and ended";
    default:
      return kind satisfies never;
  }
}
