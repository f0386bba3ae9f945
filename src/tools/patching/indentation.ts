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
  const scale = scaleOf(pairs);
  return (line, near) => {
    if (line.trim() === "") return line;
    const indent = indentOf(line);
    const distance = (pair: IndentPair): number =>
      // How deep it stands counts before where it stands.
      Math.abs(pair.said.length - indent.length) * 1_000_000 + Math.abs(pair.index - near);
    const [closest] = pairs.toSorted((a, b) => distance(a) - distance(b));
    return closest ? translate(indent, closest, scale) + line.slice(indent.length) : line;
  };
}

/** What characters of indentation in the file stand for one of the model's; undefined where it cannot be told. */
function scaleOf(pairs: readonly IndentPair[]): number | undefined {
  const sorted = pairs.toSorted((a, b) => a.said.length - b.said.length);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (!least || !most || most.said === "") return undefined;
  const deeper = most.said.length - least.said.length;
  if (deeper > 0) {
    const scale = (most.has.length - least.has.length) / deeper;
    return scale > 0 ? scale : undefined;
  }
  // One depth alone: in the same characters it is shifted, in others it is measured in another unit.
  return most.said[0] === most.has[0] || most.has === "" ? 1 : most.has.length / most.said.length;
}

function translate(indent: string, pair: IndentPair, scale: number | undefined): string {
  const deeper = indent.length - pair.said.length;
  if (deeper > 0) {
    const more = indent.slice(pair.said.length);
    if (scale === undefined) return pair.has + more;
    return pair.has + (pair.has.at(-1) ?? more.slice(0, 1)).repeat(Math.round(deeper * scale));
  }
  const less = Math.round(-deeper * (scale ?? 1));
  return pair.has.slice(0, Math.max(0, pair.has.length - less));
}

function indentOf(line: string): string {
  return /^[^\S\r\n]*/.exec(line)?.[0] ?? "";
}
