import { expect, test } from "bun:test";
import { restrictTools } from "../../../src/agent/review/restrict_tools.ts";
import { createFakeTool, ok } from "../../fakes/tool.ts";
import { createToolContext } from "../../fakes/tool_context.ts";

const names = ["terminal", "skills_list", "memory", "mcp_lab_delete", "skill_manage", "clarify"];

test("restrictTools() keeps every description and its order, and runs a few", async () => {
  const ran: string[] = [];
  const make = (name: string, mark: string) =>
    createFakeTool(
      name,
      () => {
        ran.push(`${mark} ${name}`);
        return ok("{}");
      },
      {
        spec: { name, description: `${name} of ${mark}`, parameters: {} },
        permission: () => ({ kind: "allowed" }),
      },
    );
  const tools = names.map((name) => make(name, "the conversation"));
  const restricted = restrictTools(tools, [
    make("memory", "the review"),
    make("skill_manage", "the review"),
    make("todo", "the review"),
  ]);
  expect(restricted.map(({ spec }) => spec)).toEqual(tools.map(({ spec }) => spec));
  const outputs = [];
  for (const tool of restricted) {
    const input = tool.parse("{broken");
    outputs.push(await tool.run(input, createToolContext()));
  }
  expect(ran).toEqual([
    "the conversation skills_list",
    "the review memory",
    "the review skill_manage",
  ]);
  expect(outputs.filter(({ isError }) => isError).map(({ text }) => text)).toEqual(
    ["terminal", "mcp_lab_delete", "clarify"].map((name) =>
      JSON.stringify({
        error: `${name} does not run in a review: only memory, skills_list, skill_view, skill_manage do`,
      }),
    ),
  );
  // Nobody is asked about what does not run.
  expect("permission" in (restricted[0] ?? {})).toBe(false);
});
