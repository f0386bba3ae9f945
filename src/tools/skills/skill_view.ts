import { relative } from "node:path/posix";
import * as z from "zod";
import type { Env } from "../../core/ports.ts";
import type { Tool, ToolOutput } from "../../core/tool.ts";
import { defineInput } from "../input.ts";
import { failure, result } from "../output.ts";
import { listLinkedFiles, readLinkedFile } from "./linked_files.ts";
import {
  findSkill,
  readSkills,
  readSkillText,
  type Skill,
  type SkillCatalog,
  type SkillLibraryDeps,
} from "./skill_library.ts";
import { skillFileName } from "./skill_names.ts";
import { threatWarning } from "./skill_threats.ts";

export interface SkillViewDeps extends SkillLibraryDeps {
  readonly env: Env;
}

/** A text of the greatest length, escaped as JSON, with what stands around it; linked files may be spilled. */
const maxResultChars = 250_000;

const input = defineInput("skill_view", () =>
  z.object({
    name: z.string().describe("Name of the skill, or category/name"),
    file_path: z
      .string()
      .optional()
      .describe("A file of the skill instead, as its linked_files name it: references/api.md"),
  }),
);

/** Shows a skill, or a file that belongs to it. */
export function createSkillViewTool(deps: SkillViewDeps): Tool<ReturnType<typeof input.parse>> {
  return {
    spec: {
      name: "skill_view",
      description:
        "Shows a skill as a whole, with the files that belong to it and whether it can be used as things are; with " +
        "file_path one of those files.",
      parameters: input.parameters,
    },
    effect: "read",
    maxResultChars,
    parse: input.parse,
    access: () => ({ mode: "shared" }),
    async run({ name, file_path: filePath }) {
      const catalog = await readSkills(deps);
      const found = findSkill(catalog, name);
      switch (found.kind) {
        case "missing":
          return noSuchSkill(name, found.guess);
        case "broken": {
          const { directory, reason } = found.skill;
          return failure(`The skill ${name} is broken: ${reason}`, {
            success: false,
            skill_dir: directory,
          });
        }
        case "skill":
          return filePath === undefined || filePath === skillFileName
            ? await viewSkill(deps, catalog, found.skill)
            : await viewFile(deps, found.skill, filePath);
        default:
          return found satisfies never;
      }
    },
  };
}

/** The result for a name that no skill has. */
function noSuchSkill(name: string, guess: string | undefined): ToolOutput {
  return failure(`There is no skill ${JSON.stringify(name)}`, {
    success: false,
    hint: guess === undefined ? "skills_list names all of them" : `Did you mean ${guess}?`,
  });
}

async function viewSkill(
  { files, env }: SkillViewDeps,
  { shadowed }: SkillCatalog,
  skill: Skill,
): Promise<ToolOutput> {
  const read = await readSkillText(files, skill);
  if (read.kind === "unreadable") {
    return failure(`The skill ${skill.name} is broken: ${read.reason}`, { success: false });
  }
  const missing = skill.requiredVariables.filter((name) => (env[name] ?? "") === "");
  const others = shadowed.filter(({ by }) => by === skill).map((one) => one.skill.directory);
  const warning = threatWarning(read.text);
  return result({
    success: true,
    name: skill.name,
    description: skill.description,
    category: skill.category ?? null,
    tags: skill.tags,
    related_skills: skill.relatedSkills,
    content: read.text,
    path: relative(skill.root, `${skill.directory}/${skillFileName}`),
    skill_dir: skill.directory,
    linked_files: await listLinkedFiles(files, skill.directory),
    setup_needed: missing.length > 0,
    readiness_status: missing.length > 0 ? "setup_needed" : "available",
    missing_required_environment_variables: missing,
    ...(missing.length > 0
      ? { setup_note: `Not set: ${missing.join(", ")}. Tell the user before you go on` }
      : {}),
    ...(skill.isPinned ? { pinned: true } : {}),
    ...(skill.isOwn ? {} : { read_only: true }),
    ...(others.length > 0 ? { also_in: others } : {}),
    ...(warning === undefined ? {} : { _warning: warning }),
  });
}

async function viewFile({ files }: SkillViewDeps, skill: Skill, path: string): Promise<ToolOutput> {
  const read = await readLinkedFile(files, skill, path);
  switch (read.kind) {
    case "refused":
      return failure(read.problem, {
        success: false,
        linked_files: await listLinkedFiles(files, skill.directory),
      });
    case "binary":
      return result({
        success: true,
        name: skill.name,
        file: path,
        is_binary: true,
        size: read.bytes,
        path: `${skill.directory}/${path}`,
      });
    case "text": {
      const warning = threatWarning(read.text);
      return result({
        success: true,
        name: skill.name,
        file: path,
        content: read.text,
        path: `${skill.directory}/${path}`,
        ...(warning === undefined ? {} : { _warning: warning }),
      });
    }
    default:
      return read satisfies never;
  }
}
