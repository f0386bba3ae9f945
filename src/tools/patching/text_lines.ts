/** A text as its lines. */
export interface TextLines {
  readonly lines: readonly string[];
  /** Whether the last line ends in a line break; of an empty text, whether its first line shall. */
  readonly endsInBreak: boolean;
}

export function splitLines(text: string): TextLines {
  if (text === "") return { lines: [], endsInBreak: true };
  const endsInBreak = text.endsWith("\n");
  return { lines: (endsInBreak ? text.slice(0, -1) : text).split("\n"), endsInBreak };
}

export function joinLines({ lines, endsInBreak }: TextLines): string {
  return lines.join("\n") + (endsInBreak && lines.length > 0 ? "\n" : "");
}
