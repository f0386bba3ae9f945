import * as z from "zod";
import type { JsonObject } from "../core/json.ts";
import type { Clock, FileStore } from "../core/ports.ts";
import type { Tool, ToolOutput } from "../core/tool.ts";
import { defineInput, wrong } from "./input.ts";
import type { MemoryChange } from "./memory/change.ts";
import { type MemoryFiles, memoryProblem, type MemoryTarget } from "./memory/memory_files.ts";
import { failure, result } from "./output.ts";
import { stageWrite } from "./pending_writes.ts";

/** Who decides about a write: nobody, the person at the terminal, or the user later. */
export type WriteApproval = "none" | "ask" | "stage";

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

const input = defineInput(
  "memory",
  z.object({
    action: z.enum(["add", "replace", "remove"]),
    target: z
      .enum(["memory", "user"])
      .describe("memory: notes of your own. user: who the user is and what they prefer"),
    content: z.string().optional().describe("add, replace: the entry, one fact in few words"),
    old_text: z
      .string()
      .optional()
      .describe("replace, remove: a part of the entry that no other entry has"),
  }),
);

interface MemoryCall {
  readonly target: MemoryTarget;
  readonly change: MemoryChange;
}

/** Changes what later sessions know from the start. */
export function createMemoryTool(deps: MemoryToolDeps): Tool<MemoryCall> {
  const { memory, approval } = deps;
  return {
    spec: {
      name: "memory",
      description:
        "Keeps facts for later sessions, whose prompt has them from the start. Save by yourself what will matter again: " +
        "preferences and corrections of the user, facts of this machine and its projects, what took long to find out. " +
        "Do not save how far a task is, what a look at the files tells, or keys and passwords. It holds little: when it is full, " +
        "merge entries with replace. Results show all entries; the prompt of this session stays as it is.",
      parameters: input.parameters,
    },
    effect: "write",
    parse: (rawArguments) => readCall(input.parse(rawArguments)),
    async permission({ target, change }) {
      if (approval !== "ask") return { kind: "allowed" };
      const planned = await attempt(() => memory.plan(target, change));
      // What cannot be done needs no answer: the run tells why.
      if (planned.kind !== "changed") return { kind: "allowed" };
      const subject = {
        kind: "tool",
        name: "memory",
        arguments: argumentsOf(target, change),
      } as const;
      const reason = "change of what later sessions know";
      return { kind: "ask", request: { subject, reason, key: "memory", scopes: ["session"] } };
    },
    async run({ target, change }) {
      const call = { target, change };
      const outcome = await attempt(async () =>
        approval === "stage" ? await stage(deps, call) : await carryOut(memory, call),
      );
      return outcome.kind === "failed"
        ? failure(`Cannot change memory: ${outcome.problem}`, { success: false, target })
        : outcome.output;
    },
  };
}

function readCall(value: ReturnType<typeof input.parse>): MemoryCall {
  const { action, target, content, old_text: oldText } = value;
  const needed = (text: string | undefined, name: string): string => {
    if (text === undefined) throw wrong("memory", `action ${action} needs ${name}`);
    return text;
  };
  switch (action) {
    case "add":
      return { target, change: { action, content: needed(content, "content") } };
    case "replace":
      return {
        target,
        change: {
          action,
          oldText: needed(oldText, "old_text"),
          content: needed(content, "content"),
        },
      };
    case "remove":
      return { target, change: { action, oldText: needed(oldText, "old_text") } };
    default:
      return action satisfies never;
  }
}

function argumentsOf(target: MemoryTarget, change: MemoryChange): JsonObject {
  return {
    action: change.action,
    target,
    ...("oldText" in change ? { old_text: change.oldText } : {}),
    ...("content" in change ? { content: change.content } : {}),
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

async function carryOut(memory: MemoryFiles, { target, change }: MemoryCall): Promise<Done> {
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
async function stage(deps: MemoryToolDeps, { target, change }: MemoryCall): Promise<Done> {
  const planned = await deps.memory.plan(target, change);
  if (planned.kind === "refused") return refusal(target, planned);
  const id = await stageWrite(deps, deps.hermesHome, {
    subsystem: "memory",
    action: change.action,
    summary: summaryOf(target, change),
    origin: deps.origin,
    payload: argumentsOf(target, change),
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

function summaryOf(target: MemoryTarget, change: MemoryChange): string {
  const text = "content" in change ? change.content : change.oldText;
  const line = Array.from(text.replace(/\s+/g, " ").trim());
  const shown = line.length > 100 ? `${line.slice(0, 100).join("")}…` : line.join("");
  return `${change.action} ${target}: ${shown}`;
}
