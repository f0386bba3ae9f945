import type { Config } from "../config/schema.ts";
import type { Tool } from "../core/tool.ts";
import { createMemoryTool } from "../tools/memory.ts";
import { createSkillManageTool } from "../tools/skills/skill_manage.ts";
import { memorySettings, openMemory } from "./memory.ts";
import type { AppParts } from "./parts.ts";
import { skillLibrary } from "./skills.ts";
import { writeApproval } from "./write_approval.ts";

/** Where changes that wait came from, when a review made them. */
const reviewOrigin = "background_review";

/** The tools that write, as a review has them: nobody can be asked, so what needs an approval waits for it. */
export async function createReviewTools(
  app: Pick<AppParts, "ports" | "paths" | "redactor" | "env">,
  config: Pick<Config, "memory" | "skills">,
): Promise<readonly Tool[]> {
  const { files, clock } = app.ports;
  const { home: hermesHome } = app.paths;
  const memory = await openMemory(app, config);
  return [
    createMemoryTool({
      ...memorySettings(memory, { config, options: {} }),
      origin: reviewOrigin,
      files,
      clock,
      hermesHome,
    }),
    createSkillManageTool({
      ...skillLibrary(app, config),
      files,
      clock,
      approval: writeApproval(config.skills.write_approval, {}),
      origin: reviewOrigin,
    }),
  ];
}
