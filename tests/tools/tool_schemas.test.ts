import { expect, test } from "bun:test";
import type { Json } from "../../src/core/json.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createClarifyTool } from "../../src/tools/clarify.ts";
import { createPatchTool } from "../../src/tools/patch.ts";
import { createReadFileTool } from "../../src/tools/read_file.ts";
import { createSearchFilesTool } from "../../src/tools/search_files.ts";
import { createSkillManageTool } from "../../src/tools/skills/skill_manage.ts";
import { createSkillViewTool } from "../../src/tools/skills/skill_view.ts";
import { createSkillsListTool } from "../../src/tools/skills/skills_list.ts";
import { createTodoTool } from "../../src/tools/todo.ts";
import { createWriteFileTool } from "../../src/tools/write_file.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createFakeFiles } from "../fakes/files.ts";
import { fileToolDeps } from "../fakes/file_tools.ts";
import { createFakeSpawner } from "../fakes/spawner.ts";

const deps = {
  ...fileToolDeps(createFakeFiles()),
  spawner: createFakeSpawner(() => 0),
  clock: createFakeClock(),
  env: {},
  maxLineChars: 2_000,
};
const skillDeps = {
  ...deps,
  hermesHome: "/home/anna/.hermes",
  externalDirectories: [],
  approval: "none" as const,
};
const tools: readonly Pick<Tool, "spec">[] = [
  createReadFileTool(deps),
  createWriteFileTool(deps),
  createPatchTool(deps),
  createSearchFilesTool(deps),
  createTodoTool(),
  createClarifyTool(),
  createSkillsListTool(skillDeps),
  createSkillViewTool(skillDeps),
  createSkillManageTool(skillDeps),
];

/** Every key and every number of a JSON value. */
function* partsOf(value: Json): Generator<string | number, void> {
  if (typeof value === "number") yield value;
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (!Array.isArray(value)) yield key;
    yield* partsOf(part);
  }
}

test.each(tools)("the schema of $spec.name is plain and small", ({ spec }) => {
  const parts = [...partsOf(spec.parameters)];
  // What endpoints refuse that turn schemas into a grammar, or that know only a part of JSON schema.
  const refused = new Set<string | number>([
    "$schema",
    "$ref",
    "$defs",
    "additionalProperties",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "const",
    "format",
    "exclusiveMinimum",
  ]);
  expect(parts.filter((part) => refused.has(part))).toEqual([]);
  expect(parts.filter((part) => typeof part === "number" && part > 1_000_000)).toEqual([]);
  expect(JSON.stringify(spec).length).toBeLessThan(1_500);
});
