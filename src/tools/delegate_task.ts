import * as z from "zod";
import type { Delegate, DelegatedTask, TaskReport } from "../core/delegation.ts";
import type { Clock } from "../core/ports.ts";
import type { Tool } from "../core/tool.ts";
import { defineInput, wrong } from "./input.ts";
import { result } from "./output.ts";

export interface DelegateTaskDeps {
  readonly delegate: Delegate;
  readonly clock: Pick<Clock, "monotonic">;
  /** Tasks that are worked on at the same time, and calls of one step. */
  readonly maxConcurrent: number;
}

/** More than this is no delegation any more but a program. */
const maxTasks = 24;

const goal = z.string().trim().min(1);
const context = z
  .string()
  .describe("All that it must know: paths, findings, constraints, what the answer shall hold");
const toolsets = z
  .array(z.string().trim().min(1))
  .describe("For example file, terminal, search; all that a sub-agent may have where absent");

const input = defineInput("delegate_task", () =>
  z.object({
    goal: goal.optional().describe("What one sub-agent shall do; or give tasks"),
    context: context.optional(),
    toolsets: toolsets.optional(),
    tasks: z
      .array(z.object({ goal, context: context.optional(), toolsets: toolsets.optional() }))
      .max(maxTasks)
      .optional()
      .describe("Several tasks that do not depend on one another, a sub-agent for each"),
  }),
);

/** Gives work to agents with a fresh context, and tells what came of it. */
export function createDelegateTaskTool(deps: DelegateTaskDeps): Tool<readonly DelegatedTask[]> {
  const { delegate, clock, maxConcurrent } = deps;
  return {
    spec: {
      name: "delegate_task",
      description:
        "Gives work to sub-agents. Each begins with nothing but its goal and context, works on its own with tools like " +
        "yours, asks nobody, and reports back; you see only the reports. Use it for work that stands alone and would fill " +
        `your context, or for independent pieces at the same time (${maxConcurrent} run at once). Sub-agents share your files, ` +
        "so give no two of them the same file to change. Check what they report before you rely on it.",
      parameters: input.parameters,
    },
    effect: "execute",
    maxCallsPerStep: maxConcurrent,
    parse: (rawArguments) => tasksOf(input.parse(rawArguments)),
    // Calls of one step run beside one another: models delegate several pieces in either way.
    access: () => ({ mode: "shared" }),
    async run(tasks, turn) {
      const startedAt = clock.monotonic();
      const reports = await delegate(tasks, turn);
      return {
        ...result({
          results: reports.map(resultOf),
          total_duration_seconds: seconds(clock.monotonic() - startedAt),
        }),
        isError: reports.every(({ status }) => status !== "completed"),
      };
    },
  };
}

function tasksOf({ tasks, ...single }: ReturnType<typeof input.parse>): readonly DelegatedTask[] {
  if (tasks && tasks.length > 0) return tasks.map(taskOf);
  const { goal: only, ...rest } = single;
  if (only === undefined) throw wrong("delegate_task", "goal or tasks is missing");
  return [taskOf({ goal: only, ...rest })];
}

function taskOf(given: {
  readonly goal: string;
  readonly context?: string | undefined;
  readonly toolsets?: readonly string[] | undefined;
}): DelegatedTask {
  return {
    goal: given.goal,
    ...(given.context === undefined ? {} : { context: given.context }),
    // An empty list is how some models leave it out.
    ...(given.toolsets === undefined || given.toolsets.length === 0
      ? {}
      : { toolsets: given.toolsets }),
  };
}

function resultOf(report: TaskReport, index: number) {
  const { usage, denied } = report;
  return {
    task_index: index,
    status: report.status,
    summary: report.summary,
    ...(report.error === undefined ? {} : { error: report.error }),
    ...(denied.length === 0 ? {} : { denied, denied_because: "a sub-agent asks nobody" }),
    steps: report.steps,
    duration_seconds: seconds(report.durationMs),
    exit_reason: report.exitReason,
    tokens: {
      input: usage.inputTokens,
      cached_input: usage.cachedInputTokens,
      output: usage.outputTokens,
    },
    tool_trace: report.trace.map((call) => ({
      tool: call.tool,
      arguments: call.arguments,
      status: call.status,
      result_chars: call.resultChars,
    })),
  };
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
