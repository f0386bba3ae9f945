/** Stands in recordings for the directory that the run worked in, so that they can be replayed in another one. */
const placeholder = "{{hermes.cwd}}";

/** Text in which the working directory is named, made independent of it and back. */
export interface Portable {
  /** The directory replaced by a placeholder, as it is and as JSON text escapes it. */
  abstract(text: string): string;
  concrete(text: string): string;
  /** The same for JSON text, in which the directory has to be escaped. */
  concreteJson(json: string): string;
}

/** For the absolute directory `cwd`; the root stays as it is, it is part of every path. */
export function portableFor(cwd: string): Portable {
  const escaped = JSON.stringify(cwd).slice(1, -1);
  // Longest first; `/a/b` is not named by `/a/bc`, but by `/a/b/c` and `/a/b.`
  const forms = [...new Set([escaped, cwd])].toSorted((a, b) => b.length - a.length);
  const pattern = new RegExp(`(?:${forms.map(quoted).join("|")})(?![\\w-])`, "g");
  return {
    abstract: (text) => (cwd === "/" ? text : text.replace(pattern, placeholder)),
    concrete: (text) => text.replaceAll(placeholder, () => cwd),
    concreteJson: (json) => json.replaceAll(placeholder, () => escaped),
  };
}

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
