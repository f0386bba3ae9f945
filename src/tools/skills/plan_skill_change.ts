import { join } from "node:path/posix";
import type { FileStore } from "../../core/ports.ts";
import { describeChanges } from "../patching/describe_changes.ts";
import { type PlannedChange, Refusal, replacedText } from "../patching/plan_changes.ts";
import { plainFormat, readEditedFile, type TextFormat } from "../text_file.ts";
import { looksPinned, readSkillDocument, type SkillFacts } from "./skill_document.ts";
import {
  type BrokenSkill,
  findSkill,
  ownSkillsDirectory,
  readSkills,
  type Skill,
  type SkillCatalog,
  type SkillLibraryDeps,
} from "./skill_library.ts";
import { linkedPathProblem, newNameProblem, skillFileName, skillLimits } from "./skill_names.ts";
import type { SkillRequest } from "./skill_request.ts";
import { addedThreats } from "./skill_threats.ts";

export interface SkillPlanDeps extends SkillLibraryDeps {
  readonly files: SkillLibraryDeps["files"] & Pick<FileStore, "linkStat">;
}

/** What a request would do; nothing has been written. */
export interface SkillPlan {
  /** In a few words: `create the skill deploy`. */
  readonly summary: string;
  readonly change: PlannedChange | SkillRemoval;
  /** What the agent should know of it. */
  readonly note?: string;
}

/** A skill that goes, with all its files. */
export interface SkillRemoval {
  readonly name: string;
  readonly directory: string;
  readonly absorbedInto: string | undefined;
}

/** The change as a unified diff; "" for a skill that goes as a whole. */
export function diffOfPlan({ change }: SkillPlan): string {
  return "directory" in change ? "" : describeChanges([change]);
}

type KnownSkill = Skill | BrokenSkill;

/** Works out a change of the home's skills. @throws {Refusal} when it must not be made, with the reason */
export async function planSkillChange(
  deps: SkillPlanDeps,
  request: SkillRequest,
): Promise<SkillPlan> {
  const catalog = await readSkills(deps);
  if (request.action === "create") return await planCreation(deps, catalog, request);
  const skill = ownSkill(catalog, request.name);
  await refuseLinks(deps, skill.directory);
  switch (request.action) {
    case "edit":
      return await planText(deps, skill, () => request.content);
    case "patch": {
      const { filePath } = request;
      if (filePath === undefined || filePath === skillFileName) {
        const path = join(skill.directory, skillFileName);
        return await planText(deps, skill, (text) => replacedText(text, request, path));
      }
      return await planFile(deps, skill, filePath, (text, path) => {
        if (text === undefined) throw new Refusal(`There is no file ${filePath} in this skill`);
        return replacedText(text, request, path);
      });
    }
    case "write_file":
      return await planFile(deps, skill, request.filePath, () => request.content);
    case "remove_file":
      return await planFileRemoval(deps, skill, request.filePath);
    case "delete":
      return await planRemoval(deps, catalog, { skill, absorbedInto: request.absorbedInto });
    default:
      return request satisfies never;
  }
}

async function planCreation(
  deps: SkillPlanDeps,
  catalog: SkillCatalog,
  { name, category, content }: Extract<SkillRequest, { action: "create" }>,
): Promise<SkillPlan> {
  const nameProblem = newNameProblem(name);
  if (nameProblem !== undefined) throw new Refusal(`The name ${nameProblem}`);
  const categoryProblem = category === undefined ? undefined : newNameProblem(category);
  if (categoryProblem !== undefined) throw new Refusal(`The category ${categoryProblem}`);
  const isSame = (one: KnownSkill): boolean => one.name.toLowerCase() === name;
  const known = [...catalog.skills, ...catalog.shadowed.map(({ skill }) => skill)];
  const twin = [...known, ...catalog.broken].find((one) => one.isOwn && isSame(one));
  if (twin) {
    throw new Refusal(`There is a skill ${name} already: change it with patch or edit`, {
      skill_dir: twin.directory,
    });
  }
  const directory = join(ownSkillsDirectory(deps.hermesHome), category ?? "", name);
  await refuseLinks(deps, directory);
  const path = join(directory, skillFileName);
  if ((await deps.files.stat(join(directory, "..", skillFileName))) !== undefined) {
    throw new Refusal(`${category ?? ""} is a skill, and cannot be a category`);
  }
  if ((await deps.files.stat(path)) !== undefined) {
    throw new Refusal(`There is a skill in ${directory} already`);
  }
  const after = content.replaceAll("\r\n", "\n");
  const facts = await readNew(after, name);
  if (facts.name !== name) throw wrongName(name, facts.name);
  refuseThreats(undefined, after);
  const behind = catalog.skills.find((one) => !one.isOwn && isSame(one));
  return {
    summary: `create the skill ${category === undefined ? "" : `${category}/`}${name}`,
    change: { path, before: undefined, after, format: plainFormat },
    ...(behind ? { note: `It is used in place of the one in ${behind.directory}` } : {}),
  };
}

async function planText(
  { files }: SkillPlanDeps,
  skill: KnownSkill,
  change: (text: string) => string,
): Promise<SkillPlan> {
  const path = join(skill.directory, skillFileName);
  const { text: before, format } = await readText(files, path);
  if (before === undefined) throw new Refusal(`${path} does not exist`);
  const after = change(before).replaceAll("\r\n", "\n");
  if (after === before) throw new Refusal("Nothing would change");
  const { name, isPinned } = await readNew(after, skill.name);
  // A broken skill goes by the name of its directory until it can be read.
  if (name !== skill.name && !("reason" in skill)) throw wrongName(skill.name, name);
  if (isPinnedNow(skill, before) && !isPinned) {
    throw new Refusal("The skill is pinned: only the user takes the pin away");
  }
  refuseThreats(before, after);
  return {
    summary: `change the skill ${skill.name}`,
    change: { path, before, after, format },
  };
}

/** What the text of a skill says that is to be kept. @throws {Refusal} for one that would be broken */
async function readNew(text: string, directoryName: string): Promise<SkillFacts> {
  const document = await readSkillDocument(text, directoryName);
  if (document.kind === "skill") return document.facts;
  throw new Refusal(`This would be a broken skill: ${document.reason}`);
}

function wrongName(expected: string, found: string): Refusal {
  return new Refusal(`The front matter must name the skill ${expected}: ${found}`);
}

function isPinnedNow(skill: KnownSkill, text: string): boolean {
  return "reason" in skill ? looksPinned(text) : skill.isPinned;
}

async function planFile(
  deps: SkillPlanDeps,
  { name, directory }: KnownSkill,
  filePath: string,
  change: (text: string | undefined, path: string) => string,
): Promise<SkillPlan> {
  const path = await linkedPath(deps, directory, filePath);
  const { text: before, format } = await readText(deps.files, path);
  const after = change(before, path);
  if (after === before) throw new Refusal("Nothing would change");
  const bytes = new TextEncoder().encode(after).length;
  if (bytes > skillLimits.fileBytes) {
    throw new Refusal(`The file would have ${bytes} bytes, more than ${skillLimits.fileBytes}`);
  }
  refuseThreats(before, after);
  return {
    summary: `${before === undefined ? "add" : "change"} ${filePath} of the skill ${name}`,
    change: { path, before, after, format },
  };
}

async function planFileRemoval(
  deps: SkillPlanDeps,
  { name, directory }: KnownSkill,
  filePath: string,
): Promise<SkillPlan> {
  const path = await linkedPath(deps, directory, filePath);
  const stat = await deps.files.stat(path);
  if (!stat) throw new Refusal(`There is no file ${filePath} in this skill`);
  if (stat.kind !== "file") throw new Refusal(`${filePath} is no regular file`);
  const file = await readEditedFile(deps.files, path);
  // What is no text goes as well, only nobody is shown what it was.
  const before = file.kind === "text" ? file.text : "";
  return {
    summary: `remove ${filePath} of the skill ${name}`,
    change: { path, before, after: undefined, format: plainFormat },
  };
}

/** The absolute path of a file in the directories of a skill. @throws {Refusal} for any other */
async function linkedPath(
  deps: SkillPlanDeps,
  directory: string,
  filePath: string,
): Promise<string> {
  const problem = linkedPathProblem(filePath);
  if (problem !== undefined) throw new Refusal(problem);
  const path = join(directory, filePath);
  await refuseLinks(deps, path);
  return path;
}

async function planRemoval(
  { files }: SkillPlanDeps,
  catalog: SkillCatalog,
  {
    skill,
    absorbedInto,
  }: { readonly skill: KnownSkill; readonly absorbedInto: string | undefined },
): Promise<SkillPlan> {
  const { text = "" } = await readText(files, join(skill.directory, skillFileName));
  if (isPinnedNow(skill, text)) {
    throw new Refusal("The skill is pinned: only the user deletes it");
  }
  if (absorbedInto !== undefined) {
    const heir = findSkill(catalog, absorbedInto);
    const isOther = heir.kind === "skill" && heir.skill.directory !== skill.directory;
    if (!isOther) throw new Refusal(`absorbed_into names no other skill: ${absorbedInto}`);
  }
  const into = absorbedInto === undefined ? "" : ` (absorbed into ${absorbedInto})`;
  return {
    summary: `delete the skill ${skill.name}${into}`,
    change: { name: skill.name, directory: skill.directory, absorbedInto },
  };
}

/** The home's skill of that name. @throws {Refusal} where there is none, or another directory has it */
function ownSkill(catalog: SkillCatalog, name: string): KnownSkill {
  const found = findSkill(catalog, name);
  if (found.kind === "missing") {
    const hint =
      found.guess === undefined ? "skills_list names all of them" : `Did you mean ${found.guess}?`;
    throw new Refusal(`There is no skill ${JSON.stringify(name)}`, { hint });
  }
  const { skill } = found;
  if (skill.isOwn) return skill;
  throw new Refusal(`The skill ${name} is in ${skill.root}, which hermes only reads`);
}

/**
 * Below the directory of skills nothing is written through a symbolic link, wherever that leads. The directory itself
 * may be one: that is the user's own choice of a place.
 * @throws {Refusal}
 */
async function refuseLinks(
  { files, hermesHome }: Pick<SkillPlanDeps, "files" | "hermesHome">,
  path: string,
): Promise<void> {
  const root = ownSkillsDirectory(hermesHome);
  let walked = root;
  for (const segment of path.slice(root.length + 1).split("/")) {
    walked = join(walked, segment);
    const stat = await files.linkStat(walked);
    if (!stat) return;
    if (stat.kind === "symlink") throw new Refusal(`${walked} is a symbolic link: not followed`);
  }
}

interface WrittenText {
  readonly text: string | undefined;
  readonly format: TextFormat;
}

async function readText(files: SkillPlanDeps["files"], path: string): Promise<WrittenText> {
  const file = await readEditedFile(files, path);
  switch (file.kind) {
    case "text":
      return file;
    case "absent":
      return { text: undefined, format: plainFormat };
    case "unusable":
      throw new Refusal(file.problem);
    default:
      return file satisfies never;
  }
}

function refuseThreats(before: string | undefined, after: string): void {
  const threats = addedThreats(before, after);
  if (threats === undefined) return;
  throw new Refusal(
    `Blocked, nothing was kept: the text has what an attacker's would have: ${threats}`,
  );
}
