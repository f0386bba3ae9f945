import { skillLibrary } from "../../app/skills.ts";
import { HermesError } from "../../core/errors.ts";
import type { PendingChange } from "../../tools/skills/pending_changes.ts";
import type { SkillCatalog } from "../../tools/skills/skill_library.ts";
import { oneLine, plainText } from "../render/plain.ts";
import type { Style } from "../render/style.ts";
import type { SlashCommand, SlashContext } from "./slash_command.ts";

export const skillsCommand: SlashCommand = {
  name: "/skills",
  operands: "[approve|reject ID]",
  summary: "the skills, and changes that wait for you",
  async run(context, operands) {
    const [action, id] = operands.split(/\s+/).filter((word) => word !== "");
    await context.talk.say(
      action === undefined ? await listing(context) : await decide(context, action, id),
    );
    return "stay";
  },
};

type Deps = Pick<SlashContext, "app" | "talk">;

async function libraryOf({ app }: Pick<Deps, "app">) {
  const { files, clock } = app.ports;
  return { ...skillLibrary(app, await app.config()), files, clock };
}

async function listing({ app, talk }: Deps): Promise<string> {
  const [{ readSkills }, { pendingChanges }, library] = await Promise.all([
    import("../../tools/skills/skill_library.ts"),
    import("../../tools/skills/pending_changes.ts"),
    libraryOf({ app }),
  ]);
  const catalog = await readSkills(library);
  const pending = await pendingChanges(library);
  const lines = [...skillLines(catalog, talk.style), ...pending.map(pendingLine)];
  return lines.length === 0
    ? talk.style.dim(`No skills: they are kept in ${app.paths.home}/skills`)
    : lines.join("\n");
}

function skillLines(catalog: SkillCatalog, style: Style): readonly string[] {
  const { skills, broken, shadowed, problems } = catalog;
  return [
    ...skills.map(({ name, category, description }) => {
      const full = category === undefined ? name : `${category}/${name}`;
      return `${style.bold(full)}  ${oneLine(plainText(description))}`;
    }),
    ...broken.map(({ directory, reason }) =>
      style.yellow(`broken: ${oneLine(plainText(`${directory}: ${reason}`))}`),
    ),
    ...shadowed.map(({ skill, by }) =>
      style.dim(oneLine(plainText(`not used: ${skill.directory}, but ${by.directory}`))),
    ),
    ...problems.map((problem) => style.yellow(oneLine(plainText(problem)))),
  ];
}

function pendingLine({ id, summary }: PendingChange): string {
  return `waits for you: ${id}  ${oneLine(plainText(summary))} (/skills show|approve|reject ${id})`;
}

/** Shows, makes or forgets a change that waits. @throws {HermesError} `usage/invalid` */
async function decide({ app }: Deps, action: string, id: string | undefined): Promise<string> {
  const [{ forgetChange, pendingChanges }, { parseSkillRequest }, library] = await Promise.all([
    import("../../tools/skills/pending_changes.ts"),
    import("../../tools/skills/skill_request.ts"),
    libraryOf({ app }),
  ]);
  const pending = await pendingChanges(library);
  const change = pending.find((one) => one.id === id);
  if (!["show", "approve", "reject"].includes(action)) {
    throw usage(`No such action: ${action}`, "/skills, or /skills show|approve|reject ID");
  }
  if (!change) {
    const ids = pending.map((one) => one.id).join(", ");
    throw usage(
      id === undefined ? `${action} needs the id of a change` : `No such change waits: ${id}`,
      ids === "" ? "nothing waits" : `what waits: ${ids}`,
    );
  }
  if (action === "reject") {
    await forgetChange(library, change);
    return `Not done: ${oneLine(plainText(change.summary))}`;
  }
  const request = parseSkillRequest(JSON.stringify(change.payload));
  const [{ changeSkills }, { diffOfPlan, planSkillChange }, { Refusal }] = await Promise.all([
    import("../../tools/skills/apply_skill_change.ts"),
    import("../../tools/skills/plan_skill_change.ts"),
    import("../../tools/patching/plan_changes.ts"),
  ]);
  try {
    if (action === "show") {
      const plan = await planSkillChange(library, request);
      return plainText(`${plan.summary}\n${diffOfPlan(plan)}`.trimEnd());
    }
    const { plan } = await changeSkills(library, request);
    await forgetChange(library, change);
    return `Done: ${oneLine(plainText(plan.summary))}`;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw usage(error.message, `/skills reject ${change.id} forgets it`);
  }
}

function usage(message: string, hint: string): HermesError {
  return new HermesError("usage/invalid", message, { hint });
}
