/** How a text was written in the file. */
export type QuoteStyle = "plain" | "single" | "double";

/** A value on one line, as it can stand in any YAML context; tables and lists in flow style. */
export function renderValue(value: unknown, style: QuoteStyle = "plain"): string {
  if (typeof value === "string") return renderText(value, style);
  if (Array.isArray(value)) return `[${value.map((element) => renderValue(element)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(
      ([key, child]) => `${renderText(key)}: ${renderValue(child)}`,
    );
    return `{${pairs.join(", ")}}`;
  }
  return String(value);
}

/** Letters first, no indicator anywhere, no blank at the end: the same text in block and flow style, in YAML 1.1 and 1.2. */
const PLAIN = /^(?:[A-Za-z_]|~?\.{0,2}\/)[\w./@+=-]*(?:[ :]?[\w./@+=-]+)*$/;
/** Words that mean something else than their letters, to one YAML version or the other. */
const WORDS = /^(?:true|false|yes|no|on|off|y|n|null)$/i;

/** A text or a key, quoted where it has to be, and where the text that it replaces was. */
export function renderText(text: string, style: QuoteStyle = "plain"): string {
  if (style === "plain" && PLAIN.test(text) && !WORDS.test(text)) return text;
  if (style === "single" && /^[ -~]*$/.test(text)) return `'${text.replaceAll("'", "''")}'`;
  // JSON is YAML, but for what YAML does not print (YAML 1.2.2 section 5.1) or takes for a line break.
  return JSON.stringify(text).replaceAll(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
