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

  function* split(isEnd: boolean): Generator<Segment> {
    while (held !== "") {
      const before = held;
      if (closing !== undefined) yield* takeReasoning(closing, isEnd);
      else if (isLineStart) yield* takeLineStart(isEnd);
      else yield* takeLine();
      if (held === before && !isEnd) return;
    }
  }

  function* takeReasoning(tag: string, isEnd: boolean): Generator<Segment> {
    const at = held.search(new RegExp(tag, "i"));
    const until = at >= 0 ? at : isEnd ? held.length : held.length - partialLength(held, tag);
    if (until > 0) yield { channel: "reasoning", text: held.slice(0, until) };
    held = held.slice(at >= 0 ? at + tag.length : until);
    if (at >= 0) closing = undefined;
    isLineStart = true;
  }

  function* takeLineStart(isEnd: boolean): Generator<Segment> {
    const blanks = held.length - held.trimStart().length;
    const word = held.slice(blanks, blanks + longestTag).toLowerCase();
    const tag = isCode ? undefined : lineTags.find((candidate) => word.startsWith(candidate));
    if (tag !== undefined) {
      held = held.slice(blanks + tag.length);
      if (openings.includes(tag)) closing = tag.replace("<", "</");
      else if (!hasOpened) yield { channel: "text", text: "", endsPrefilled: true };
      hasOpened = true;
      return;
    }
    const mayBecome = [fence, ...(isCode ? [] : lineTags)];
    if (!isEnd && mayBecome.some((candidate) => candidate.startsWith(word))) return;
    if (word.startsWith(fence)) isCode = !isCode;
    isLineStart = false;
  }

  function* takeLine(): Generator<Segment> {
    const newline = held.indexOf("\n");
    const until = newline < 0 ? held.length : newline + 1;
    yield { channel: "text", text: held.slice(0, until) };
    held = held.slice(until);
    isLineStart = newline >= 0;
  }

  return {
    push(delta) {
      held += delta;
      return [...split(false)];
    },
    end: () => [...split(true)],
  };
}

/** How many characters at the end of a text may be the beginning of the tag. */
function partialLength(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--) {
    if (tag.startsWith(text.slice(-length).toLowerCase())) return length;
  }
  return 0;
}
