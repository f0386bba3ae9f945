import { parseJson } from "../../src/core/json.ts";
import type { Tool, ToolContext, ToolOutput } from "../../src/core/tool.ts";

/** A tool whose input is the parsed JSON and whose work is the given function. */
export function createFakeTool(
  name: string,
  run: (input: unknown, context: ToolContext) => Promise<ToolOutput> | ToolOutput,
  rest: Partial<Tool> = {},
): Tool {
  return {
    spec: { name, description: `The ${name} tool`, parameters: { type: "object", properties: {} } },
    effect: "read",
    parse: (raw) => parseJson(raw),
    run: async (input, context) => await run(input, context),
    ...rest,
  };
}

export function ok(text: string): ToolOutput {
  return { text, isError: false };
}
