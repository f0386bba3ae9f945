import { HermesError } from "../../../core/errors.ts";
import { worldProblem } from "../../../tools/output.ts";
import { Refusal } from "../../../tools/patching/plan_changes.ts";
import { changeSkills } from "../../../tools/skills/apply_skill_change.ts";
import {
  type BrokenSkill,
  findSkill,
  qualifiedName,
  readSkills,
  type Skill,
} from "../../../tools/skills/skill_library.ts";
import type { CommandContext } from "../../command.ts";
import { confirm } from "../../confirm.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { libraryOf } from "../../interactive/slash_skills.ts";
import { printNote } from "../../print.ts";
import { noSuchSkill } from "./view.ts";

/** `hermes skills remove`: takes skills of the home away, all that are named or none; they are kept. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, ports, operands } = context;
  const library = await libraryOf(await context.app());
  const catalog = await readSkills(library);
  const skills = new Map<string, Skill | BrokenSkill>();
  for (const name of operands) {
    const found = findSkill(catalog, name);
    if (found.kind === "missing") throw noSuchSkill(name, found.guess);
    checkRemovable(found.skill);
    skills.set(found.skill.directory, found.skill);
  }
  const names = [...skills.values()].map(qualifiedName);
  if (!switchFlag(flags, "yes")) {
    if (!(await confirm(ports.terminal, `Remove ${names.join(", ")}?`))) {
      await printNote(ports, "Nothing removed");
      return exitCodes.failed;
    }
  }
  for (const name of names) {
    const place = await remove(library, name);
    await printNote(ports, `Removed ${name}; it is kept in ${place}`);
  }
  return exitCodes.done;
}

function checkRemovable(skill: Skill | BrokenSkill): void {
  const name = qualifiedName(skill);
  if (!skill.isOwn) {
    throw new HermesError(
      "usage/invalid",
      `The skill ${name} is in ${skill.root}, which hermes only reads`,
      {
        hint: `remove ${skill.directory} yourself`,
      },
    );
  }
  if ("isPinned" in skill && skill.isPinned) {
    throw new HermesError("usage/invalid", `The skill ${name} is pinned`, {
      hint: `take "pinned: true" out of ${skill.directory}/SKILL.md first`,
    });
  }
}

/** The place where the removed skill is kept. @throws {HermesError} `usage/invalid`, `file/unwritable` */
async function remove(
  library: Awaited<ReturnType<typeof libraryOf>>,
  name: string,
): Promise<string> {
  try {
    const request = { action: "delete", name, absorbedInto: undefined } as const;
    return (await changeSkills(library, request)).path;
  } catch (error) {
    if (error instanceof Refusal) throw new HermesError("usage/invalid", error.message);
    const problem = worldProblem(error);
    if (problem === undefined) throw error;
    throw new HermesError("file/unwritable", `Cannot remove the skill ${name}: ${problem}`, {
      cause: error,
    });
  }
}
