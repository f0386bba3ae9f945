import type { Tool } from "../../core/tool.ts";

/** All that runs in a review. */
const reviewTools: ReadonlySet<string> = new Set([
  "memory",
  "skills_list",
  "skill_view",
  "skill_manage",
]);

/**
 * The tools of a conversation for a review of it: described alike and in the same order, so that the endpoint finds
 * what it has cached, but only a few of them run. `instead` are those that do so in another way here, by name.
 */
export function restrictTools(tools: readonly Tool[], instead: readonly Tool[]): readonly Tool[] {
  return tools.map((tool) => {
    const { spec } = tool;
    if (!reviewTools.has(spec.name)) return refused(tool);
    const other = instead.find((one) => one.spec.name === spec.name);
    return other ? { ...other, spec } : tool;
  });
}

function refused({ spec, effect }: Tool): Tool {
  const error = `${spec.name} does not run in a review: only ${[...reviewTools].join(", ")} do`;
  return {
    spec,
    effect,
    parse: () => undefined,
    access: () => ({ mode: "shared" }),
    run: () => Promise.resolve({ text: JSON.stringify({ error }), isError: true }),
  };
}
