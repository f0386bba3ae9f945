/**
 * A pattern for relative paths as .gitignore has it (gitignore(5), PATTERN FORMAT): `*` and `?` stay inside of a name,
 * a name `**` stands for any directories, `[a-z]` and `[!a-z]` for one character. Without a slash, other than at its
 * beginning, a pattern is for the last name of a path, in whatever directory.
 */
export interface PathPattern {
  matches(path: string): boolean;
}

/** What one character of a name may be. */
interface CharacterSet {
  readonly isNegated: boolean;
  /** First and last character of each range. */
  readonly ranges: readonly (readonly [string, string])[];
}

/** `*`: any number of what stands in a row, characters of a name or names of a path. */
type Sequence<Part> = readonly (Part | "*")[];

const anyCharacter: CharacterSet = { isNegated: true, ranges: [] };

/** The pattern, or undefined when it is malformed: an open `[`, or a backslash at its end. */
export function parsePathPattern(pattern: string): PathPattern | undefined {
  const parts = pattern.replace(/^\//, "").split("/");
  const isForName = parts.length === 1 && !pattern.startsWith("/");
  const names: (Sequence<CharacterSet> | "*")[] = isForName ? ["*"] : [];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    if (part === "**") {
      names.push("*");
      // What lies in a directory, but not the directory itself.
      if (isLast) names.push(["*"]);
      continue;
    }
    const name = parseName(part);
    if (!name) return undefined;
    names.push(name);
  }
  return { matches: (path) => fits(names, path.split("/"), fitsName) };
}

function fitsName(name: Sequence<CharacterSet>, text: string): boolean {
  return fits(name, Array.from(text), fitsCharacter);
}

function fitsCharacter({ isNegated, ranges }: CharacterSet, character: string): boolean {
  return ranges.some(([first, last]) => first <= character && character <= last) !== isNegated;
}

/** Whether the parts fit the values from first to last. Only ever goes back to the last star, so the time is bounded. */
function fits<Part extends object, Value>(
  parts: Sequence<Part>,
  values: readonly Value[],
  fitsOne: (part: Part, value: Value) => boolean,
): boolean {
  let part = 0;
  let lastStar = -1;
  let afterStar = 0;
  let index = 0;
  while (index < values.length) {
    const current = parts[part];
    const value = values[index];
    if (current === "*") {
      lastStar = part++;
      afterStar = index;
    } else if (current !== undefined && value !== undefined && fitsOne(current, value)) {
      part++;
      index++;
    } else if (lastStar >= 0) {
      part = lastStar + 1;
      index = ++afterStar;
    } else {
      return false;
    }
  }
  return parts.slice(part).every((rest) => rest === "*");
}

function parseName(part: string): Sequence<CharacterSet> | undefined {
  const characters = Array.from(part);
  const name: (CharacterSet | "*")[] = [];
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? "";
    if (character === "*") {
      if (name.at(-1) !== "*") name.push("*");
    } else if (character === "?") {
      name.push(anyCharacter);
    } else if (character === "[") {
      const set = parseSet(characters, index + 1);
      if (!set) return undefined;
      name.push(set.set);
      index = set.end;
    } else {
      const literal = character === "\\" ? characters[++index] : character;
      if (literal === undefined) return undefined;
      name.push({ isNegated: false, ranges: [[literal, literal]] });
    }
  }
  return name;
}

/** The set that begins behind its `[`, and where its `]` stands. */
function parseSet(
  characters: readonly string[],
  start: number,
): { readonly set: CharacterSet; readonly end: number } | undefined {
  const isNegated = characters[start] === "!" || characters[start] === "^";
  const first = isNegated ? start + 1 : start;
  const ranges: (readonly [string, string])[] = [];
  for (let index = first; index < characters.length; index++) {
    let character = characters[index] ?? "";
    // As the first one, a bracket is a character like others.
    if (character === "]" && index > first) return { set: { isNegated, ranges }, end: index };
    if (character === "\\") character = characters[++index] ?? "";
    const last = characters[index + 1] === "-" ? characters[index + 2] : undefined;
    if (last !== undefined && last !== "]") {
      ranges.push([character, last]);
      index += 2;
    } else {
      ranges.push([character, character]);
    }
  }
  return undefined;
}
