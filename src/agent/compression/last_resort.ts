import { type ModelItem, textOf, type ToolCall } from "../../core/item.ts";
import { isJsonObject, parseJson } from "../../core/json.ts";
import { isSaidByUser } from "./cut.ts";
import { serialize } from "./serialize.ts";
import { shorten } from "./shorten.ts";

/** Characters of a summary that no model made. */
export const lastResortChars = 8_000;

/**
 * What can be said of dropped items without a model: what the user asked for, which files and tools were used, and how it
 * ended. At most 8,000 characters.
 */
export function lastResortSummary(dropped: readonly ModelItem[], previous?: string): string {
  const asked = dropped.filter(isSaidByUser).map(textOf);
  const calls = dropped.filter((item): item is ToolCall => item.type === "tool-call");
  const parts = [
    "No model could be asked for a summary: these are excerpts, and much is missing. Look again before you rely on anything.",
    ...section("The user's last requests", asked.slice(-3).map(excerpt)),
    ...section("Files and commands", [...new Set(calls.flatMap(placesOf))].slice(-30)),
    ...section("Tools used", [...countsOf(calls)]),
    ...section("How it ended", serialize(dropped).slice(-6).map(excerpt)),
    ...(previous === undefined
      ? []
      : section("From the summary before", [
          shorten(previous, { limit: 2_500, head: 1_900, tail: 500 }),
        ])),
  ];
  return shorten(parts.join("\n\n"), {
    limit: lastResortChars,
    head: lastResortChars - 50,
    tail: 0,
  });
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`## ${title}\n${lines.map((line) => `- ${line}`).join("\n")}`];
}

function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return shorten(line, { limit: 430, head: 400, tail: 0 });
}

function placesOf(call: ToolCall): readonly string[] {
  const input = parseJson(call.arguments);
  if (!isJsonObject(input)) return [];
  return ["path", "command", "cmd"].flatMap((name) => {
    const value = input[name];
    return typeof value === "string" ? [excerpt(value).slice(0, 120).toWellFormed()] : [];
  });
}

function* countsOf(calls: readonly ToolCall[]): Generator<string> {
  const counts = new Map<string, number>();
  for (const { name } of calls) counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const [name, count] of counts) yield `${name}: ${count} ${count === 1 ? "call" : "calls"}`;
}
