/** A place in a prompt that may name a file. */
export interface FileMention {
  /** The paths that may be meant, the most literal first: what stands behind a path may belong to the sentence. */
  readonly paths: readonly string[];
  /** Written as `@"..."`: nothing but a path can be meant. */
  readonly isQuoted: boolean;
}

/** No file system takes a longer path (`PATH_MAX` of Linux). */
const maxPathLength = 4_096;

/**
 * Where a prompt says `@path`, `@"path with blanks"` or `"@path with blanks"`, in order. Only at the start of a word,
 * so not in mail addresses, and not in Markdown code (`` `@decorator` ``, fenced blocks).
 */
export function fileMentions(text: string): readonly FileMention[] {
  const prose = withoutCode(text);
  const mentions: FileMention[] = [];
  for (const { index } of prose.matchAll(/(?<=^|[\s([{"'])@(?=[^\s@])/g)) {
    const before = prose.charAt(index - 1);
    const mention = mentionAt(prose.slice(index + 1, index + 1 + maxPathLength), before);
    if (mention.paths.length > 0) mentions.push(mention);
  }
  return mentions;
}

/** What the text behind an `@` names; `before` is what the `@` stands behind. */
function mentionAt(text: string, before: string): FileMention {
  const quoted = quotedText(text.slice(1), text.charAt(0));
  if (quoted !== undefined) return { paths: [quoted], isQuoted: true };
  const sentence = quotedText(text, before);
  const paths = [...(sentence === undefined ? [] : [sentence]), ...variants(text)];
  return { paths: [...new Set(paths)], isQuoted: false };
}

/** The text up to a closing `quote` on the same line, or undefined where that is no quote or nothing is quoted. */
function quotedText(text: string, quote: string): string | undefined {
  if (quote !== '"' && quote !== "'") return undefined;
  const [line = ""] = text.split("\n", 1);
  const end = line.indexOf(quote);
  return end > 0 ? line.slice(0, end) : undefined;
}

/** `main.ts:10,` may be a file of that name, but more likely is `main.ts` with a line and a comma. */
function variants(text: string): readonly string[] {
  const word = /^[^\s"]*/.exec(text)?.[0] ?? "";
  const bare = word.replace(/[.,;:!?)\]}>'…]+$/, "").replace(/['’]s$/, "");
  const withoutLine = bare.replace(/:[\d:-]+$/, "");
  return [word, bare, withoutLine].filter((path) => path !== "");
}

/** The text with its Markdown code blanked out. */
function withoutCode(text: string): string {
  let fence: string | undefined;
  const lines = text.split("\n").map((line) => {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined) {
      fence = mark;
      return mark === undefined ? line : "";
    }
    if (mark?.startsWith(fence) && line.trim() === mark) fence = undefined;
    return "";
  });
  // A run of backticks opens code only if an equal run closes it (CommonMark 6.1).
  return lines.join("\n").replace(/(?<!`)(`+)(?!`)[^]*?[^`]\1(?!`)/g, "");
}
