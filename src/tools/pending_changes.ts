import { join } from "node:path/posix";
import { errnoOf } from "../core/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../core/json.ts";
import type { Clock, FileStore } from "../core/ports.ts";

/** Whose changes can wait. */
export type PendingSubsystem = "memory" | "skills";

/** Who decides about a change before it is made: nobody, the person at the terminal, or the user later. */
export type WriteApproval = "none" | "ask" | "stage";

/** A change that waits until the user has looked at it. */
export interface PendingChange {
  /** 8 hexadecimal digits; the name of its file. */
  readonly id: string;
  readonly subsystem: PendingSubsystem;
  readonly action: string;
  /** What it would do, in one line for a person. */
  readonly summary: string;
  /** Where it came from: `oneshot`, `mcp`, the id of a session. */
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

type StoreDeps = Pick<PendingDeps, "files" | "hermesHome">;

/**
 * Keeps a change as `<home>/pending/<subsystem>/<id>.json`, readable by its owner alone; its id.
 * @throws the operating system's error
 */
export async function stageChange(
  { files, clock, hermesHome }: PendingDeps,
  change: Omit<PendingChange, "id" | "createdAt">,
): Promise<string> {
  const { subsystem, action, summary, origin, payload } = change;
  const directory = directoryOf(hermesHome, subsystem);
  await files.makeDirectory(directory, { mode: 0o700 });
  let id = newId();
  while (await files.linkStat(join(directory, `${id}.json`))) id = newId();
  const createdAt = new Date(clock.now()).toISOString();
  const staged = { id, subsystem, action, summary, origin, created_at: createdAt, payload };
  const text = `${JSON.stringify(staged, null, 2)}\n`;
  await files.replaceFile(join(directory, `${id}.json`), text, { mode: 0o600 });
  return id;
}

/**
 * The changes of a subsystem that wait, the oldest first; a file that is none is passed over.
 * @throws the operating system's error
 */
export async function pendingChanges(
  { files, hermesHome }: StoreDeps,
  subsystem: PendingSubsystem,
): Promise<readonly PendingChange[]> {
  const directory = directoryOf(hermesHome, subsystem);
  const entries = (await unlessAbsent(files.list(directory))) ?? [];
  const changes: PendingChange[] = [];
  for (const { name } of entries) {
    const id = /^([0-9a-f]{8})\.json$/.exec(name)?.[1];
    if (id === undefined) continue;
    // Another session may have decided about it by now.
    const text = await unlessAbsent(files.readText(join(directory, name)));
    const change = text === undefined ? undefined : readChange(text, { id, subsystem });
    if (change) changes.push(change);
  }
  return changes.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

/** Forgets a change, after it was made or because it is not wanted. @throws the operating system's error */
export async function forgetChange(
  { files, hermesHome }: StoreDeps,
  { id, subsystem }: Pick<PendingChange, "id" | "subsystem">,
): Promise<void> {
  await unlessAbsent(files.remove(join(directoryOf(hermesHome, subsystem), `${id}.json`)));
}

function directoryOf(hermesHome: string, subsystem: PendingSubsystem): string {
  return join(hermesHome, "pending", subsystem);
}

function newId(): string {
  return crypto.randomUUID().slice(0, 8);
}

async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function readChange(
  text: string,
  named: Pick<PendingChange, "id" | "subsystem">,
): PendingChange | undefined {
  const value = parseJson(text);
  if (!isJsonObject(value)) return undefined;
  const { payload } = value;
  if (!isJsonObject(payload)) return undefined;
  const field = (name: string): string => {
    const found = value[name];
    return typeof found === "string" ? found : "";
  };
  return {
    ...named,
    action: field("action"),
    summary: field("summary"),
    origin: field("origin"),
    createdAt: field("created_at"),
    payload,
  };
}
