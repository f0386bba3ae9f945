import { expect, test } from "bun:test";
import fc from "fast-check";
import { toolNames } from "../../src/mcp/tool_names.ts";

test("toolNames() joins server and tool, other characters become _", () => {
  expect(toolNames([{ server: "my-notes.v2", tool: "read file" }])).toEqual([
    "mcp_my_notes_v2_read_file",
  ]);
});

test("toolNames() tells apart what would be the same, and leaves the first as it is", () => {
  expect(
    toolNames([
      { server: "a", tool: "b_c" },
      { server: "a_b", tool: "c" },
      { server: "a_b", tool: "c!" },
    ]),
  ).toEqual(["mcp_a_b_c", "mcp_a_b_c_e0917bdc", "mcp_a_b_c_"]);
});

test("toolNames() gives names that every endpoint takes, each once, always the same", () => {
  const named = fc.record({ server: fc.string(), tool: fc.string({ maxLength: 200 }) });
  fc.assert(
    fc.property(fc.array(named, { maxLength: 30 }), (tools) => {
      const names = toolNames(tools);
      expect(names).toHaveLength(tools.length);
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(name).toMatch(/^mcp_[A-Za-z0-9_]{0,60}$/);
      expect(toolNames(tools)).toEqual(names);
    }),
    { seed: 5, numRuns: 300 },
  );
});
