import { dirname, join } from "node:path/posix";
import type { JsonObject } from "../core/json.ts";
import type { Clock, FileStore } from "../core/ports.ts";

/** A write that waits until the user allows it. */
export interface PendingWrite {
  readonly subsystem: "memory" | "skills";
  readonly action: string;
  /** What it would do, in one line for a person. */
  readonly summary: string;
  /** Where it came from: `oneshot`, `mcp`, ... */
  readonly origin: string;
  /** The arguments with which it is made. */
  readonly payload: JsonObject;
}

/**
 * Keeps a write as `<home>/pending/<subsystem>/<8 hexadecimal digits>.json`, readable by its owner alone; its id.
 * @throws the operating system's error
 */
export async function stageWrite(
  { files, clock }: { readonly files: FileStore; readonly clock: Pick<Clock, "now"> },
  hermesHome: string,
  write: PendingWrite,
): Promise<string> {
  const id = crypto.randomUUID().slice(0, 8);
  const path = join(hermesHome, "pending", write.subsystem, `${id}.json`);
  const { payload, ...facts } = write;
  const staged = { id, ...facts, created_at: new Date(clock.now()).toISOString(), payload };
  await files.makeDirectory(dirname(path), { mode: 0o700 });
  await files.replaceFile(path, `${JSON.stringify(staged, null, 2)}\n`, { mode: 0o600 });
  return id;
}
