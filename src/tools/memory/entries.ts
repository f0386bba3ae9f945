/** The line between two entries of a memory file. */
const separator = "§";

/**
 * The entries of a memory file, without white space around them and without empty ones. CRLF and a byte order mark, as
 * editors leave them, are read too.
 */
export function parseEntries(text: string): readonly string[] {
  const entries: string[][] = [[]];
  for (const line of plainText(text).split("\n")) {
    if (isSeparator(line)) entries.push([]);
    else entries.at(-1)?.push(line);
  }
  return entries.map((lines) => lines.join("\n").trim()).filter((entry) => entry !== "");
}

/** The text of a memory file with these entries, each as `cleanEntry` leaves it. */
export function formatEntries(entries: readonly string[]): string {
  return entries.join(`\n${separator}\n`);
}

/** Whether a file can be written again without a change to what somebody else wrote into it, but for its outer ends. */
export function isRoundTrip(text: string): boolean {
  return formatEntries(parseEntries(text)) === plainText(text).trim();
}

/** A text as it is kept as an entry. */
export function cleanEntry(content: string): string {
  return plainText(content).trim().toWellFormed();
}

/** Whether an entry would be read back as several. */
export function hasSeparator(entry: string): boolean {
  return entry.split("\n").some(isSeparator);
}

/** Characters as people count them: code points. */
export function charsOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** At most its first 100 characters, with an ellipsis for the rest. */
export function beginningOf(text: string): string {
  const chars = Array.from(text);
  return chars.length > 100 ? `${chars.slice(0, 100).join("")}…` : text;
}

/** How full a file is: `41% — 900/2,200 chars`. */
export function usageOf(entries: readonly string[], limit: number): string {
  const chars = charsOf(formatEntries(entries));
  return `${Math.floor((chars * 100) / limit)}% — ${grouped(chars)}/${grouped(limit)} chars`;
}

/** A number with commas between its thousands. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** White space at its ends would be lost with the rest of the entry. */
function isSeparator(line: string): boolean {
  return line.trim() === separator;
}

function plainText(text: string): string {
  return text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
}
