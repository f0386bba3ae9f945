import { dirname } from "node:path/posix";
import type { FileStore } from "../../core/ports.ts";
import { worldProblem } from "../output.ts";
import { encodeText } from "../text_file.ts";
import type { PlannedChange } from "./plan_changes.ts";

export type AppliedChanges =
  | { readonly kind: "done" }
  /** `changed`: the files that are not as they were, because they could not be put back. */
  | { readonly kind: "failed"; readonly problem: string; readonly changed: readonly string[] };

/** Writes what was planned, removals last. When one change fails, those before it are taken back. */
export async function applyChanges(
  files: FileStore,
  changes: readonly PlannedChange[],
): Promise<AppliedChanges> {
  const ordered = [
    ...changes.filter(({ after }) => after !== undefined),
    ...changes.filter(({ after }) => after === undefined),
  ];
  const done: PlannedChange[] = [];
  for (const change of ordered) {
    try {
      await setText(files, change, change.after);
    } catch (error) {
      const problem = worldProblem(error);
      if (problem === undefined) throw error;
      const changed = await takeBack(files, done);
      return { kind: "failed", problem: `Cannot change ${change.path}: ${problem}`, changed };
    }
    done.push(change);
  }
  return { kind: "done" };
}

/** The files that stay changed. */
async function takeBack(
  files: FileStore,
  done: readonly PlannedChange[],
): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const change of done.toReversed()) {
    try {
      await setText(files, change, change.before);
    } catch (error) {
      if (worldProblem(error) === undefined) throw error;
      changed.unshift(change.path);
    }
  }
  return changed;
}

async function setText(
  files: FileStore,
  { path, format, mode }: PlannedChange,
  text: string | undefined,
): Promise<void> {
  if (text === undefined) {
    await files.remove(path);
    return;
  }
  await files.makeDirectory(dirname(path));
  await files.replaceFile(path, encodeText(text, format), mode === undefined ? {} : { mode });
}
