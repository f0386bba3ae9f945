import { expect, test } from "bun:test";
import { freshSchemas } from "../../src/tools/input.ts";
import written from "../../src/tools/input_schemas.json" with { type: "json" };

// Each tool defines its input where it is loaded.
await Promise.all([
  import("../../src/tools/registry.ts"),
  import("../../src/tools/session_tools.ts"),
]);

test("input_schemas.json holds the schema of each tool; where it does not: scripts/tool-schemas", () => {
  // The tests of defineInput() define one of their own in the same process.
  const { sample: _sample, ...fresh } = freshSchemas();
  expect(fresh).toEqual(written);
});
