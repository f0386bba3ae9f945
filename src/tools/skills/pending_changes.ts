import { join } from "node:path/posix";
import { errnoOf } from "../../core/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";
import type { Clock, FileStore } from "../../core/ports.ts";

/** A change of the skills that waits for somebody to look at it. */
export interface PendingChange {
  /** 8 hexadecimal digits; the name of its file. */
  readonly id: string;
  readonly action: string;
  /** In a few words. */
  readonly summary: string;
  /** Who asked for it: the id of a session. */
  readonly origin: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** The arguments of the call. */
  readonly payload: JsonObject;
}

export interface PendingDeps {
  readonly files: FileStore;
  readonly clock: Pick<Clock, "now">;
  readonly hermesHome: string;
}

function pendingDirectory(hermesHome: string): string {
  return join(hermesHome, "pending", "skills");
}

/** Keeps a change for later; its id. @throws the operating system's error */
export async function stageChange(
  { files, clock, hermesHome }: PendingDeps,
  change: Pick<PendingChange, "action" | "summary" | "origin" | "payload">,
): Promise<string> {
  const directory = pendingDirectory(hermesHome);
  await files.makeDirectory(directory, { mode: 0o700 });
  let id = newId();
  while (await files.linkStat(join(directory, `${id}.json`))) id = newId();
  const { action, summary, origin, payload } = change;
  const createdAt = new Date(clock.now()).toISOString();
  const text = JSON.stringify(
    { id, subsystem: "skills", action, summary, origin, created_at: createdAt, payload },
    null,
    2,
  );
  await files.replaceFile(join(directory, `${id}.json`), `${text}\n`, { mode: 0o600 });
  return id;
}

function newId(): string {
  return crypto.randomUUID().slice(0, 8);
}

/** The changes that wait, the oldest first; what is none is passed over. @throws the operating system's error */
export async function pendingChanges({
  files,
  hermesHome,
}: Pick<PendingDeps, "files" | "hermesHome">): Promise<readonly PendingChange[]> {
  const directory = pendingDirectory(hermesHome);
  const entries = await files.list(directory).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  });
  const changes: PendingChange[] = [];
  for (const { name } of entries) {
    const id = /^([0-9a-f]{8})\.json$/.exec(name)?.[1];
    if (id === undefined) continue;
    const value = parseJson(await files.readText(join(directory, name)));
    const payload = isJsonObject(value) ? value["payload"] : undefined;
    if (!isJsonObject(value) || !isJsonObject(payload)) continue;
    const text = (field: string): string => {
      const found = value[field];
      return typeof found === "string" ? found : "";
    };
    changes.push({
      id,
      action: text("action"),
      summary: text("summary"),
      origin: text("origin"),
      createdAt: text("created_at"),
      payload,
    });
  }
  return changes.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

/** Forgets a change, after it was made or because it is not wanted. @throws the operating system's error */
export async function forgetChange(
  { files, hermesHome }: Pick<PendingDeps, "files" | "hermesHome">,
  { id }: Pick<PendingChange, "id">,
): Promise<void> {
  await files.remove(join(pendingDirectory(hermesHome), `${id}.json`));
}
