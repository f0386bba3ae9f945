import { basename, join } from "node:path/posix";
import type { Clock, FileStore } from "../../core/ports.ts";
import { worldProblem } from "../output.ts";
import { applyChanges } from "../patching/apply_changes.ts";
import { type PlannedChange, Refusal } from "../patching/plan_changes.ts";
import {
  planSkillChange,
  type SkillPlan,
  type SkillPlanDeps,
  type SkillRemoval,
} from "./plan_skill_change.ts";
import { ownSkillsDirectory } from "./skill_library.ts";
import type { SkillRequest } from "./skill_request.ts";

export interface SkillApplyDeps {
  readonly files: FileStore;
  readonly clock: Pick<Clock, "now">;
  readonly hermesHome: string;
}

/** A change that was made. */
export interface DoneChange {
  readonly plan: SkillPlan;
  /** The file that was changed, or the place where a deleted skill is kept; absolute. */
  readonly path: string;
}

/**
 * Carries a request out, whole or not at all, while nobody else, in any process, changes the home's skills.
 * @throws {Refusal} when it must not or cannot be done, or the operating system's error
 */
export async function changeSkills(
  deps: SkillPlanDeps & SkillApplyDeps,
  request: SkillRequest,
): Promise<DoneChange> {
  const root = ownSkillsDirectory(deps.hermesHome);
  await deps.files.makeDirectory(root, { mode: 0o700 });
  return await deps.files.withLock(join(root, ".lock"), async () => {
    const plan = await planSkillChange(deps, request);
    const { change } = plan;
    const path =
      "directory" in change ? await removeSkill(deps, change) : await changeFile(deps, change);
    return { plan, path };
  });
}

async function changeFile({ files }: SkillApplyDeps, change: PlannedChange): Promise<string> {
  const applied = await applyChanges(files, [change]);
  if (applied.kind === "failed") throw new Refusal(applied.problem);
  return change.path;
}

/**
 * Takes a skill away by one rename, so that no half of it is ever left, and keeps it where people find it again:
 * `.deleted/<time>-<name>`. What it was absorbed into is recorded in `.deleted.jsonl`.
 */
async function removeSkill(
  { files, clock, hermesHome }: SkillApplyDeps,
  { name, directory, absorbedInto }: SkillRemoval,
): Promise<string> {
  const root = ownSkillsDirectory(hermesHome);
  const deletedAt = new Date(clock.now()).toISOString();
  const place = join(root, ".deleted", `${deletedAt.replaceAll(":", "")}-${basename(directory)}`);
  const record = {
    name,
    directory,
    absorbed_into: absorbedInto ?? null,
    deleted_at: deletedAt,
    kept_in: place,
  };
  try {
    await files.makeDirectory(join(root, ".deleted"), { mode: 0o700 });
    await files.rename(directory, place);
    try {
      const line = `${JSON.stringify(record)}\n`;
      await files.appendFile(join(root, ".deleted.jsonl"), line, { mode: 0o600 });
    } catch (error) {
      await files.rename(place, directory);
      throw error;
    }
  } catch (error) {
    const problem = worldProblem(error);
    if (problem === undefined) throw error;
    throw new Refusal(`Cannot delete the skill ${name}: ${problem}`);
  }
  return place;
}
