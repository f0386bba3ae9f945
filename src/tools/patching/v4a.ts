import type { LineEdit } from "./line_edit.ts";

/** One change of a patch in the V4A format (`*** Begin Patch` ... `*** End Patch`). */
export type PatchOperation =
  | { readonly kind: "add"; readonly path: string; readonly text: string }
  | { readonly kind: "delete"; readonly path: string }
  | {
      readonly kind: "update";
      readonly path: string;
      readonly moveTo?: string;
      readonly hunks: readonly Hunk[];
    };

/** Lines to be changed, with what stands before them. */
export interface Hunk {
  /** Texts after `@@`: lines that come before the hunk, outermost first. */
  readonly anchors: readonly string[];
  readonly edits: readonly LineEdit[];
  /** Whether the hunk says that the file ends behind it. */
  readonly endsFile: boolean;
}

export type ParsedPatch =
  | { readonly kind: "operations"; readonly operations: readonly PatchOperation[] }
  | { readonly kind: "invalid"; readonly problem: string };

/** Characters of a wrong line that are told. */
const maxToldChars = 80;

const fileHeader = /^\*\*\* (Add|Delete|Update) File:(.*)$/;

/** Why a patch cannot be read. */
class PatchProblem extends Error {}

/** Reads a patch; what is wrong with it is told with its line or its file. */
export function parsePatch(patch: string): ParsedPatch {
  try {
    return { kind: "operations", operations: readOperations(patch) };
  } catch (error) {
    if (!(error instanceof PatchProblem)) throw error;
    return { kind: "invalid", problem: error.message };
  }
}

function readOperations(patch: string): readonly PatchOperation[] {
  const lines = patch.split("\n").map((line) => line.replace(/\r$/, ""));
  const begin = lines.findIndex((line) => line.trim() === "*** Begin Patch");
  if (begin < 0) throw new PatchProblem('the patch must begin with "*** Begin Patch"');
  // At the beginning of its line only: in front of a line of a file there is always a sign.
  const end = lines.findIndex((line, index) => index > begin && line.trimEnd() === "*** End Patch");
  if (end < 0) throw new PatchProblem('the patch must end with "*** End Patch"');
  const operations: PatchOperation[] = [];
  let index = begin + 1;
  while (index < end) {
    const line = lines[index] ?? "";
    const [isHeader, kind = "", path = ""] = fileHeader.exec(line) ?? [];
    if (isHeader !== undefined) {
      const bodyEnd = endOfBody(lines, index + 1, end);
      operations.push(readOperation(kind, path, lines.slice(index + 1, bodyEnd)));
      index = bodyEnd;
    } else {
      if (line.trim() !== "")
        throw new PatchProblem(`line ${index + 1} is no file header: ${told(line)}`);
      index++;
    }
  }
  if (operations.length === 0) throw new PatchProblem("the patch changes nothing");
  return operations;
}

function endOfBody(lines: readonly string[], from: number, end: number): number {
  const next = lines.findIndex(
    (line, index) => index >= from && index < end && fileHeader.test(line),
  );
  return next < 0 ? end : next;
}

function readOperation(kind: string, header: string, body: readonly string[]): PatchOperation {
  const path = readPath(header);
  const lines = withoutBlankEnd(body);
  switch (kind) {
    case "Add":
      return { kind: "add", path, text: readNewText(path, lines) };
    case "Delete":
      if (lines.length > 0) throw new PatchProblem(`${path}: a deleted file has no lines`);
      return { kind: "delete", path };
    default:
      return readUpdate(path, lines);
  }
}

function readPath(header: string): string {
  const path = header.trim();
  if (path === "") throw new PatchProblem("a file header has no path");
  if (path.split("/").includes("..")) {
    throw new PatchProblem(`".." is not allowed in a path: ${told(path)}`);
  }
  if (path.includes("\0")) throw new PatchProblem("a path has a NUL character in it");
  return path;
}

function readNewText(path: string, lines: readonly string[]): string {
  const wrongLine = lines.find((line) => !line.startsWith("+"));
  if (wrongLine !== undefined) {
    throw new PatchProblem(`${path}: every line of a new file begins with "+": ${told(wrongLine)}`);
  }
  return lines.map((line) => `${line.slice(1)}\n`).join("");
}

function readUpdate(path: string, lines: readonly string[]): PatchOperation {
  const move = /^\*\*\* Move to:(.*)$/.exec(lines[0] ?? "");
  const hunks = readHunks(path, move ? lines.slice(1) : lines);
  if (hunks.length === 0 && !move) throw new PatchProblem(`${path}: the update has no hunk`);
  return { kind: "update", path, hunks, ...(move ? { moveTo: readPath(move[1] ?? "") } : {}) };
}

interface OpenHunk {
  readonly anchors: string[];
  readonly edits: LineEdit[];
  endsFile: boolean;
}

function readHunks(path: string, lines: readonly string[]): readonly Hunk[] {
  const hunks: OpenHunk[] = [];
  const begin = (): OpenHunk => {
    const hunk: OpenHunk = { anchors: [], edits: [], endsFile: false };
    hunks.push(hunk);
    return hunk;
  };
  for (const line of lines) {
    const last = hunks.at(-1);
    if (line.startsWith("@@")) {
      // Several in a row narrow one place down.
      const hunk = last && last.edits.length === 0 ? last : begin();
      const anchor = readAnchor(line);
      if (anchor !== "") hunk.anchors.push(anchor);
    } else if (line.trim() === "*** End of File") {
      if (last) last.endsFile = true;
    } else {
      (last ?? begin()).edits.push(readEdit(path, line));
    }
  }
  return hunks.filter(({ edits }) => edits.length > 0);
}

/** Without the line numbers of a unified diff, which models count badly, and without what closes it. */
function readAnchor(line: string): string {
  return line
    .slice(2)
    .replace(/^ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/, "")
    .replace(/@@\s*$/, "")
    .trim();
}

function readEdit(path: string, line: string): LineEdit {
  const text = line.slice(1);
  switch (line[0]) {
    case "+":
      return { kind: "add", text };
    case "-":
      return { kind: "drop", text };
    case " ":
    case undefined:
      return { kind: "keep", text };
    default:
      throw new PatchProblem(
        `${path}: a line of a hunk begins with " ", "+" or "-": ${told(line)}`,
      );
  }
}

function withoutBlankEnd(lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.findLastIndex((line) => line.trim() !== "") + 1);
}

function told(line: string): string {
  return line.slice(0, maxToldChars).toWellFormed();
}
