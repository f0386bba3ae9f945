/** Long pastes are held beside the text that is edited, where one private character stands for each. */

/** The last plane for private use: no font has anything there. */
const firstMark = 0x100000;

const marks = /[\u{100000}-\u{10fffd}]/gu;

/** More than this is not shown while it is edited. */
const maxShownLines = 8;
const maxShownLength = 1_000;

/** Whether a pasted text would be in the way of editing. */
export function isLongPaste(text: string): boolean {
  return text.length > maxShownLength || text.split("\n", maxShownLines + 1).length > maxShownLines;
}

/** The character that stands for the paste of this number. */
export function pasteMark(index: number): string {
  return String.fromCodePoint(firstMark + index);
}

/** Text from outside, which must not hold the private characters. */
export function withoutMarks(text: string): string {
  return text.replace(marks, "");
}

/** The text with each mark replaced by what `replace` makes of its paste. */
export function replaceMarks(
  text: string,
  pastes: readonly string[],
  replace: (paste: string) => string,
): string {
  return text.replace(marks, (mark) => {
    const paste = pastes[(mark.codePointAt(0) ?? 0) - firstMark];
    return paste === undefined ? "" : replace(paste);
  });
}

/** What is shown in the place of a paste. */
export function pasteLabel(paste: string): string {
  const lines = paste.replace(/\n$/, "").split("\n").length;
  return lines === 1 ? `[pasted ${paste.length} characters]` : `[pasted ${lines} lines]`;
}
