import { textOf, type Item } from "../../core/item.ts";
import { callShortfall } from "./call_shortfall.ts";
import { compactionLine } from "./compaction_line.ts";
import type { Mask } from "./error.ts";
import { noResult, pairCalls, type PairedCalls } from "./paired_calls.ts";
import { oneLine, plainText } from "./plain.ts";
import { isoTime } from "./time.ts";
import type { StoredSession } from "./transcript.ts";
import { workFailure } from "./work_line.ts";

/** A session as a Markdown document: messages as they were written, tools as quoted blocks. */
export function renderMarkdown({ session, items }: StoredSession, mask: Mask): string {
  const safe = (text: string): string => mask(plainText(text));
  const calls = pairCalls(items.map(({ item }) => item));
  const header = [
    `# ${oneLine(safe(session.title ?? session.id))}`,
    [
      `- Session: ${session.id}`,
      `- Model: ${session.model} (${session.provider})`,
      `- Directory: ${session.cwd}`,
      `- Started: ${isoTime(session.startedAt)}`,
    ]
      .map((line) => oneLine(safe(line)))
      .join("\n"),
  ];
  const blocks = items.flatMap(({ item }) => renderItem(item, calls)).map(safe);
  return `${[...header, ...blocks].join("\n\n")}\n`;
}

function renderItem(item: Item, calls: PairedCalls): readonly string[] {
  switch (item.type) {
    case "user-message": {
      if (item.synthetic) return [];
      const images = item.parts.filter((part) => part.type === "image");
      const names = images.map((image) => `*Image: ${image.name ?? image.mediaType}*`);
      return ["## You", ...[textOf(item), ...names].filter((text) => text !== "")];
    }
    case "assistant-message":
      return item.text.trim() === "" ? [] : ["## hermes", item.text.trim()];
    case "tool-result": {
      const call = calls.callOf(item);
      const failure = item.isError ? "failed" : callShortfall(item);
      const title = `### Tool: ${call?.name ?? "unknown"}${failure === undefined ? "" : ` (${failure})`}`;
      const input = call === undefined ? [] : [fenced(call.arguments, "json")];
      return [title, ...input, fenced(item.output, "")];
    }
    case "command": {
      const failure = workFailure(item);
      const output = item.output === "" ? [] : [fenced(item.output, "")];
      return [
        `### Command${failure === undefined ? "" : ` (${failure})`}`,
        fenced(item.command, "sh"),
        ...output,
      ];
    }
    case "file-change": {
      const failure = workFailure(item);
      return [
        `### Changed files${failure === undefined ? "" : ` (${failure})`}`,
        item.changes.map(({ kind, path }) => `- ${kind} ${path}`).join("\n"),
        ...item.changes.flatMap(({ diff }) => (diff === undefined ? [] : [fenced(diff, "diff")])),
      ];
    }
    case "compaction":
      return [`*${compactionLine(item)}*`];
    case "tool-call":
      return calls.hasResult(item)
        ? []
        : [`### Tool: ${item.name} (${noResult})`, fenced(item.arguments, "json")];
    case "reasoning":
      return [];
    default:
      return item satisfies never;
  }
}

/** A fenced block; the fence is longer than any run of backticks inside (CommonMark 4.5). */
function fenced(text: string, language: string): string {
  const runs = text.match(/`+/g) ?? [];
  const longest = Math.max(2, ...runs.map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}
