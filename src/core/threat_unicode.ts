import type { Threat } from "./threat.ts";

/** Characters that draw nothing; a single one is common (emoji, Persian, a byte order mark), several in a row are not. */
const zeroWidth =
  "\\u00ad\\u034f\\u061c\\u180e\\u200b-\\u200f\\u2060-\\u2064\\u206a-\\u206f\\ufeff";
const selectors = "\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}";
const fillers = "\\u115f\\u1160\\u3164\\uffa0";

const bidi = /[\u202a-\u202e\u2066-\u2069]/u;
const tags = /[\u{e0000}-\u{e007f}]/u;
const zeroWidthRun = new RegExp(`[${zeroWidth}]{2}|[${selectors}]{2}|[${fillers}]{2}`, "u");
/** The flags of England, Scotland and Wales are the one use of tag characters (Unicode TR 51, section 2.5). */
const flagSequences = /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{1,6}\u{e007f}/gu;
const drawnAsNothing = new RegExp(
  `[${zeroWidth}${selectors}${fillers}\\u202a-\\u202e\\u2066-\\u2069\\u{e0000}-\\u{e007f}]`,
  "gu",
);

/** Text that a model reads and a person does not see, or sees in another order. */
export function invisibleThreats(text: string): readonly Threat[] {
  const found: readonly (readonly [boolean, string])[] = [
    [bidi.test(text), "control characters that change the order in which text is shown"],
    [tags.test(text.replace(flagSequences, "")), "tag characters, which spell text invisibly"],
    [zeroWidthRun.test(text), "a run of characters without width"],
  ];
  return found.flatMap(([isThere, what]) => (isThere ? [{ kind: "invisible", what }] : []));
}

/** Letters of other scripts that look like Latin ones. */
const lookalikes: Readonly<Record<string, string>> = {
  а: "a",
  е: "e",
  о: "o",
  р: "p",
  с: "c",
  у: "y",
  х: "x",
  і: "i",
  ѕ: "s",
  ј: "j",
  ο: "o",
  ι: "i",
};

/** The text as its letters read: lower case, without what is not drawn, look-alikes as the letters they imitate. */
export function visibleText(text: string): string {
  return text
    .replace(drawnAsNothing, "")
    .normalize("NFKC")
    .toLowerCase()
    .replace(/\r\n?/g, "\n")
    .replace(/[аеорсухіѕјοι]/g, (letter) => lookalikes[letter] ?? letter);
}

/** Characters after the beginning of an element that is not shown, in which its text is looked for. */
const hiddenElementChars = 500;
const hiddenElement =
  /<(?:div|span|p|section|font)\b[^>]{0,200}?(?:display ?: ?none|visibility ?: ?hidden|font-size ?: ?0|opacity ?: ?0\b|\shidden\b)[^>]{0,200}>/g;

/** What of a Markdown or HTML text is not shown: its comments, and the beginning of its hidden elements. */
export function hiddenTextOf(text: string): readonly string[] {
  const hidden: string[] = [];
  for (let at = text.indexOf("<!--"); at !== -1;) {
    const end = text.indexOf("-->", at + 4);
    hidden.push(text.slice(at + 4, end === -1 ? text.length : end));
    // A comment that is never closed hides all that follows.
    at = end === -1 ? -1 : text.indexOf("<!--", end + 3);
  }
  for (const { index, 0: tag } of text.matchAll(hiddenElement)) {
    const begin = index + tag.length;
    hidden.push(text.slice(begin, begin + hiddenElementChars));
  }
  return hidden;
}
