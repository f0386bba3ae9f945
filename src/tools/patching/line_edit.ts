import { diffArrays } from "diff";
import { createReindenter } from "./indentation.ts";
import { keepTypography } from "./typography.ts";

/** One line of a change: it stays as it is, goes, or is new. */
export interface LineEdit {
  readonly kind: "keep" | "drop" | "add";
  readonly text: string;
}

/** The lines that a change is about, as they are before it. */
export function linesBefore(edits: readonly LineEdit[]): readonly string[] {
  return edits.filter(({ kind }) => kind !== "add").map(({ text }) => text);
}

/** Texts that differ in more lines than this are taken to have nothing in common: a closer look would take too long. */
const maxDifferences = 1_000;

/** What turns some lines into others. */
export function editsBetween(
  before: readonly string[],
  after: readonly string[],
): readonly LineEdit[] {
  const all = (kind: LineEdit["kind"], lines: readonly string[]): readonly LineEdit[] =>
    lines.map((text) => ({ kind, text }));
  const changes = diffArrays([...before], [...after], { maxEditLength: maxDifferences });
  if (!changes) return [...all("drop", before), ...all("add", after)];
  return changes.flatMap(({ value, added, removed }) => {
    if (added) return all("add", value);
    return all(removed ? "drop" : "keep", value);
  });
}

/**
 * Carries a change out on the lines that were found for `linesBefore`, one for one. What stays is left as the file has
 * it, however the model remembers it; what is new takes over the file's indentation, typography and line ends.
 */
export function mergeLines(
  found: readonly string[],
  edits: readonly LineEdit[],
): readonly string[] {
  const reindent = createReindenter(linesBefore(edits), found);
  const merged: string[] = [];
  /** Lines that were dropped since the last one that stayed, for which new ones may stand. */
  let dropped: { readonly said: string; readonly found: string }[] = [];
  let index = 0;
  for (const { kind, text } of edits) {
    const here = found[index] ?? "";
    switch (kind) {
      case "keep":
        merged.push(here);
        dropped = [];
        index++;
        break;
      case "drop":
        dropped.push({ said: text, found: here });
        index++;
        break;
      case "add": {
        const near = index > 0 ? index - 1 : index;
        const replaced = dropped.shift();
        const line = replaced ? withTypography(text, replaced) : text;
        const lineEnd = found[near]?.endsWith("\r") ? "\r" : "";
        merged.push(reindent(line, near) + lineEnd);
        break;
      }
      default:
        kind satisfies never;
    }
  }
  return merged;
}

function withTypography(
  meant: string,
  { said, found }: { readonly said: string; readonly found: string },
): string {
  const indent = /^\s*/.exec(meant)?.[0] ?? "";
  return indent + keepTypography(found.trim(), said.trim(), meant.slice(indent.length));
}
