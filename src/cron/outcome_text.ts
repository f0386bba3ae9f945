/** What an agent says when there is nothing to tell. */
const silentMark = "[SILENT]";

/**
 * Whether an answer says that nobody needs to hear of it: the mark is its first or its last word. A report that merely
 * speaks of the mark is a report.
 */
export function isSilent(answer: string): boolean {
  const words = answer.trim().toUpperCase().split(/\s+/);
  return words.at(0) === silentMark || words.at(-1) === silentMark;
}

/** What a script prints in its last line when the agent behind it is not needed. */
export function wakesNoAgent(stdout: string): boolean {
  const last = stdout
    .split("\n")
    .map((line) => line.trim())
    .findLast((line) => line !== "");
  return last !== undefined && /^\{\s*"wakeAgent"\s*:\s*false\s*\}$/.test(last);
}
