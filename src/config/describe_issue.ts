import type * as z from "zod";

/** What a value has to be, as the end of a sentence: `expects a whole number of at least 1`. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expects ${TYPES.get(issue.expected) ?? issue.expected}`;
    case "invalid_value":
      return `expects one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "too_small":
      if (issue.origin === "string") return "expects text that is not empty";
      return `expects ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `expects ${issue.inclusive ? "at most" : "less than"} ${issue.maximum}`;
    case "invalid_union":
      return "expects text";
    case "custom":
      return issue.message;
    case "invalid_key":
      return issue.issues.map(describeIssue).join(", ");
    case "invalid_format":
    case "not_multiple_of":
    case "unrecognized_keys":
    case "invalid_element":
      return `cannot be used: ${issue.message}`;
    default:
      issue satisfies never;
      throw new TypeError("Unknown issue");
  }
}

/** Whether a rule of ours was broken, whose words say all that is to be said. */
export function isOurRule({ code }: z.core.$ZodIssue): boolean {
  return code === "custom" || code === "invalid_key";
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ["int", "a whole number"],
  ["number", "a number"],
  ["boolean", "true or false"],
  ["string", "text"],
  ["array", "a list"],
  ["object", "a table of keys"],
  ["record", "a table of keys"],
]);

/** A value as messages show it: short, on one line, nothing of what is inside tables and lists. */
export function showValue(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a table of keys";
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
