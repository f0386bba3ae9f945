/** A piece of an answer: text for the user, or reasoning. */
export interface Segment {
  readonly channel: "text" | "reasoning";
  readonly text: string;
  /** All text before it was reasoning: its tag was opened in the prompt, and only the closing one is in the answer. */
  readonly endsPrefilled?: true;
}

/** Splits the text of an answer that comes in pieces. */
export interface ThinkSplitter {
  push(delta: string): readonly Segment[];
  end(): readonly Segment[];
}

/** Tags that open models write around their reasoning when their server does not take it out. */
const names = ["think", "thinking", "reasoning", "thought", "reasoning_scratchpad"];
const openings = names.map((name) => `<${name}>`);
const closings = names.map((name) => `</${name}>`);
const lineTags = [...openings, ...closings];
const fence = "```";
const longestTag = Math.max(...lineTags.map((tag) => tag.length));
/** Blank characters that are held back for a tag that may follow them. */
const maxBlanks = 256;

/**
 * Takes reasoning between tags out of text. A tag counts at the beginning of a line, outside of code: one that is
 * mentioned in a sentence stays. A block that is never closed is reasoning to its end. Holds back only what may still
 * become a tag; the segments of a text do not depend on how it was cut, but for their own cuts.
 */
export function createThinkSplitter(): ThinkSplitter {
  let held = "";
  let isLineStart = true;
  let isCode = false;
  let hasOpened = false;
  /** The tag that ends the block we are in. */
  let closing: string | undefined;

  function split(isEnd: boolean): readonly Segment[] {
    const segments: Segment[] = [];
    let goesOn = true;
    while (goesOn && held !== "") {
      if (closing !== undefined) goesOn = takeReasoning(segments, closing, isEnd);
      else goesOn = isLineStart ? takeLineStart(segments, isEnd) : takeLine(segments);
    }
    return segments;
  }

  // Each takes something off `held` and tells whether to go on; if not, only more text can tell what the rest is.

  function takeReasoning(segments: Segment[], tag: string, isEnd: boolean): boolean {
    const at = held.search(new RegExp(tag, "i"));
    const until = at >= 0 ? at : isEnd ? held.length : held.length - partialLength(held, tag);
    if (until > 0) segments.push({ channel: "reasoning", text: held.slice(0, until) });
    held = held.slice(at >= 0 ? at + tag.length : until);
    if (at < 0) return false;
    closing = undefined;
    isLineStart = true;
    return true;
  }

  function takeLineStart(segments: Segment[], isEnd: boolean): boolean {
    const blanks = held.length - held.trimStart().length;
    const word = held.slice(blanks, blanks + longestTag).toLowerCase();
    const tag = isCode ? undefined : lineTags.find((candidate) => word.startsWith(candidate));
    if (tag !== undefined) {
      held = held.slice(blanks + tag.length);
      if (openings.includes(tag)) closing = tag.replace("<", "</");
      else if (!hasOpened) segments.push({ channel: "text", text: "", endsPrefilled: true });
      hasOpened = true;
      return true;
    }
    const mayBecome = [fence, ...(isCode ? [] : lineTags)];
    const isOpen = mayBecome.some((candidate) => candidate.startsWith(word));
    if (isOpen && blanks <= maxBlanks && !isEnd) return false;
    if (word.startsWith(fence)) isCode = !isCode;
    isLineStart = false;
    return true;
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

/** How many characters at the end of a text may be the beginning of the tag. */
function partialLength(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--) {
    if (tag.startsWith(text.slice(-length).toLowerCase())) return length;
  }
  return 0;
}
