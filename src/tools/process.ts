import { basename } from "node:path/posix";
import * as z from "zod";
import type { Clock, Env, Host } from "../core/ports.ts";
import type { Tool, ToolContext, ToolOutput, ToolPermission } from "../core/tool.ts";
import { literalText, simpleCommandsOf } from "./command_risk/syntax.ts";
import { parseScript } from "./command_risk/parse_script.ts";
import { interpreterOf } from "./command_risk/wrappers.ts";
import { defineInput } from "./input.ts";
import { failure, result, worldFailure } from "./output.ts";
import type { BackgroundProcess, ProcessEnd } from "./shell/background_process.ts";
import type { BackgroundProcesses } from "./shell/background_processes.ts";
import { permissionFor } from "./terminal.ts";

export interface ProcessDeps {
  readonly clock: Clock;
  readonly host: Pick<Host, "homeDirectory">;
  readonly hermesHome: string;
  readonly env: Env;
  readonly processes: BackgroundProcesses;
  /** Of a `wait` that names no time of its own. */
  readonly timeoutMs: number;
}

/** The longest that a `wait` may hold up a turn, in seconds. */
const maxWaitSeconds = 3_600;
/** Characters of output that `poll` and `wait` return. */
const previewChars = 1_000;
/** Lines that `log` returns where no number is given. */
const logLines = 200;

const input = defineInput("process", () =>
  z.object({
    action: z
      .enum(["list", "poll", "log", "wait", "kill", "write", "submit", "close"])
      .describe(
        "list: all processes. poll: status and last output. log: output by lines. wait: until it ends. kill: end it. " +
          "write: data to its input. submit: data and a line end. close: end its input",
      ),
    session_id: z.string().optional().describe("The process, for all actions but list"),
    data: z.string().optional().describe("Input, for write and submit"),
    timeout: z.number().positive().optional().describe("Seconds to wait, 3600 at most"),
    offset: z.int().min(0).default(0).describe("First line of the log, from 0; 0: its last lines"),
    limit: z.int().min(1).max(2_000).default(logLines).describe("Lines of the log"),
  }),
);

type ProcessInput = ReturnType<typeof input.parse>;

/** Looks after the processes that terminal started in the background. */
export function createProcessTool(deps: ProcessDeps): Tool<ProcessInput> {
  return {
    spec: {
      name: "process",
      description:
        "Manages processes that terminal started with background=true: list, poll, read the log, wait, kill, and write to " +
        "their input.",
      parameters: input.parameters,
    },
    effect: "execute",
    parse: input.parse,
    permission: (request, context) => permissionOf(deps, request, context),
    async run(request, context) {
      const { action, session_id: id } = request;
      if (action === "list")
        return result({ processes: deps.processes.list(context.sessionId).map(summaryOf) });
      const process = id === undefined ? undefined : deps.processes.find(context.sessionId, id);
      if (!process) return notFound(id);
      try {
        return await runAction(deps, { action, process, request }, context);
      } catch (error) {
        return worldFailure(`${action} ${process.id}`, error);
      }
    },
  };
}

function notFound(id: string | undefined): ToolOutput {
  const error =
    id === undefined
      ? "session_id is missing: see action=list"
      : `No process ${id} in this session: see action=list`;
  return failure(error, { status: "not_found" });
}

/** Input of a shell is code: it needs the permission that the same command would need. */
function permissionOf(
  deps: ProcessDeps,
  { action, session_id: id, data = "" }: ProcessInput,
  { sessionId, cwd }: ToolContext,
): ToolPermission {
  if ((action !== "write" && action !== "submit") || id === undefined) return { kind: "allowed" };
  const process = deps.processes.find(sessionId, id);
  if (!process) return { kind: "allowed" };
  // Together with what was written of the same line before.
  const text = process.openLine + data;
  const permission = permissionFor(deps, text, cwd);
  if (permission.kind !== "allowed" || !readsCode(process.command)) return permission;
  const key = "input to an interpreter";
  return {
    kind: "ask",
    request: { subject: { kind: "command", command: text, cwd }, reason: key, key },
  };
}

/** Whether a command runs an interpreter that may take its input for code. */
function readsCode(command: string): boolean {
  const { script } = parseScript(command);
  for (const { words } of simpleCommandsOf(script)) {
    const [program] = words;
    if (interpreterOf(basename((program && literalText(program)) ?? "")) !== undefined) return true;
  }
  return false;
}

interface Action {
  readonly action: Exclude<ProcessInput["action"], "list">;
  readonly process: BackgroundProcess;
  readonly request: ProcessInput;
}

async function runAction(
  deps: ProcessDeps,
  { action, process, request }: Action,
  { signal }: ToolContext,
): Promise<ToolOutput> {
  switch (action) {
    case "poll":
      return result({ ...summaryOf(process), ...endFacts(process.end) });
    case "log":
      return logOf(process, request);
    case "wait":
      return await waitFor(deps, { process, seconds: request.timeout }, signal);
    case "kill":
      if (process.end) return alreadyExited(process, process.end);
      return result({
        status: "killed",
        session_id: process.id,
        ...endFacts(await process.kill()),
      });
    case "write":
    case "submit": {
      if (process.end) return alreadyExited(process, process.end);
      if (!process.takesInput) return failure(`The input of ${process.id} is closed`);
      const data = (request.data ?? "") + (action === "submit" ? "\n" : "");
      await process.write(data);
      return result({ status: "ok", bytes_written: new TextEncoder().encode(data).length });
    }
    case "close":
      if (process.end) return alreadyExited(process, process.end);
      process.closeInput();
      return result({ status: "ok", message: "The input is closed" });
    default:
      return action satisfies never;
  }
}

function summaryOf(process: BackgroundProcess): Readonly<Record<string, unknown>> {
  return {
    session_id: process.id,
    command: process.command.slice(0, 200),
    status: process.end ? "exited" : "running",
    pid: process.pid,
    uptime_seconds: Math.round(process.uptimeMs / 1_000),
    output_preview: process.text().slice(-previewChars).toWellFormed(),
  };
}

function endFacts(end: ProcessEnd | undefined): Readonly<Record<string, unknown>> {
  if (!end) return {};
  return {
    exit_code: end.exitCode,
    completion_reason: end.reason,
    termination_source: end.source,
  };
}

function alreadyExited(process: BackgroundProcess, end: ProcessEnd): ToolOutput {
  return result({ status: "already_exited", session_id: process.id, ...endFacts(end) });
}

function logOf(process: BackgroundProcess, { offset, limit }: ProcessInput): ToolOutput {
  const lines = process.text().replace(/\n$/, "").split("\n");
  const all = lines.length === 1 && lines[0] === "" ? [] : lines;
  const start = offset > 0 ? Math.min(offset, all.length) : Math.max(0, all.length - limit);
  const shown = all.slice(start, start + limit);
  const { droppedChars } = process;
  return result({
    session_id: process.id,
    status: process.end ? "exited" : "running",
    output: shown.join("\n"),
    total_lines: all.length,
    showing: shown.length === 0 ? "no lines" : `lines ${start} to ${start + shown.length - 1}`,
    note: droppedChars > 0 ? `The first ${droppedChars} characters are no longer kept` : undefined,
  });
}

async function waitFor(
  { clock, timeoutMs }: ProcessDeps,
  {
    process,
    seconds,
  }: { readonly process: BackgroundProcess; readonly seconds: number | undefined },
  signal: AbortSignal,
): Promise<ToolOutput> {
  const waitMs = seconds === undefined ? timeoutMs : Math.min(seconds, maxWaitSeconds) * 1_000;
  const settled = new AbortController();
  const late = clock.sleep(waitMs, AbortSignal.any([signal, settled.signal])).then(
    () => "timeout" as const,
    () => "interrupted" as const,
  );
  const status = await Promise.race([process.ended.then(() => "exited" as const), late]);
  settled.abort();
  const output = process
    .text()
    .slice(-2 * previewChars)
    .toWellFormed();
  return result({
    status,
    session_id: process.id,
    output,
    ...endFacts(process.end),
    note: status === "timeout" ? `Still running after ${waitMs / 1_000} s` : undefined,
  });
}
