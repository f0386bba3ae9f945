import { plainTypography } from "./typography.ts";

/** How lines are held against one another, from strict to loose. */
const folds: readonly ((line: string) => string)[] = [
  (line) => line,
  (line) => line.trimEnd(),
  (line) => line.trim(),
  collapse,
  loosen,
];

/**
 * Where some lines stand in a file, by the index of the first one; without overlaps, in the strictest way that finds
 * any. Empty when there are none.
 */
export function findLines(file: readonly string[], wanted: readonly string[]): readonly number[] {
  if (wanted.length === 0) return [];
  const isBlank = wanted.every((line) => line.trim() === "");
  for (const fold of isBlank ? folds.slice(0, 1) : folds) {
    const foldedFile = file.map(fold);
    const foldedWanted = wanted.map(fold);
    const starts: number[] = [];
    for (let start = 0; start + wanted.length <= file.length; start++) {
      if (foldedWanted.every((line, index) => line === foldedFile[start + index])) {
        starts.push(start);
        start += wanted.length - 1;
      }
    }
    if (starts.length > 0) return starts;
  }
  return [];
}

/**
 * Where a block of three lines or more stands of which only the first, the last and half of those between them are
 * remembered well.
 */
export function findBlock(file: readonly string[], wanted: readonly string[]): readonly number[] {
  const block = wanted.map(loosen);
  const [head] = block;
  const tail = block.at(-1);
  if (block.length < 3 || head === "" || tail === "") return [];
  const inner = block.slice(1, -1);
  const loosened = file.map(loosen);
  return loosened.flatMap((line, start) => {
    if (line !== head || loosened[start + block.length - 1] !== tail) return [];
    const equal = inner.filter((one, index) => one === loosened[start + 1 + index]).length;
    return equal * 2 >= inner.length ? [start] : [];
  });
}

function collapse(line: string): string {
  return line.trim().replace(/\s+/g, " ");
}

function loosen(line: string): string {
  return collapse(plainTypography(line)).replaceAll("…", "...");
}
