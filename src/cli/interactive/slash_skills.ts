import { skillLibrary } from "../../app/skills.ts";
import type { PendingChange } from "../../tools/pending_changes.ts";
import type { SkillApplyDeps } from "../../tools/skills/apply_skill_change.ts";
import type { SkillPlanDeps } from "../../tools/skills/plan_skill_change.ts";
import type { SkillCatalog, SkillLibraryDeps } from "../../tools/skills/skill_library.ts";
import { oneLine } from "../render/plain.ts";
import type { Style } from "../render/style.ts";
import { decide, decisionOperands, type Decisions, pendingLines } from "./pending_decisions.ts";
import type { SlashCommand, SlashContext } from "./slash_command.ts";

export const skillsCommand: SlashCommand = {
  name: "/skills",
  operands: decisionOperands,
  summary: "the skills, and changes that wait for you",
  async run({ app, talk }, operands) {
    const library = await libraryOf(app);
    await talk.say(
      operands === ""
        ? await listing({ app, talk }, library)
        : await decide(app, skillDecisions(library), operands),
    );
    return "stay";
  },
};

/** What skills are read and changed with. */
type Library = SkillLibraryDeps & SkillPlanDeps & SkillApplyDeps;

/** The skills of the home, to be read and changed. @throws {HermesError} `config/*` */
export async function libraryOf(app: SlashContext["app"]): Promise<Library> {
  const { files, clock } = app.ports;
  return { ...skillLibrary(app, await app.freshConfig()), files, clock };
}

async function listing(
  { app, talk }: Pick<SlashContext, "app" | "talk">,
  library: Library,
): Promise<string> {
  const { readSkills } = await import("../../tools/skills/skill_library.ts");
  const [catalog, pending] = await Promise.all([readSkills(library), pendingLines(app, "skills")]);
  const lines = [...skillLines(catalog, talk.style), ...pending];
  return lines.length === 0
    ? talk.style.dim(`No skills: they are kept in ${app.paths.home}/skills`)
    : lines.join("\n");
}

function skillLines(catalog: SkillCatalog, style: Style): readonly string[] {
  const { skills, broken, shadowed, problems } = catalog;
  return [
    ...skills.map(({ name, category, description }) => {
      const full = category === undefined ? name : `${category}/${name}`;
      return `${style.bold(full)}  ${oneLine(description)}`;
    }),
    ...broken.map(({ directory, reason }) =>
      style.yellow(`broken: ${oneLine(`${directory}: ${reason}`)}`),
    ),
    ...shadowed.map(({ skill, by }) =>
      style.dim(oneLine(`not used: ${skill.directory}, but ${by.directory}`)),
    ),
    ...problems.map((problem) => style.yellow(oneLine(problem))),
  ];
}

/** How changes of skills that wait are shown and made. */
export function skillDecisions(library: Library): Decisions {
  const load = async ({ payload }: PendingChange) => {
    const [{ parseSkillRequest }, applying, planning] = await Promise.all([
      import("../../tools/skills/skill_request.ts"),
      import("../../tools/skills/apply_skill_change.ts"),
      import("../../tools/skills/plan_skill_change.ts"),
    ]);
    return { request: parseSkillRequest(JSON.stringify(payload)), ...applying, ...planning };
  };
  return {
    subsystem: "skills",
    async preview(change) {
      const { request, planSkillChange, diffOfPlan } = await load(change);
      const plan = await planSkillChange(library, request);
      return `${plan.summary}\n${diffOfPlan(plan)}`;
    },
    async make(change) {
      const { request, changeSkills } = await load(change);
      return (await changeSkills(library, request)).plan.summary;
    },
  };
}
