import { plainPieces } from "./plain.ts";
import type { Style } from "./style.ts";
import { WordWrap } from "./word_wrap.ts";

/** Characters of a span (bold, code, a link) that are waited for; a longer one is shown as it was written. */
const maxSpanChars = 400;

/** Reads Markdown as it is written and gives text for a terminal; what was given never changes again. */
export interface MarkdownStream {
  /** What can be shown now. */
  push(delta: string): string;
  /** The rest: what was held back in case it became markup. */
  end(): string;
}

export interface MarkdownOptions {
  /** The text stays Markdown: for a style that paints nothing. */
  readonly isPlain: boolean;
  /** Cells of a line: prose is broken between words. Left to the terminal where absent. */
  readonly columns?: number;
}

/**
 * Light Markdown for a terminal: headings, emphasis, code, lists, quotes and links; tables and everything else as it is
 * written. Plain text flows at once; only what may become markup waits, for a few characters. Code keeps its lines, so
 * that it can be copied.
 */
export function createMarkdownStream(
  style: Style,
  { isPlain, columns }: MarkdownOptions,
): MarkdownStream {
  const plain = plainPieces();
  if (isPlain) return { push: plain, end: () => "" };
  const wrap = columns === undefined ? undefined : new WordWrap(columns);
  let pending = "";
  /** The mark that ends the code block that is open. */
  let fence: string | undefined;
  let isAtLineStart = true;
  /** The last character of the source that was shown on this line. */
  let lastChar = "";
  /** How the rest of the line is painted. */
  let paintLine: (text: string) => string = (text) => text;

  /** One step over `pending`: what it gives, or undefined when more is needed. */
  function step(isLast: boolean): string | undefined {
    if (pending === "") return undefined;
    if (fence !== undefined) return codeLine(fence, isLast);
    if (isAtLineStart) return lineStart(isLast);
    const shown = inline(isLast);
    return shown === undefined ? undefined : prose(shown);
  }

  function codeLine(mark: string, isLast: boolean): string | undefined {
    const end = pending.indexOf("\n");
    if (end < 0 && !isLast) return undefined;
    const line = end < 0 ? pending : pending.slice(0, end);
    pending = end < 0 ? "" : pending.slice(end + 1);
    const lineBreak = end < 0 ? "" : "\n";
    if (!line.trimStart().startsWith(mark) || /[^`~\s]/.test(line))
      return keep(`${line === "" ? "" : style.green(line)}${lineBreak}`);
    fence = undefined;
    return "";
  }

  function lineStart(isLast: boolean): string | undefined {
    const end = pending.indexOf("\n");
    const start = end < 0 ? pending : pending.slice(0, end);
    // Until there is more than markup alone, the line may still become anything.
    if (
      end < 0 &&
      !isLast &&
      /^\s*(?:#{0,6}|[-*+]|\d{1,3}[.)]?|>|`{1,3}|~{1,3}|[*_-]{1,3})?\s*$/.test(start)
    )
      return undefined;
    const opening = /^\s*(`{3,}|~{3,})/.exec(start);
    if (opening) {
      if (end < 0 && !isLast) return undefined;
      pending = end < 0 ? "" : pending.slice(end + 1);
      fence = opening[1] ?? "```";
      const language = start.trim().slice(fence.length).trim();
      return language === "" ? "" : keep(`${style.dim(language)}\n`);
    }
    isAtLineStart = false;
    const heading = /^#{1,6} +/.exec(start);
    if (heading) return take(heading[0], "", style.bold);
    const quote = /^\s*> ?/.exec(start);
    if (quote) return take(quote[0], style.dim("│ "), style.dim);
    const bullet = /^(\s*)[-*+] +(?=\S)/.exec(start);
    if (bullet) return take(bullet[0], `${bullet[1] ?? ""}• `);
    if (/^\s*\|/.test(start)) return end < 0 && !isLast ? holdLine() : literalLine(end);
    return "";
  }

  /** A table's line waits for its end, since bars and dashes are no markup in it. */
  function holdLine(): undefined {
    isAtLineStart = true;
    return undefined;
  }

  function literalLine(end: number): string {
    const line = end < 0 ? pending : pending.slice(0, end + 1);
    pending = pending.slice(line.length);
    isAtLineStart = end >= 0;
    return keep(line);
  }

  /** Text whose lines stay as they are. */
  function keep(text: string): string {
    return wrap?.keep(text) ?? text;
  }

  function prose(text: string): string {
    return wrap?.wrap(text) ?? text;
  }

  function take(
    markup: string,
    shown: string,
    paint: (text: string) => string = (text) => text,
  ): string {
    pending = pending.slice(markup.length);
    paintLine = paint;
    return prose(shown);
  }

  function inline(isLast: boolean): string | undefined {
    const mark = pending.search(/[\n*_`[\\]/);
    if (mark !== 0) return paintLine(cut(mark < 0 ? pending.length : mark));
    if (pending.startsWith("\n")) {
      isAtLineStart = true;
      paintLine = (text) => text;
      return cut(1);
    }
    // Underscores inside of a word belong to the word.
    if (pending.startsWith("_") && /\w/.test(lastChar)) return paintLine(cut(1));
    const span = readSpan(pending, isLast);
    if (span) {
      cut(span.length);
      return paintLine(paintSpan(span, style));
    }
    const isWhole = isLast || pending.includes("\n") || pending.length > maxSpanChars;
    return isWhole || !mayBecomeSpan(pending)
      ? paintLine(cut(/^\*+|^_+|^`+|^./.exec(pending)?.[0].length ?? 1))
      : undefined;
  }

  function cut(length: number): string {
    const text = pending.slice(0, length);
    pending = pending.slice(length);
    lastChar = text.slice(-1);
    return text;
  }

  function drain(isLast: boolean): string {
    let shown = "";
    for (;;) {
      const piece = step(isLast);
      if (piece === undefined) return shown;
      shown += piece;
    }
  }

  return {
    push(delta) {
      pending += plain(delta);
      return drain(false);
    },
    end: () => drain(true) + (wrap?.flush() ?? ""),
  };
}

interface Span {
  readonly kind: "bold" | "italic" | "code" | "link" | "escape";
  readonly text: string;
  readonly url?: string;
  /** Characters of the source. */
  readonly length: number;
}

const spanRules: readonly (readonly [Span["kind"], RegExp])[] = [
  ["escape", /^\\([\\`*_{}[\]()#+.!|-])/],
  ["code", /^``([^\n]+?)``(?!`)/],
  ["code", /^`([^`\n]+)`/],
  ["bold", /^\*\*(?=\S)([^\n]*?\S)\*\*(?!\*)/],
  ["bold", /^__(?=\S)([^\n]*?\S)__(?!\w)/],
  ["italic", /^\*(?=[^\s*])([^*\n]*[^\s*])\*(?![*\w])/],
  ["italic", /^_(?=[^\s_])([^_\n]*[^\s_])_(?!\w)/],
  ["link", /^\[([^\]\n]+)\]\(([^()\s]+)\)/],
];

/** The span that the text begins with; `isLast`: nothing follows it. */
function readSpan(text: string, isLast: boolean): Span | undefined {
  for (const [kind, rule] of spanRules) {
    const found = rule.exec(text);
    if (!found) continue;
    // Whether it ends there depends on the next character, which may not be here yet.
    const mayGoOn = found[0].length === text.length && !isLast;
    if (mayGoOn && (kind === "bold" || kind === "italic")) return undefined;
    const url = found[2];
    return {
      kind,
      text: found[1] ?? "",
      length: found[0].length,
      ...(url === undefined ? {} : { url }),
    };
  }
  return undefined;
}

/** Whether what begins with a mark can still become a span. */
function mayBecomeSpan(text: string): boolean {
  if (/^(?:\*{1,2}|_{1,2}|`{1,2}|\[|\\)$/.test(text)) return true;
  if (/^(?:\*{1,2}|_{1,2})\s/.test(text) || /^\\[^\\`*_{}[\]()#+.!|-]/.test(text)) return false;
  if (text.startsWith("[")) return /^\[[^\]]*(?:\](?:\([^()\s]*)?)?$/.test(text);
  return true;
}

function paintSpan({ kind, text, url }: Span, style: Style): string {
  switch (kind) {
    case "bold":
    case "italic":
      return style.bold(text.replace(/\\([*_`])/g, "$1").replace(/`([^`]+)`/g, "$1"));
    case "code":
      return style.green(text);
    case "link":
      return url === text || url === undefined ? text : `${text} ${style.dim(`(${url})`)}`;
    case "escape":
      return text;
    default:
      return kind satisfies never;
  }
}
