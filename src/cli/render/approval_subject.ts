import type { ApprovalSubject } from "../../core/approval.ts";
import type { Mask } from "./error.ts";
import { plainText } from "./plain.ts";

/** How much of a diff is shown, in lines. */
const maxDiffLines = 40;

/** What is asked for, without secrets. Commands in full: one that is cut could hide what it does. */
export function subjectLines(subject: ApprovalSubject, mask: Mask): readonly string[] {
  const safe = (text: string): readonly string[] => mask(plainText(text)).split("\n");
  switch (subject.kind) {
    case "command":
      return [...safe(subject.command), ...safe(`in ${subject.cwd}`)];
    case "file_change": {
      const changes = subject.changes.flatMap(({ kind, path }) => safe(`${kind} ${path}`));
      const diff = subject.diff === undefined ? [] : safe(subject.diff);
      const more = diff.length - maxDiffLines;
      return [
        ...changes,
        ...diff.slice(0, maxDiffLines),
        ...(more > 0 ? [`... ${more} more lines`] : []),
      ];
    }
    case "tool":
      return [...safe(subject.name), ...safe(JSON.stringify(subject.arguments, null, 2))];
    default:
      return subject satisfies never;
  }
}
