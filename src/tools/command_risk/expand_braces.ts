import type { Word, WordPart } from "./syntax.ts";

/** More words than this are not made of one; neither are words longer than `maxChars` looked at. */
const maxWords = 256;
const maxChars = 512;

/** A character of a word that may be special, or a part that stays whole. */
type Atom = string | WordPart;

/**
 * Brace expansion as bash does it before all others: `/{bin,etc}` is two words, `{rm,-rf,/}` a whole command.
 * Undefined when the word is too large for it: nobody can say then what it stands for.
 */
export function expandBraces(word: Word): readonly Word[] | undefined {
  if (!word.parts.some(mayHoldBraces)) return [word];
  const atoms: Atom[] = [];
  for (const part of word.parts) {
    if (part.kind === "text" && !part.isQuoted) atoms.push(...charsOf(part.text));
    else atoms.push(part);
    if (atoms.length > maxChars) return undefined;
  }
  return expand(atoms, 0)?.map((expanded) => ({ parts: expanded.map(asPart) }));
}

function mayHoldBraces(part: WordPart): boolean {
  return part.kind === "text" && !part.isQuoted && part.text.includes("{");
}

function asPart(atom: Atom): WordPart {
  return typeof atom === "string" ? { kind: "text", text: atom, isQuoted: false } : atom;
}

/** Every reading of the atoms from `start` on. */
function expand(atoms: readonly Atom[], start: number): readonly (readonly Atom[])[] | undefined {
  for (let open = start; open < atoms.length; open++) {
    if (atoms[open] !== "{") continue;
    const braces = closeBraces(atoms, open);
    if (!braces) continue;
    const before = atoms.slice(start, open);
    const after = expand(atoms, braces.close + 1);
    if (!after) return undefined;
    const results: (readonly Atom[])[] = [];
    for (const choice of braces.choices) {
      const inner = expand(choice, 0);
      if (!inner || results.length + inner.length * after.length > maxWords) return undefined;
      for (const middle of inner) {
        for (const rest of after) results.push([...before, ...middle, ...rest]);
      }
    }
    return results;
  }
  return [atoms.slice(start)];
}

/** The choices between the brace at `open` and its partner; undefined when it is a plain character. */
function closeBraces(
  atoms: readonly Atom[],
  open: number,
): { readonly close: number; readonly choices: readonly (readonly Atom[])[] } | undefined {
  const choices: (readonly Atom[])[] = [];
  let depth = 0;
  let from = open + 1;
  for (let index = open; index < atoms.length; index++) {
    const atom = atoms[index];
    if (atom === "{") depth++;
    if (atom === "," && depth === 1) {
      choices.push(atoms.slice(from, index));
      from = index + 1;
    }
    if (atom !== "}" || --depth > 0) continue;
    const last = atoms.slice(from, index);
    if (choices.length > 0) return { close: index, choices: [...choices, last] };
    const range = expandRange(last);
    return range && { close: index, choices: range };
  }
  return undefined;
}

/** `{a..f}` and `{1..9}`, without a step. */
function expandRange(atoms: readonly Atom[]): readonly (readonly Atom[])[] | undefined {
  const text = atoms.every((atom) => typeof atom === "string") ? atoms.join("") : "";
  const ends = /^(?:([a-zA-Z])\.\.([a-zA-Z])|(-?\d{1,6})\.\.(-?\d{1,6}))$/.exec(text);
  if (!ends) return undefined;
  const [, firstLetter, lastLetter, firstNumber, lastNumber] = ends;
  const isLetters = firstLetter !== undefined && lastLetter !== undefined;
  const first = isLetters ? firstLetter.charCodeAt(0) : Number(firstNumber);
  const last = isLetters ? lastLetter.charCodeAt(0) : Number(lastNumber);
  const count = Math.abs(last - first) + 1;
  // A long count is cut: its members are numbers, which endanger nobody by their value.
  return Array.from({ length: Math.min(count, maxWords) }, (_, index) => {
    const value = first + (first < last ? index : -index);
    return charsOf(isLetters ? String.fromCharCode(value) : String(value));
  });
}

function charsOf(text: string): readonly string[] {
  return Array.from(text.slice(0, maxChars + 1));
}
