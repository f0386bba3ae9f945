import { skillLibrary } from "../../../app/skills.ts";
import type { JsonObject } from "../../../core/json.ts";
import {
  qualifiedName,
  readSkills,
  type SkillCatalog,
} from "../../../tools/skills/skill_library.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { pendingOf } from "../../interactive/pending_decisions.ts";
import { printDocument, printNote, printTable, printWarning } from "../../print.ts";
import type { Column } from "../../render/table.ts";

/** A line of the listing. */
interface ListedSkill {
  readonly name: string;
  /** `on`, `read only`, `broken`, `not used`. */
  readonly state: string;
  /** What it is for, or why it is not used. */
  readonly text: string;
}

/** `hermes skills list`: all skills, those that cannot be used with the reason. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, ports } = context;
  const app = await context.app();
  const library = skillLibrary(app, await app.config());
  const [catalog, pending] = await Promise.all([readSkills(library), pendingOf(app, "skills")]);
  if (switchFlag(flags, "json")) {
    await printDocument(ports, { ...catalogToJson(catalog), pending: pending.length });
    return exitCodes.done;
  }
  await printTable(ports, columns, {
    rows: listedSkills(catalog),
    ifEmpty: `No skills: they are kept in ${app.paths.home}/skills`,
  });
  for (const problem of catalog.problems) await printWarning(ports, problem);
  if (pending.length > 0) {
    const what = pending.length === 1 ? "1 change waits" : `${pending.length} changes wait`;
    await printNote(ports, `${what} for you: hermes skills pending`);
  }
  return exitCodes.done;
}

const columns: readonly Column<ListedSkill>[] = [
  { header: "SKILL", text: ({ name }) => name },
  { header: "STATE", text: ({ state }) => state },
  { header: "DESCRIPTION", text: ({ text }) => text },
];

function listedSkills({ skills, broken, shadowed }: SkillCatalog): readonly ListedSkill[] {
  return [
    ...skills.map((skill) => ({
      name: qualifiedName(skill),
      state: skill.isOwn ? "on" : "read only",
      text: skill.description,
    })),
    ...broken.map((skill) => ({
      name: qualifiedName(skill),
      state: "broken",
      text: `${skill.directory}: ${skill.reason}`,
    })),
    ...shadowed.map(({ skill, by }) => ({
      name: qualifiedName(skill),
      state: "not used",
      text: `${skill.directory}: ${by.directory} has its name`,
    })),
  ];
}

function catalogToJson({ skills, broken, shadowed, problems }: SkillCatalog): JsonObject {
  return {
    skills: skills.map((skill) => ({
      name: skill.name,
      category: skill.category ?? null,
      description: skill.description,
      tags: skill.tags,
      directory: skill.directory,
      read_only: !skill.isOwn,
      pinned: skill.isPinned,
    })),
    broken: broken.map(({ name, category, directory, reason }) => ({
      name,
      category: category ?? null,
      directory,
      reason,
    })),
    not_used: shadowed.map(({ skill, by }) => ({
      name: skill.name,
      directory: skill.directory,
      by: by.directory,
    })),
    problems,
  };
}
