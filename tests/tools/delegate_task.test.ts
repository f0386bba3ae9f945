import { describe, expect, test } from "bun:test";
import type { DelegatedTask, TaskReport } from "../../src/core/delegation.ts";
import { noUsage } from "../../src/core/event.ts";
import { parseJson } from "../../src/core/json.ts";
import { createDelegateTaskTool } from "../../src/tools/delegate_task.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createToolContext } from "../fakes/tool_context.ts";

const report: TaskReport = {
  status: "completed",
  summary: "Found it",
  steps: 2,
  durationMs: 1_240,
  exitReason: "completed",
  usage: { ...noUsage, inputTokens: 20, cachedInputTokens: 5, outputTokens: 3 },
  trace: [{ tool: "read_file", arguments: "{}", status: "ok", resultChars: 12 }],
  denied: [],
};

function setUp(reports: readonly TaskReport[] = [report]) {
  const given: (readonly DelegatedTask[])[] = [];
  const clock = createFakeClock();
  const tool = createDelegateTaskTool({
    clock,
    maxConcurrent: 3,
    async delegate(tasks) {
      given.push(tasks);
      await clock.advance(2_000);
      return reports;
    },
  });
  return { tool, given };
}

describe("delegate_task", () => {
  test.each([
    [{ goal: "a" }, [{ goal: "a" }]],
    [
      { goal: " a ", context: "b", toolsets: ["file"] },
      [{ goal: "a", context: "b", toolsets: ["file"] }],
    ],
    [
      { tasks: [{ goal: "a" }, { goal: "b", context: "c" }] },
      [{ goal: "a" }, { goal: "b", context: "c" }],
    ],
    [{ tasks: '[{"goal":"a","toolsets":[]}]', goal: "of no use" }, [{ goal: "a" }]],
    [{ tasks: [], goal: "a" }, [{ goal: "a" }]],
  ])("%j is the tasks %j", (input, tasks) => {
    expect(setUp().tool.parse(JSON.stringify(input))).toEqual(tasks);
  });

  test.each([
    ["{}", "goal or tasks is missing"],
    ['{"tasks":[{"context":"x"}]}', "tasks.0.goal is missing"],
    [JSON.stringify({ tasks: Array.from({ length: 25 }, () => ({ goal: "x" })) }), "tasks: "],
  ])("%s is refused", (input, problem) => {
    expect(() => setUp().tool.parse(input)).toThrow(problem);
  });

  test("tells what came of each task", async () => {
    const failed: TaskReport = {
      ...report,
      status: "failed",
      exitReason: "approval/denied",
      error: "Denied",
      denied: ["rm -rf x"],
      trace: [],
    };
    const { tool, given } = setUp([report, failed]);
    const output = await tool.run([{ goal: "a" }, { goal: "b" }], createToolContext());
    expect(given).toEqual([[{ goal: "a" }, { goal: "b" }]]);
    expect(output.isError).toBe(false);
    expect(parseJson(output.text)).toEqual({
      results: [
        {
          task_index: 0,
          status: "completed",
          summary: "Found it",
          steps: 2,
          duration_seconds: 1.2,
          exit_reason: "completed",
          tokens: { input: 20, cached_input: 5, output: 3 },
          tool_trace: [{ tool: "read_file", arguments: "{}", status: "ok", result_chars: 12 }],
        },
        {
          task_index: 1,
          status: "failed",
          summary: "Found it",
          error: "Denied",
          denied: ["rm -rf x"],
          denied_because: "a sub-agent asks nobody",
          steps: 2,
          duration_seconds: 1.2,
          exit_reason: "approval/denied",
          tokens: { input: 20, cached_input: 5, output: 3 },
          tool_trace: [],
        },
      ],
      total_duration_seconds: 2,
    });
  });

  test("is an error where no task was completed", async () => {
    const { tool } = setUp([{ ...report, status: "interrupted" }]);
    expect((await tool.run([{ goal: "a" }], createToolContext())).isError).toBe(true);
  });
});
