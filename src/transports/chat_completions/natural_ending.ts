/** Marks that end a sentence, a quotation, a bracket, a cell of a table, or code in a line. */
const endings: ReadonlySet<string> = new Set(Array.from(".!?:…)\"'”’»]}|`^。！？：）】」』》।؟"));

/** What may follow the last sign and says nothing of its own: emphasis of Markdown. */
const emphasis: ReadonlySet<string> = new Set(["*", "_", "~"]);

/** Parts of an emoji that are none alone: variation selectors, the joiner, skin tones, tags of a flag, the keycap. */
const emojiPart =
  /^(?:\u{FE0E}|\u{FE0F}|\u{200D}|\p{Emoji_Modifier}|[\u{E0020}-\u{E007F}]|\u{20E3})$/u;
const emoji = /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator})$/u;
/** What a keycap is put around. */
const keycapBase = /^[0-9#*]$/;
const keycap = "\u{20E3}";

/** Code points below which a text is a word or two: `Done` is an answer. */
const shortestJudged = 20;

/**
 * Whether a text looks cut: long enough to hold a sentence, and ending neither in a mark nor in an emoji. Read by code
 * points, so that an emoji of several is one sign.
 */
export function looksCut(text: string): boolean {
  const points = Array.from(text.trim());
  if (points.length < shortestJudged || !points.some((point) => point.trim() === "")) return false;
  return !endsNaturally(text);
}

/** Whether a text ends as a writer ends one. */
export function endsNaturally(text: string): boolean {
  const points = Array.from(text.trimEnd());
  while (emphasis.has(points.at(-1) ?? "")) points.pop();
  // Emphasis may stand before a blank: `done. **`.
  while (points.at(-1)?.trim() === "") points.pop();
  let hasKeycap = false;
  while (emojiPart.test(points.at(-1) ?? "")) hasKeycap = points.pop() === keycap || hasKeycap;
  const last = points.at(-1) ?? "";
  return endings.has(last) || emoji.test(last) || (hasKeycap && keycapBase.test(last));
}
