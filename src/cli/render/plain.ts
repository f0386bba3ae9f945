/**
 * Text without anything a terminal would obey: escape sequences and control characters are removed, line breaks and
 * tabs stay. Titles, file names and answers come from outside and could otherwise rewrite the screen.
 */
export function plainText(text: string): string {
  return text
    .replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])/g, "")
    .replace(/\r\n/g, "\n")
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}

/** An escape sequence that has begun and may go on in the next piece; a longer one is no sequence. */
const unfinished = /\x1b(?:\[[0-?]{0,64}[ -/]{0,8}|[\]PX^_][^\x07\x1b]{0,256}\x1b?|[ -/]{1,8})?$/;

/** `plainText` for text that comes in pieces: sequences that are cut between two of them are removed as well. */
export function plainPieces(): (piece: string) => string {
  let held = "";
  return (piece) => {
    const text = held + piece;
    held = unfinished.exec(text)?.[0] ?? "";
    return plainText(text.slice(0, text.length - held.length));
  };
}

/** The text in one line, blanks collapsed. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/g, " ").trim();
}

/** The text in at most `length` characters, cut with an ellipsis; never in the middle of a character. */
export function clip(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}
