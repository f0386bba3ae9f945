import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import type { PlannedChange } from "./plan_changes.ts";

/** Characters of the diff that goes back to the model. */
const maxDiffChars = 20_000;
/** Lines of difference above which no diff is worked out. */
const maxDifferences = 1_000;

/** What was changed, as a unified diff. */
export function describeChanges(changes: readonly PlannedChange[]): string {
  const diff = changes.map(diffOf).join("");
  if (diff.length <= maxDiffChars) return diff;
  return `${diff.slice(0, maxDiffChars).toWellFormed()}\n[diff cut]`;
}

/** One change as a unified diff. */
export function diffOf({
  path,
  before,
  after,
}: Pick<PlannedChange, "path" | "before" | "after">): string {
  const oldName = before === undefined ? "/dev/null" : path;
  const newName = after === undefined ? "/dev/null" : path;
  const diff = createTwoFilesPatch(
    oldName,
    newName,
    before ?? "",
    after ?? "",
    undefined,
    undefined,
    { context: 3, headerOptions: FILE_HEADERS_ONLY, maxEditLength: maxDifferences },
  );
  return diff ?? `--- ${oldName}\n+++ ${newName}\n[too many differences to show]\n`;
}
