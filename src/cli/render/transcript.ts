import { textOf, type Item } from "../../core/item.ts";
import type { SessionInfo, StoredItem } from "../../core/session_store.ts";
import type { SideUsage } from "../../core/spending.ts";
import { callShortfall } from "./call_shortfall.ts";
import { compactionLine } from "./compaction_line.ts";
import { costText } from "./cost_text.ts";
import { counted } from "../../core/counted.ts";
import type { Mask } from "./error.ts";
import { noResult, pairCalls, type PairedCalls } from "./paired_calls.ts";
import { oneLine, plainText } from "./plain.ts";
import { sideLines } from "./side_text.ts";
import type { Style } from "./style.ts";
import { relativeTime } from "./time.ts";
import { failureLine, toolLine } from "./tool_line.ts";
import { workFailure, workLine } from "./work_line.ts";

/** A session with everything in it. */
export interface StoredSession {
  readonly session: SessionInfo;
  readonly items: readonly StoredItem[];
  /** What of its usage was not the conversation's own. */
  readonly sides: readonly SideUsage[];
}

export interface TranscriptOptions {
  readonly style: Style;
  readonly mask: Mask;
  /** ms since epoch. */
  readonly now: number;
}

/** A session for people: a header, what was said in full, tool calls as one line each. */
export function renderTranscript(stored: StoredSession, options: TranscriptOptions): string {
  const { style, now } = options;
  const { session } = stored;
  const safe = (text: string): string => options.mask(plainText(text));
  const facts = [
    `${session.model} (${session.provider})`,
    session.cwd,
    counted(session.messageCount, "message"),
    ...(session.calls.count === 0 ? [] : [costText(session)]),
    relativeTime(session.updatedAt, now),
  ];
  const blocks = [
    `${style.bold(oneLine(safe(session.title ?? session.id)))}\n${style.dim(safe([...(session.title === null ? [] : [session.id]), ...facts].join(", ")))}`,
    ...sideBlocks(stored.sides).map((block) => style.dim(safe(block))),
  ];
  const calls = pairCalls(stored.items.map(({ item }) => item));
  for (const { item } of stored.items) {
    const block = renderItem(item, { calls, style, safe });
    if (block !== undefined) blocks.push(block);
  }
  return `${blocks.join("\n\n")}\n`;
}

function sideBlocks(sides: readonly SideUsage[]): readonly string[] {
  if (sides.length === 0) return [];
  return [["Of its usage:", ...sideLines(sides).map((line) => `  ${line}`)].join("\n")];
}

interface ItemScope {
  readonly calls: PairedCalls;
  readonly style: Style;
  readonly safe: Mask;
}

function renderItem(item: Item, { calls, style, safe }: ItemScope): string | undefined {
  switch (item.type) {
    case "user-message": {
      if (item.synthetic) return undefined;
      const images = item.parts.filter((part) => part.type === "image");
      const names = images.map((image) => `[image ${image.name ?? image.mediaType}]`);
      return `${style.bold("You")}\n${safe([textOf(item), ...names].join("\n").trim())}`;
    }
    case "assistant-message":
      return item.text.trim() === "" ? undefined : `${style.bold("hermes")}\n${safe(item.text)}`;
    case "tool-result": {
      const call = calls.callOf(item);
      const what = safe(call === undefined ? "tool" : toolLine(call));
      const failure = item.isError ? safe(failureLine(item)) : callShortfall(item);
      if (failure === undefined) return style.dim(`✓ ${what}`);
      return `${style.red("✗")} ${style.dim(`${what}: ${failure}`)}`;
    }
    case "command":
    case "file-change": {
      const failure = workFailure(item);
      const what = safe(workLine(item));
      if (failure === undefined) return style.dim(`✓ ${what}`);
      return `${style.red("✗")} ${style.dim(`${what}: ${failure}`)}`;
    }
    case "compaction":
      return style.dim(`── ${compactionLine(item)} ──`);
    case "tool-call":
      // It is shown with its result, where it has one.
      return calls.hasResult(item)
        ? undefined
        : `${style.red("✗")} ${style.dim(`${safe(toolLine(item))}: ${noResult}`)}`;
    // It is for the model.
    case "reasoning":
      return undefined;
    default:
      return item satisfies never;
  }
}
