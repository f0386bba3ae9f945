import type { ChangedFile } from "../core/item.ts";

/** The changes as one unified diff; undefined when none of them tells what it changes. */
export function unifiedDiff(changes: readonly ChangedFile[]): string | undefined {
  if (changes.every(({ diff }) => diff === undefined)) return undefined;
  return changes.map(fileDiff).join("\n");
}

function fileDiff({ path, kind, diff = "" }: ChangedFile): string {
  switch (kind) {
    case "add":
      return [`--- /dev/null`, `+++ ${path}`, ...wholeFile(diff, "+")].join("\n");
    case "delete":
      return [`--- ${path}`, `+++ /dev/null`, ...wholeFile(diff, "-")].join("\n");
    case "update":
      return [`--- ${path}`, `+++ ${path}`, ...linesOf(diff)].join("\n");
    default:
      return kind satisfies never;
  }
}

/** Codex sends the plain text of a file that comes or goes, and hunks only for one that changes. */
function wholeFile(text: string, sign: "+" | "-"): readonly string[] {
  if (text === "") return [];
  const lines = linesOf(text);
  const range = lines.length === 1 ? "1" : `1,${lines.length}`;
  return [
    sign === "+" ? `@@ -0,0 +${range} @@` : `@@ -${range} +0,0 @@`,
    ...lines.map((line) => `${sign}${line}`),
    ...(text.endsWith("\n") ? [] : ["\\ No newline at end of file"]),
  ];
}

function linesOf(text: string): readonly string[] {
  const lines = text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}
