import * as z from "zod";
import { didYouMean } from "../../core/did_you_mean.ts";
import type { Tool } from "../../core/tool.ts";
import { defineInput } from "../input.ts";
import { result } from "../output.ts";
import { blockedDescription } from "./skill_threats.ts";
import { readSkills, type SkillCatalog, type SkillLibraryDeps } from "./skill_library.ts";

const input = defineInput("skills_list", () =>
  z.object({
    category: z.string().optional().describe("Only the skills of this category"),
  }),
);

/** Lists the skills that there are. */
export function createSkillsListTool(deps: SkillLibraryDeps): Tool<ReturnType<typeof input.parse>> {
  return {
    spec: {
      name: "skills_list",
      description:
        "Lists the skills: instructions for kinds of work, kept from earlier work or by the user, by name and description. " +
        "Load one with skill_view before you begin what it is for.",
      parameters: input.parameters,
    },
    effect: "read",
    parse: input.parse,
    access: () => ({ mode: "shared" }),
    run: async ({ category }) => result(listing(await readSkills(deps), category)),
  };
}

function listing(catalog: SkillCatalog, category: string | undefined) {
  const { broken, shadowed, problems } = catalog;
  const categories = [...new Set(catalog.skills.flatMap((skill) => skill.category ?? []))];
  const skills = catalog.skills.filter(
    (skill) => category === undefined || skill.category === category,
  );
  const near = category === undefined ? undefined : didYouMean(category, categories);
  const hint =
    skills.length > 0
      ? "skill_view shows a skill with all that it says"
      : near === undefined
        ? "There are no skills of this kind"
        : `Did you mean the category ${near}?`;
  return {
    success: true,
    skills: skills.map((skill) => ({
      name: skill.name,
      description: blockedDescription(skill.description) ?? skill.description,
      category: skill.category ?? null,
    })),
    categories,
    count: skills.length,
    hint,
    ...(broken.length === 0
      ? {}
      : {
          broken: broken.map(({ name, directory, reason }) => ({ name, directory, reason })),
        }),
    ...(shadowed.length === 0
      ? {}
      : {
          shadowed: shadowed.map(({ skill, by }) => ({
            name: skill.name,
            directory: skill.directory,
            used_instead: by.directory,
          })),
        }),
    ...(problems.length === 0 ? {} : { problems }),
  };
}
