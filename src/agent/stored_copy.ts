import type { ChangedFile, Compaction, Item, ModelItem, Replay } from "../core/item.ts";
import { isJsonObject, type Json } from "../core/json.ts";
import type { Redactor } from "../core/redact.ts";

type Redaction = Pick<Redactor, "content" | "held">;

/**
 * The item as it is kept: secrets that somebody repeated in a text or in arguments are masked. What a person sent, and
 * what a tool found, must otherwise stay what it was, for the model that reads it again.
 */
export function storedCopy(item: Item, redactor: Redaction): Item {
  switch (item.type) {
    case "command":
      return {
        ...item,
        command: redactor.content(item.command),
        output: redactor.held(item.output),
      };
    case "file-change":
      return { ...item, changes: item.changes.map((change) => storedChange(change, redactor)) };
    case "compaction":
      return storedCompaction(item, redactor);
    default:
      return storedModelItem(item, redactor);
  }
}

function storedChange(change: ChangedFile, redactor: Redaction): ChangedFile {
  return change.diff === undefined ? change : { ...change, diff: redactor.held(change.diff) };
}

/** The same of a compaction, which begins a session. */
export function storedCompaction(compaction: Compaction, redactor: Redaction): Compaction {
  return {
    ...compaction,
    context: compaction.context.map((each) => storedModelItem(each, redactor)),
    summary: redactor.content(compaction.summary),
  };
}

function storedModelItem(item: ModelItem, redactor: Redaction): ModelItem {
  switch (item.type) {
    case "user-message":
      return {
        ...item,
        parts: item.parts.map((part) =>
          part.type === "text" ? { ...part, text: redactor.held(part.text) } : part,
        ),
      };
    case "assistant-message":
    case "reasoning":
      return { ...item, text: redactor.content(item.text), ...storedReplay(item, redactor) };
    case "tool-call":
      return {
        ...item,
        arguments: redactor.content(item.arguments),
        ...storedReplay(item, redactor),
      };
    case "tool-result":
      return { ...item, output: redactor.held(item.output) };
    default:
      return item satisfies never;
  }
}

function storedReplay(
  { replay }: { readonly replay?: Replay },
  redactor: Redaction,
): { readonly replay?: Replay } {
  return replay ? { replay: { ...replay, payload: storedPayload(replay.payload, redactor) } } : {};
}

/** Fields that must come back byte for byte: ids, signatures, and what only the server can read. */
const opaque = /^(?:(?:.*_)?(?:id|signature)|.*(?:Id|Signature)|encrypted_?[cC]ontent|data)$/;

function storedPayload(payload: Json, redactor: Redaction): Json {
  if (typeof payload === "string") return redactor.content(payload);
  if (Array.isArray(payload)) return payload.map((part: Json) => storedPayload(part, redactor));
  if (!isJsonObject(payload)) return payload;
  return Object.fromEntries(
    Object.entries(payload).map(([name, value]) => [
      name,
      opaque.test(name) && typeof value === "string" ? value : storedPayload(value, redactor),
    ]),
  );
}
