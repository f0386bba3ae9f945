import type { Config } from "../config/schema.ts";
import { HermesError } from "../core/errors.ts";
import type { ContentPart } from "../core/item.ts";
import type { SkillSettings } from "../tools/registry.ts";
import type { SkillCatalog, SkillLibraryDeps } from "../tools/skills/skill_library.ts";
import type { AppParts } from "./parts.ts";
import { type Asking, writeApproval } from "./write_approval.ts";

/** The skills of a home, as the tools and the prompt read them. */
export function skillLibrary(
  { ports, paths }: Pick<AppParts, "ports" | "paths">,
  { skills }: Pick<Config, "skills">,
): SkillLibraryDeps {
  return {
    files: ports.files,
    hermesHome: paths.home,
    homeDirectory: ports.host.homeDirectory,
    externalDirectories: skills.external_dirs,
  };
}

/** How the tools treat skills. With `skills.write_approval` a person is asked; where nobody is, changes wait. */
export function skillSettings({ skills }: Pick<Config, "skills">, asking: Asking): SkillSettings {
  return {
    externalDirectories: skills.external_dirs,
    approval: writeApproval(skills.write_approval, asking),
  };
}

/** The skills for a system prompt, a line each; "" where there are none, or no tool to load them with. */
export async function skillsSection(
  app: Pick<AppParts, "ports" | "paths">,
  {
    config,
    toolbox,
  }: {
    readonly config: Pick<Config, "skills">;
    readonly toolbox: { readonly tools: readonly Named[] };
  },
): Promise<string> {
  if (!toolbox.tools.some(({ spec }) => spec.name === "skill_view")) return "";
  const [{ readSkills }, { skillsIndex }] = await Promise.all([
    import("../tools/skills/skill_library.ts"),
    import("../tools/skills/skills_index.ts"),
  ]);
  return skillsIndex(await readSkills(skillLibrary(app, config)));
}

interface Named {
  readonly spec: { readonly name: string };
}

/** Skills that the user named for a session. */
export interface LoadedSkills {
  /** Goes with the first message; empty where none was named. */
  readonly parts: readonly ContentPart[];
  readonly warnings: readonly string[];
}

/**
 * Reads the skills that the command line names.
 * @throws {HermesError} `usage/invalid` for one that does not exist or cannot be used
 */
export async function loadSkills(
  app: Pick<AppParts, "ports" | "paths">,
  config: Pick<Config, "skills">,
  names: readonly string[],
): Promise<LoadedSkills> {
  if (names.length === 0) return { parts: [], warnings: [] };
  const [{ findSkill, readSkills, readSkillText }, { threatWarning }] = await Promise.all([
    import("../tools/skills/skill_library.ts"),
    import("../tools/skills/skill_threats.ts"),
  ]);
  const catalog = await readSkills(skillLibrary(app, config));
  const parts: ContentPart[] = [];
  const warnings: string[] = [];
  for (const name of new Set(names)) {
    const found = findSkill(catalog, name);
    if (found.kind === "missing") throw unknownSkill(name, found.guess, catalog);
    if (found.kind === "broken") throw brokenSkill(name, found.skill.reason, found.skill.directory);
    const { directory } = found.skill;
    const read = await readSkillText(app.ports.files, found.skill);
    if (read.kind === "unreadable") throw brokenSkill(name, read.reason, directory);
    if (threatWarning(read.text) !== undefined) {
      warnings.push(
        `The skill ${name} has what instructions of an attacker would have: ${directory}`,
      );
    }
    const head = `The user loaded the skill ${name} for this session; its files are in ${directory}:`;
    parts.push({ type: "text", text: `${head}\n\n${read.text}` });
  }
  return { parts, warnings };
}

function unknownSkill(name: string, guess: string | undefined, { skills }: SkillCatalog) {
  const names = skills.map((skill) => skill.name).join(", ");
  const hint =
    names === "" ? "there are no skills: they are kept in <home>/skills" : `skills are: ${names}`;
  return new HermesError("usage/invalid", `No such skill: ${name}`, {
    hint: guess === undefined ? hint : `did you mean ${guess}?`,
  });
}

function brokenSkill(name: string, reason: string, directory: string) {
  return new HermesError("usage/invalid", `The skill ${name} is broken: ${reason}`, {
    hint: `correct ${directory}/SKILL.md`,
  });
}
