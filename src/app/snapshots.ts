import { errorMessage } from "../core/errors.ts";
import { join } from "node:path/posix";
import { textOf, type Item } from "../core/item.ts";
import { isJsonObject, parseJson, type Json, type JsonObject } from "../core/json.ts";
import type { StoredItem, WholeSession } from "../core/session_store.ts";
import { wholeItems } from "../core/whole_items.ts";
import type { AppParts } from "./parts.ts";

/** Where a session is written to as JSON. */
export function snapshotPath(directory: string, sessionId: string): string {
  return join(directory, `session_${sessionId}.json`);
}

/** Writes a session anew; resolves with what went wrong the first time that it did. */
export type Snapshots = (sessionId: string) => Promise<readonly string[]>;

/**
 * Sessions as JSON files, one each, named after the part with which it goes on. No turn fails by them: that a file cannot
 * be written is told once.
 */
export function createSnapshots(app: AppParts, tools: readonly string[]): Snapshots {
  let hasFailed = false;
  return async (sessionId) => {
    try {
      await writeSnapshot(app, sessionId, tools);
      return [];
    } catch (error) {
      if (hasFailed) return [];
      hasFailed = true;
      const problem = errorMessage(error);
      const directory = app.paths.snapshotsDirectory;
      return [`The session was not written as JSON (${problem}): ${directory}`];
    }
  };
}

async function writeSnapshot(
  app: AppParts,
  sessionId: string,
  tools: readonly string[],
): Promise<void> {
  const { files } = app.ports;
  const [catalog, redactor] = await Promise.all([app.sessions(), app.redactor()]);
  const session = await catalog.whole(sessionId);
  const items = await wholeItems(catalog, session);
  const directory = app.paths.snapshotsDirectory;
  const path = snapshotPath(directory, session.id);
  const snapshot = snapshotOf(session, items, tools);
  // One that holds more is not given up for one that holds less.
  if ((await storedCount(app, path)) > items.length) return;
  await files.makeDirectory(directory, { mode: 0o700 });
  const text = JSON.stringify(
    redacted(snapshot, (each) => redactor.boundary(each)),
    undefined,
    2,
  );
  await files.replaceFile(path, `${text}\n`, { mode: 0o600, isModeFixed: true });
}

/** How many messages the file holds; none where there is none, or something else. */
async function storedCount({ ports }: AppParts, path: string): Promise<number> {
  if ((await ports.files.stat(path)) === undefined) return 0;
  const stored = parseJson(await ports.files.readText(path));
  const count = isJsonObject(stored) ? stored["message_count"] : undefined;
  return typeof count === "number" ? count : 0;
}

function snapshotOf(
  session: WholeSession,
  items: readonly StoredItem[],
  tools: readonly string[],
): JsonObject {
  return {
    session_id: session.id,
    model: session.model,
    base_url: session.baseUrl,
    platform: session.source,
    session_start: isoTime(session.startedAt),
    last_updated: isoTime(session.updatedAt),
    system_prompt: session.instructions,
    tools,
    message_count: items.length,
    messages: items.map(({ item, at }) => ({ ...messageOf(item), timestamp: isoTime(at) })),
  };
}

/** An item as a chat message, which is what readers of such files know. */
function messageOf(item: Item): JsonObject {
  switch (item.type) {
    case "user-message":
      return {
        role: "user",
        content: textOf(item),
        ...(item.parts.some(({ type }) => type === "image")
          ? { images: item.parts.flatMap((part) => (part.type === "image" ? part.mediaType : [])) }
          : {}),
        ...(item.synthetic ? { synthetic: true } : {}),
      };
    case "assistant-message":
      return { role: "assistant", content: item.text };
    case "reasoning":
      return { role: "assistant", content: null, reasoning: item.text };
    case "tool-call":
      return {
        role: "assistant",
        content: null,
        tool_calls: [
          {
            id: item.callId,
            type: "function",
            function: { name: item.name, arguments: item.arguments },
          },
        ],
      };
    case "tool-result":
      return {
        role: "tool",
        tool_call_id: item.callId,
        content: item.output,
        is_error: item.isError,
      };
    case "command":
      return {
        role: "tool",
        tool_name: "command",
        command: item.command,
        content: item.output,
        exit_code: item.exitCode,
      };
    case "file-change":
      return {
        role: "tool",
        tool_name: "file_change",
        content: item.changes.map(({ kind, path }) => `${kind} ${path}`).join("\n"),
      };
    case "compaction":
      return { role: "system", content: item.summary, compaction: true };
    default:
      return item satisfies never;
  }
}

function redacted(value: Json, mask: (text: string) => string): Json {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((each: Json) => redacted(each, mask));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, redacted(each, mask)]),
  );
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
