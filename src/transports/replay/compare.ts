import type { ItemSummary, RequestSummary } from "./recording.ts";

/** Where a request first differs from the recorded one. */
export interface Difference {
  /** `item 5, the result of terminal`. */
  readonly where: string;
  /** Both sides around the first differing character, in one line. */
  readonly recorded: string;
  readonly asked: string;
  /** Both sides at length, for a closer look. */
  readonly diff: string;
}

/** Characters of each side that are shown in one line, and at length. */
const excerptChars = 80;
const diffChars = 4000;
/** Characters before the first differing one. */
const leadChars = 20;

/** What changes from one run to the next although the run is the same. */
const volatile: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?/g, "{{time}}"],
  [/\b\d{4}-\d\d-\d\d\b/g, "{{date}}"],
  [/\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2}\b/g, "{{date}}"],
  [/\b\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?\b/g, "{{time}}"],
  [/\b\d+(?:\.\d+)? ?(?:ms|µs|s|sec|seconds?)\b/g, "{{duration}}"],
  [/((?:"pid"|\bpid\b)\W{0,2}\s?)\d+/gi, "$1{{pid}}"],
  // Also where the document stands in a string of another one.
  [/("(?:\w+_)?(?:uptime|duration)_(?:ms|seconds)\\*"\s?:\s?)[\d.]+/g, "$1{{duration}}"],
  // Of a result that compression left out: a duration in it may have had another number of digits.
  [/\b\d+(?= characters, \d+ lines(?:, exit -?\d+)?\])/g, "{{size}}"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "{{id}}"],
  [/\bproc_\w+/g, "{{id}}"],
  [/(?:\/private)?(?:\/var\/folders\/\w+\/\w+\/T|\/var\/tmp|\/tmp)\/[\w.-]+/g, "{{temp}}"],
];

/**
 * The first difference that matters, or undefined: kinds and order of items, tool names, arguments and texts, except
 * for times, durations, process ids, random ids and temporary paths. Not compared: the model, the instructions, and
 * fields that the recording leaves out.
 */
export function firstDifference(
  recorded: RequestSummary,
  asked: RequestSummary,
): Difference | undefined {
  const count = Math.max(recorded.items.length, asked.items.length);
  for (let index = 0; index < count; index++) {
    const before = recorded.items[index];
    const now = asked.items[index];
    const where = `item ${index + 1}`;
    if (before === undefined || now === undefined || before.type !== now.type) {
      return difference(where, nameOf(before), nameOf(now));
    }
    for (const field of ["name", "arguments", "output", "text", "isError", "images"] as const) {
      const old = before[field];
      if (old === undefined) continue;
      const [oldText, newText] = [settled(old), settled(now[field])];
      if (oldText !== newText) return difference(`${where}, ${nameOf(now)}`, oldText, newText);
    }
  }
  return undefined;
}

/** What a text comes to without what changes from run to run. */
export function settled(value: ItemSummary[keyof ItemSummary]): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  return volatile.reduce((kept, [pattern, name]) => kept.replace(pattern, name), text);
}

function nameOf(item: ItemSummary | undefined): string {
  if (item === undefined) return "nothing";
  switch (item.type) {
    case "tool-call":
      return `a call of ${item.name ?? "a tool"}`;
    case "tool-result":
      return `the result of ${item.name ?? "a tool"}`;
    case "user-message":
      return "a message of the user";
    case "assistant-message":
      return "a message of the model";
    default:
      return item.type;
  }
}

function difference(where: string, recorded: string, asked: string): Difference {
  const start = Math.max(0, commonPrefix(recorded, asked) - leadChars);
  const side = (text: string): string => {
    const shown = text.slice(start, start + excerptChars).replace(/\s+/g, " ");
    return `${start > 0 ? "..." : ""}${shown}${start + excerptChars < text.length ? "..." : ""}`;
  };
  const lines = (sign: string, text: string): string =>
    text
      .slice(0, diffChars)
      .split("\n")
      .map((line) => `${sign} ${line}`)
      .join("\n");
  return {
    where,
    recorded: side(recorded),
    asked: side(asked),
    diff: `${where}\n${lines("-", recorded)}\n${lines("+", asked)}`,
  };
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
