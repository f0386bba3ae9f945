import { type Skill, type SkillCatalog, qualifiedName } from "./skill_library.ts";
import { blockedDescription, threatWarning } from "./skill_threats.ts";

/** Characters of a description, and of all lines, that a prompt gets. */
const maxDescriptionChars = 300;
const maxIndexChars = 12_000;

/**
 * The skills as a list for a system prompt, by category and name; "" where there are none. The same skills make the
 * same text. What could give orders is left out, and said to be.
 */
export function skillsIndex({ skills }: Pick<SkillCatalog, "skills">): string {
  const harmless = skills.filter((skill) => threatWarning(qualifiedName(skill)) === undefined);
  const lines: string[] = [];
  let length = 0;
  let left = 0;
  let category: string | undefined;
  for (const skill of harmless) {
    const isNext = skill.category !== undefined && skill.category !== category;
    const added = [...(isNext ? [`${skill.category ?? ""}:`] : []), `- ${lineOf(skill)}`];
    const addedLength = added.join("\n").length + 1;
    if (length + addedLength > maxIndexChars) {
      left++;
      continue;
    }
    category = skill.category;
    length += addedLength;
    lines.push(...added);
  }
  const blocked = skills.length - harmless.length;
  if (left > 0) lines.push(`${left} more: skills_list names them.`);
  if (blocked > 0) lines.push(`${blocked} more: [BLOCKED: names that could give orders].`);
  return lines.join("\n");
}

function lineOf({ name, description }: Skill): string {
  const shown = blockedDescription(description) ?? description;
  return shown.length <= maxDescriptionChars
    ? `${name}: ${shown}`
    : `${name}: ${shown.slice(0, maxDescriptionChars).toWellFormed()}…`;
}
