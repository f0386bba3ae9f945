/** The parts of a document by their names, as XML. */
export type Parts = (name: string) => string | undefined;

/** Characters of the text of a document at most. */
export const maxTextChars = 20_000_000;
