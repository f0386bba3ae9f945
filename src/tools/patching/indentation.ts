/** White space in front of a line: as the model wrote it, and as the file has it. */
interface IndentPair {
  readonly index: number;
  readonly said: string;
  readonly has: string;
}

/**
 * Translates the indentation of new lines to that of the file, from lines that both have. `said` and `found` are the
 * same lines, as the model remembers them and as the file has them. `near` is the index of the line beside a new one.
 */
export function createReindenter(
  said: readonly string[],
  found: readonly string[],
): (line: string, near: number) => string {
  const pairs = said.flatMap((line, index): readonly IndentPair[] => {
    const inFile = found[index] ?? "";
    if (line.trim() === "" || inFile.trim() === "") return [];
    return [{ index, said: indentOf(line), has: indentOf(inFile) }];
  });
  if (pairs.every((pair) => pair.said === pair.has)) return (line) => line;
  const unit = unitOf(pairs);
  return (line, near) => {
    if (line.trim() === "") return line;
    const indent = indentOf(line);
    const distance = (pair: IndentPair): number =>
      // How deep it stands counts before where it stands.
      Math.abs(pair.said.length - indent.length) * 1_000_000 + Math.abs(pair.index - near);
    const [closest] = pairs.toSorted((a, b) => distance(a) - distance(b));
    return closest ? translate(indent, closest, unit) + line.slice(indent.length) : line;
  };
}

/** What the file has for one character of the model's indentation. */
interface IndentUnit {
  readonly character: string;
  readonly count: number;
}

/** Undefined where it cannot be told. */
function unitOf(pairs: readonly IndentPair[]): IndentUnit | undefined {
  const sorted = pairs.toSorted((a, b) => a.said.length - b.said.length);
  const [least, most] = [sorted[0], sorted.at(-1)];
  const character = most?.has.at(-1);
  if (!least || !most || most.said === "" || character === undefined) return undefined;
  const deeper = most.said.length - least.said.length;
  if (deeper > 0) {
    const count = (most.has.length - least.has.length) / deeper;
    return count > 0 ? { character, count } : undefined;
  }
  // One depth alone: in the same characters it is shifted, in others it is measured in another unit.
  const isShifted = most.said.endsWith(character);
  return { character, count: isShifted ? 1 : most.has.length / most.said.length };
}

function translate(
  indent: string,
  { said, has }: IndentPair,
  unit: IndentUnit | undefined,
): string {
  const deeper = indent.length - said.length;
  if (deeper > 0) {
    if (!unit) return has + indent.slice(said.length);
    return has + unit.character.repeat(Math.round(deeper * unit.count));
  }
  const less = Math.round(-deeper * (unit?.count ?? 1));
  return has.slice(0, Math.max(0, has.length - less));
}

function indentOf(line: string): string {
  return /^[^\S\r\n]*/.exec(line)?.[0] ?? "";
}
