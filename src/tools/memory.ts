import type { JsonObject } from "../core/json.ts";
import type { Clock, FileStore } from "../core/ports.ts";
import type { Tool, ToolOutput } from "../core/tool.ts";
import { type MemoryFiles, memoryProblem, type MemoryTarget } from "./memory/memory_files.ts";
import {
  argumentsOf,
  memoryInput,
  type MemoryRequest,
  parseMemoryRequest,
  summaryOf,
} from "./memory/memory_request.ts";
import { failure, result } from "./output.ts";
import { stageChange, type WriteApproval } from "./pending_changes.ts";

export interface MemoryToolOptions {
  readonly memory: MemoryFiles;
  readonly approval: WriteApproval;
  /** Where calls come from, for what is staged: `cli`, `oneshot`, `mcp`. */
  readonly origin: string;
}

export interface MemoryToolDeps extends MemoryToolOptions {
  readonly files: FileStore;
  readonly clock: Pick<Clock, "now">;
  readonly hermesHome: string;
}

/** Changes what later sessions know from the start. */
export function createMemoryTool(deps: MemoryToolDeps): Tool<MemoryRequest> {
  const { memory, approval } = deps;
  return {
    spec: {
      name: "memory",
      description:
        "Keeps facts for later sessions, whose prompt has them from the start. Save by yourself what will matter again: " +
        "preferences and corrections of the user, facts of this machine and its projects, what took long to find out. " +
        "Do not save how far a task is, what a look at the files tells, or keys and passwords. It holds little: when it is full, " +
        "merge entries with replace. Results show all entries; the prompt of this session stays as it is.",
      parameters: memoryInput.parameters,
    },
    effect: "write",
    parse: parseMemoryRequest,
    async permission(request) {
      if (approval !== "ask") return { kind: "allowed" };
      const planned = await attempt(() => memory.plan(request.target, request.change));
      // What cannot be done needs no answer: the run tells why.
      if (planned.kind !== "changed") return { kind: "allowed" };
      const subject = {
        kind: "tool",
        name: "memory",
        arguments: argumentsOf(request),
      } as const;
      const reason = "change of what later sessions know";
      return { kind: "ask", request: { subject, reason, key: "memory", scopes: ["session"] } };
    },
    async run(request) {
      const { target } = request;
      const outcome = await attempt(async () =>
        approval === "stage" ? await stage(deps, request) : await carryOut(memory, request),
      );
      return outcome.kind === "failed"
        ? failure(`Cannot change memory: ${outcome.problem}`, { success: false, target })
        : outcome.output;
    },
  };
}

/** What was attempted, or what the operating system had against it. */
async function attempt<T>(
  work: () => Promise<T>,
): Promise<T | { readonly kind: "failed"; readonly problem: string }> {
  try {
    return await work();
  } catch (error) {
    return { kind: "failed", problem: memoryProblem(error) };
  }
}

interface Done {
  readonly kind: "done";
  readonly output: ToolOutput;
}

async function carryOut(memory: MemoryFiles, { target, change }: MemoryRequest): Promise<Done> {
  const changed = await memory.change(target, change);
  if (changed.kind === "refused") return refusal(target, changed);
  const { entries, usage, copy } = changed;
  return {
    kind: "done",
    output: result({
      success: true,
      target,
      entries,
      usage,
      entry_count: entries.length,
      ...(copy === undefined ? {} : { message: `The file as it was is kept in ${copy}` }),
    }),
  };
}

function refusal(
  target: MemoryTarget,
  { error, facts }: { readonly error: string; readonly facts?: JsonObject },
): Done {
  return { kind: "done", output: failure(error, { success: false, target, ...facts }) };
}

/** Leaves the decision to the user; what could not be done is told at once. */
async function stage(deps: MemoryToolDeps, request: MemoryRequest): Promise<Done> {
  const { target, change } = request;
  const planned = await deps.memory.plan(target, change);
  if (planned.kind === "refused") return refusal(target, planned);
  const { removed } = planned;
  const id = await stageChange(deps, {
    subsystem: "memory",
    action: change.action,
    summary: summaryOf(request),
    origin: deps.origin,
    // The whole entry: by the time of the decision a part of it may name another one.
    payload: { ...argumentsOf(request), ...(removed === undefined ? {} : { old_text: removed }) },
  });
  return {
    kind: "done",
    output: result({
      success: true,
      staged: true,
      pending_id: id,
      message: "Not in memory yet: it waits for the user, who allows changes of memory one by one",
    }),
  };
}
