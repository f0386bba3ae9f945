import { type TextBlock, textBlocks } from "./text_blocks.ts";

/** A piece of an answer. */
export interface Segment {
  /** Text for the user, reasoning, or the place of a tool call that was written as text and is taken out. */
  readonly channel: "text" | "reasoning" | "leak";
  readonly text: string;
  /** All text before it was reasoning: its tag was opened in the prompt, and only the closing one is in the answer. */
  readonly endsPrefilled?: true;
}

/** Splits the text of an answer that comes in pieces. */
export interface ThinkSplitter {
  push(delta: string): readonly Segment[];
  end(): readonly Segment[];
}

/** A whole text without what was not meant for the user. */
export interface CleanText {
  readonly text: string;
  readonly hasReasoning: boolean;
  /** Whether a tool call that was written as text was taken out. */
  readonly hasLeak: boolean;
}

const openings = textBlocks.map(({ opening }) => opening);
const closings = textBlocks.map(({ closing }) => closing).filter((tag) => tag !== "");
const lineTags = [...openings, ...closings];
const fence = "```";
const longestTag = Math.max(...lineTags.map((tag) => tag.length));
/** Blank characters that are held back for a tag that may follow them. */
const maxBlanks = 256;

/**
 * Takes reasoning and what leaked from the prompt's own notation out of text. A tag counts at the beginning of a line,
 * outside of code: one that is mentioned in a sentence stays. A block that is never closed reaches to the end. Holds back
 * only what may still become a tag; the segments of a text do not depend on how it was cut, but for their own cuts.
 */
export function createThinkSplitter(): ThinkSplitter {
  let held = "";
  let isLineStart = true;
  let isCode = false;
  let hasOpened = false;
  /** The block we are in. */
  let block: TextBlock | undefined;

  function split(isEnd: boolean): readonly Segment[] {
    const segments: Segment[] = [];
    let goesOn = true;
    while (goesOn && held !== "") {
      if (block !== undefined) goesOn = takeBlock(segments, block, isEnd);
      else goesOn = isLineStart ? takeLineStart(segments, isEnd) : takeLine(segments);
    }
    return segments;
  }

  // Each takes something off `held` and tells whether to go on; if not, only more text can tell what the rest is.

  function takeBlock(segments: Segment[], { kind, closing }: TextBlock, isEnd: boolean): boolean {
    const at = closing === "" ? -1 : indexOfTag(held, closing);
    const until = at >= 0 ? at : isEnd ? held.length : held.length - partialLength(held, closing);
    if (until > 0 && kind === "reasoning") {
      segments.push({ channel: "reasoning", text: held.slice(0, until) });
    }
    held = held.slice(at >= 0 ? at + closing.length : until);
    if (at < 0) return false;
    block = undefined;
    isLineStart = true;
    return true;
  }

  function takeLineStart(segments: Segment[], isEnd: boolean): boolean {
    const blanks = held.length - held.trimStart().length;
    const word = lowerCase(held.slice(blanks, blanks + longestTag));
    const tag = isCode ? undefined : lineTags.find((candidate) => word.startsWith(candidate));
    if (tag !== undefined) {
      held = held.slice(blanks + tag.length);
      takeTag(segments, tag);
      return true;
    }
    const mayBecome = [fence, ...(isCode ? [] : lineTags)];
    const isOpen = mayBecome.some((candidate) => candidate.startsWith(word));
    if (isOpen && blanks <= maxBlanks && !isEnd) return false;
    if (word.startsWith(fence)) isCode = !isCode;
    isLineStart = false;
    return true;
  }

  function takeTag(segments: Segment[], tag: string): void {
    block = textBlocks.find(({ opening }) => opening === tag);
    const { kind } = block ?? textBlocks.find(({ closing }) => closing === tag) ?? {};
    if (block !== undefined && kind === "call") segments.push({ channel: "leak", text: "" });
    if (kind !== "reasoning") return;
    if (block === undefined && !hasOpened) {
      segments.push({ channel: "text", text: "", endsPrefilled: true });
    }
    hasOpened = true;
  }

  function takeLine(segments: Segment[]): boolean {
    const newline = held.indexOf("\n");
    const until = newline < 0 ? held.length : newline + 1;
    segments.push({ channel: "text", text: held.slice(0, until) });
    held = held.slice(until);
    isLineStart = newline >= 0;
    return true;
  }

  return {
    push(delta) {
      held += delta;
      return split(false);
    },
    end: () => split(true),
  };
}

/** The text without its blocks; as it is where there are none, blanks at its ends included. */
export function cleanText(whole: string): CleanText {
  const splitter = createThinkSplitter();
  const segments = [...splitter.push(whole), ...splitter.end()];
  const hasReasoning = segments.some((one) => one.channel === "reasoning" || one.endsPrefilled);
  const hasLeak = segments.some(({ channel }) => channel === "leak");
  const prefilled = segments.findLastIndex(({ endsPrefilled }) => endsPrefilled);
  const text = segments
    .slice(prefilled + 1)
    .map((one) => (one.channel === "text" ? one.text : ""))
    .join("");
  return { text: text === whole ? whole : text.trimStart(), hasReasoning, hasLeak };
}

/** Lower case of the letters of tags only: others may change their length. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function indexOfTag(text: string, tag: string): number {
  return lowerCase(text).indexOf(tag);
}

/** How many characters at the end of a text may be the beginning of the tag. */
function partialLength(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--) {
    if (tag.startsWith(lowerCase(text.slice(-length)))) return length;
  }
  return 0;
}
