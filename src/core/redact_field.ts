import { SECRET_NAME_STEM } from "./redact_names.ts";

/** A name that may mean a secret, what joins it to its value, and where that begins. */
export interface Field {
  /** Without quotes, the dashes of a flag, and what stands before a dot. */
  readonly name: string;
  /** Of a URL or a form, of a command line, in quotes as in JSON, or none of these. */
  readonly kind: "parameter" | "flag" | "quoted" | "plain";
  /** `=`, `:`, `:=`, `=>`, `%3D`, or a space behind a flag. */
  readonly separator: string;
  readonly isSpaced: boolean;
  /** Where the pattern found the name, perhaps in its middle. */
  readonly foundAt: number;
  readonly valueAt: number;
}

/** From the stem of a secret's name up to its value. Every part is bounded, so that no text takes quadratic time. */
const FIELD = new RegExp(
  [
    `((?:${SECRET_NAME_STEM})[\\w.-]{0,48})`,
    "(\\\\{0,3}[\"'`]\\]?)?",
    "([ \\t]{0,8})(=>|:=|=|:|%3D)(?![=:])([ \\t]{0,8})",
    // A list of one, but not the mask of a private key.
    "(?:\\[(?!REDACTED))?",
  ].join(""),
  "gi",
);

/** A flag whose value is the next argument, on a command line or in a printed list of arguments. */
const FLAG = /(?<![\w-])--([A-Za-z][\w-]{1,48})(?:["'`],?)?[ \t]{1,8}/g;

/** All fields of the text whose names hold the stem of a secret's name, in order. */
export function* fieldsIn(text: string): Generator<Field> {
  const isInForm = isForm(text);
  for (const match of text.matchAll(FIELD)) yield fieldOf(match, isInForm);
}

/** All command-line flags of the text that are followed by an argument, in order. */
export function* flagsIn(text: string): Generator<Field> {
  if (!text.includes("--")) return;
  for (const { 0: flag, 1: name = "", index } of text.matchAll(FLAG)) {
    const valueAt = index + flag.length;
    yield { name, kind: "flag", separator: " ", isSpaced: false, foundAt: index, valueAt };
  }
}

/** Whether the whole text is the body of a form: `k=v&k=v`, one line. */
export function isForm(text: string): boolean {
  return text.includes("&") && !/\s/.test(text) && text.split("&").every((pair) => PAIR.test(pair));
}

const PAIR = /^[\w.[\]%+-]+=/;

function fieldOf(match: RegExpExecArray, isInForm: boolean): Field {
  const [whole, stem = "", quote, before, separator = "", after] = match;
  const { name: beginning, lead } = beginningOfName(match.input, match.index);
  const name = beginning + stem;
  const isSpaced = before !== "" || after !== "";
  const valueAt = match.index + whole.length;
  const joined = { separator, isSpaced, foundAt: match.index, valueAt };
  // Behind `headers["x-api-key"] = ` stands a program's expression, not data.
  if (quote !== undefined && !quote.endsWith("]")) return { ...joined, name, kind: "quoted" };
  const isFirst = isInForm && beginning.length === match.index;
  if (/^(?:=|%3D)$/i.test(separator) && !isSpaced && (isFirst || PARAMETER_LEAD.test(lead)))
    return { ...joined, name, kind: "parameter" };
  const word = name.slice(name.lastIndexOf(".") + 1);
  const kind = word.startsWith("--") ? "flag" : "plain";
  return { ...joined, name: word.replace(/^-+/, ""), kind };
}

/** Not behind `&&`, which a shell or a program wrote. */
const PARAMETER_LEAD = /(?:^|[^&])[?&#]$|&amp;$/;

/** What of a name stands before `at`, and the last characters before the name, an escape that touches it resolved. */
function beginningOfName(
  text: string,
  at: number,
): { readonly name: string; readonly lead: string } {
  let start = at;
  while (start > 0 && start > at - 64 && /[\w.-]/.test(text.charAt(start - 1))) start -= 1;
  const escape = start === 0 ? null : ESCAPE.exec(text.slice(start - 1, start + 5));
  if (escape === null)
    return { name: text.slice(start, at), lead: text.slice(Math.max(0, start - 5), start) };
  const [whole, unicode, octet = unicode] = escape;
  const lead = octet === undefined ? " " : String.fromCharCode(Number.parseInt(octet, 16));
  return { name: text.slice(start - 1 + whole.length, at), lead };
}

/** Of JSON, of a URL, of a terminal's colours: escapes that end in letters or digits. */
const ESCAPE = /^(?:\\u00([0-9a-f]{2})|(?:%|\\x)([0-9a-f]{2})|\\[nrt]|[[;]\d{1,3}m)/i;
