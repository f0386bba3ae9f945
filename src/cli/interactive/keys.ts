/** What a person did at the keyboard. */
export type Key =
  /** One printable code point. */
  | { readonly type: "text"; readonly text: string }
  /** Text that was pasted, its lines ending in `\n`; without control characters. */
  | { readonly type: "paste"; readonly text: string }
  /**
   * Anything else: `enter`, `tab`, `escape`, `backspace`, `delete`, `up`, `home`, `page-up`, ..., or a character held
   * with Ctrl or Alt. What was held stands in front, in the order shift, alt, ctrl: `ctrl-a`, `alt-enter`, `ctrl-left`.
   */
  | { readonly type: "key"; readonly name: string };

const pasteEnd = "\x1b[201~";

/**
 * Reads what a terminal in raw mode sends: xterm's control sequences and bracketed paste. However the input is cut
 * into pieces, the keys are the same.
 */
export class KeyParser {
  /** The beginning of a key that is not whole yet. */
  #pending = "";
  /** What was pasted so far, while a paste goes on. */
  #pasted: string[] | undefined;

  /** Whether an escape waits for what follows: the Escape key, or the beginning of another one. */
  get isUndecided(): boolean {
    return this.#pasted === undefined && /^\x1b{1,2}$/.test(this.#pending);
  }

  /** The keys that are whole with this input. */
  feed(input: string): readonly Key[] {
    const keys: Key[] = [];
    let rest = this.#pending + input;
    this.#pending = "";
    while (rest !== "") {
      if (this.#pasted) {
        rest = this.#feedPaste(this.#pasted, rest, keys);
        continue;
      }
      const found = nextKey(rest);
      if (!found) {
        this.#pending = rest;
        break;
      }
      rest = rest.slice(found.length);
      if (found.key === "paste-start") this.#pasted = [];
      else if (found.key) keys.push(found.key);
    }
    return keys;
  }

  /** To be called when nothing followed an undecided escape for a while: it was the Escape key. */
  flush(): readonly Key[] {
    if (!this.isUndecided) return [];
    this.#pending = "";
    return [named("escape")];
  }

  /** Takes what belongs to the paste, and returns the rest. */
  #feedPaste(pasted: string[], input: string, keys: Key[]): string {
    const end = input.indexOf(pasteEnd);
    if (end < 0) {
      // The end mark itself may be cut in two.
      const start = input.lastIndexOf("\x1b");
      const keep = start >= 0 && pasteEnd.startsWith(input.slice(start)) ? start : input.length;
      pasted.push(input.slice(0, keep));
      this.#pending = input.slice(keep);
      return "";
    }
    pasted.push(input.slice(0, end));
    this.#pasted = undefined;
    const text = printable(pasted.join(""));
    if (text !== "") keys.push({ type: "paste", text });
    return input.slice(end + pasteEnd.length);
  }
}

/** The text of a paste without anything that would act on a terminal. */
function printable(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "")
    .toWellFormed();
}

/** A key, or nothing that means something, and the length of what it was written as. */
interface Found {
  readonly key: Key | "paste-start" | undefined;
  readonly length: number;
}

/** The key that the text begins with; undefined when it is not whole yet. */
function nextKey(text: string): Found | undefined {
  if (text.startsWith("\x1b")) return escapeSequence(text);
  const code = text.codePointAt(0) ?? 0;
  const isHighSurrogate = code >= 0xd800 && code < 0xdc00;
  if (isHighSurrogate && text.length === 1) return undefined;
  return { key: characterKey(code, 0), length: code > 0xffff ? 2 : 1 };
}

function escapeSequence(text: string): Found | undefined {
  switch (text[1]) {
    case undefined:
      return undefined;
    case "[":
      return controlSequence(text);
    case "O":
      return text.length < 3 ? undefined : { key: finalKey(text.charAt(2), 0), length: 3 };
    case "\x1b":
      return doubleEscape(text);
    default: {
      const found = nextKey(text.slice(1));
      return found && { key: withAlt(found.key), length: found.length + 1 };
    }
  }
}

/** rxvt sends Alt with an arrow as an escape before the arrow's sequence. */
function doubleEscape(text: string): Found | undefined {
  if (text.length < 3) return undefined;
  if (text[2] !== "[" && text[2] !== "O") return { key: named("escape"), length: 1 };
  const found = escapeSequence(text.slice(1));
  return found && { key: withAlt(found.key), length: found.length + 1 };
}

function withAlt(key: Found["key"]): Found["key"] {
  if (key === undefined || key === "paste-start") return key;
  if (key.type === "text") return named(`alt-${key.text}`);
  return key.type === "key" ? named(`alt-${key.name}`) : key;
}

/** `ESC [ parameters intermediates final` (ECMA-48 5.4). */
function controlSequence(text: string): Found | undefined {
  const [head = "", parameters = "", intermediates = ""] =
    /^\x1b\[([0-?]*)([ -/]*)/.exec(text) ?? [];
  const final = text.charAt(head.length);
  if (final === "") return undefined;
  // Broken off by something else, which is read for itself.
  if (!/[@-~]/.test(final)) return { key: undefined, length: head.length };
  // The Linux console sends F1 to F5 as `ESC [ [ A`.
  if (final === "[" && head === "\x1b[") {
    return text.length < 4 ? undefined : { key: undefined, length: 4 };
  }
  const length = head.length + 1;
  if (intermediates !== "") return { key: undefined, length };
  const [first = Number.NaN, second = 1, third = Number.NaN] = parameters
    .split(";")
    .map((parameter) => Number.parseInt(parameter, 10));
  // Told as a sum of bits, and 1.
  const modifiers = Number.isNaN(second) ? 0 : second - 1;
  if (final === "u") return { key: characterKey(first, modifiers), length };
  if (final !== "~") return { key: finalKey(final, modifiers), length };
  if (first === 200) return { key: "paste-start", length };
  if (first === 27) return { key: characterKey(third, modifiers), length };
  return { key: held(numberedKeys.get(first), modifiers), length };
}

function finalKey(final: string, modifiers: number): Key | undefined {
  if (final === "Z") return named("shift-tab");
  return held(finalKeys.get(final), modifiers);
}

const finalKeys: ReadonlyMap<string, string> = new Map([
  ["A", "up"],
  ["B", "down"],
  ["C", "right"],
  ["D", "left"],
  ["F", "end"],
  ["H", "home"],
  ["M", "enter"],
]);

const numberedKeys: ReadonlyMap<number, string> = new Map([
  [1, "home"],
  [2, "insert"],
  [3, "delete"],
  [4, "end"],
  [5, "page-up"],
  [6, "page-down"],
  [7, "home"],
  [8, "end"],
]);

/** A character by its code, perhaps held with others; undefined for what has no meaning. */
function characterKey(code: number, modifiers: number): Key | undefined {
  const name = characterNames.get(code);
  if (name !== undefined) return held(name, modifiers);
  if (code === 0) return named("ctrl-space");
  if (code < 0x20) return named(`ctrl-${String.fromCodePoint(code + 0x40).toLowerCase()}`);
  const isCharacter = code >= 0x20 && code <= 0x10ffff && !(code >= 0x7f && code < 0xa0);
  if (!isCharacter || (code >= 0xd800 && code < 0xe000)) return undefined;
  const text = String.fromCodePoint(code);
  // Shift is in the character already.
  if ((modifiers & ~shiftBit) === 0) return { type: "text", text };
  return held(text.toLowerCase(), modifiers & ~shiftBit);
}

const characterNames: ReadonlyMap<number, string> = new Map([
  [0x08, "backspace"],
  [0x09, "tab"],
  [0x0d, "enter"],
  [0x1b, "escape"],
  [0x7f, "backspace"],
]);

const shiftBit = 1;

function held(name: string | undefined, modifiers: number): Key | undefined {
  if (name === undefined) return undefined;
  const shift = (modifiers & shiftBit) === 0 ? "" : "shift-";
  const alt = (modifiers & 2) === 0 ? "" : "alt-";
  const ctrl = (modifiers & 4) === 0 ? "" : "ctrl-";
  return named(`${shift}${alt}${ctrl}${name}`);
}

function named(name: string): Key {
  return { type: "key", name };
}
