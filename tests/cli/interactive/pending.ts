import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PendingSubsystem } from "../../../src/tools/pending_changes.ts";
import type { Chat } from "../../fakes/chat.ts";

/** Writes a file of the chat's home. */
export async function write(chat: Chat, path: string, text: string): Promise<void> {
  const file = join(chat.cwd, "home", path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** Puts a change in place that waits under an id. */
export async function stage(
  chat: Chat,
  subsystem: PendingSubsystem,
  id: string,
  payload: { readonly action: string; readonly [field: string]: string },
): Promise<void> {
  const change = {
    id,
    subsystem,
    action: payload.action,
    summary: `${payload.action} it`,
    origin: "s1",
    created_at: "2026-01-31T00:00:00.000Z",
    payload,
  };
  await write(chat, `pending/${subsystem}/${id}.json`, JSON.stringify(change));
}

/** What is told for a line. */
export async function told(chat: Chat, line: string): Promise<readonly string[]> {
  const before = chat.seen().length;
  chat.type(`${line}\r`);
  await chat.untilShown(line);
  await chat.settle();
  await chat.untilPrompt();
  const home = join(chat.cwd, "home");
  return chat
    .seen()
    .slice(before, -2)
    .map((shown) => shown.replaceAll(home, "HOME"));
}
