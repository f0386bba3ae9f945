import { HermesError } from "../core/errors.ts";
import { isJsonObject, parseJson } from "../core/json.ts";
import type { FileStore } from "../core/ports.ts";
import { toStoreError } from "../storage/store_error.ts";
import { ifFree } from "./cron_locks.ts";
import { findServiceManager, type ServiceManager } from "./cron_service.ts";
import type { AppParts } from "./parts.ts";

/** Which process a daemon is, as `daemon.json` says. */
export interface DaemonRecord {
  readonly pid: number;
  /** ms since epoch */
  readonly startedAt: number;
}

/** How long a daemon waits for a lock that somebody only looks at, in ms. */
const lookMs = 500;

/**
 * Runs `work` as the one daemon of its home, and tells the service manager of it.
 * @throws {HermesError} `cron/busy` naming the process that is one already, `store/full`, `store/unreadable`
 */
export async function asDaemon(
  app: AppParts,
  work: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { ports, paths } = app;
  const { files, clock, host } = ports;
  const { daemonLock, daemonFile } = paths.cron;
  const run = async (): Promise<void> => {
    const record: DaemonRecord = { pid: host.pid, startedAt: clock.now() };
    try {
      await files.replaceFile(daemonFile, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    } catch (error) {
      throw toStoreError(error, daemonFile, "What the daemon is");
    }
    try {
      await serve(app, work, signal);
    } finally {
      await files.remove(daemonFile).catch(() => undefined);
    }
  };
  if (await ifFree(files, daemonLock, run, lookMs)) return;
  const pid = (await readRecord(files, daemonFile))?.pid;
  const who = pid === undefined ? "another process" : `process ${pid}`;
  throw new HermesError("cron/busy", `A daemon runs already for this home: ${who}`, {
    hint: "hermes cron status",
  });
}

/** The daemon that runs for this home; undefined where none does. */
export async function findDaemon(app: AppParts): Promise<DaemonRecord | undefined> {
  const { files } = app.ports;
  const { daemonLock, daemonFile } = app.paths.cron;
  if ((await files.stat(daemonLock)) === undefined) return undefined;
  const isFree = await ifFree(files, daemonLock, () => Promise.resolve());
  return isFree ? undefined : await readRecord(files, daemonFile);
}

/** Does the work while the service manager hears of it; that it cannot is written to the log. */
async function serve(app: AppParts, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  const manager = findServiceManager(app.ports, await app.env());
  if (!manager) return await work();
  const log = await app.log();
  const over = new AbortController();
  const tell = async (state: string): Promise<void> => {
    await manager.tell(state).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      log.write("warning", "cron.notify_failed", { state, message });
    });
  };
  const told: Promise<void>[] = [tell("READY=1"), beat(app, { manager, tell }, over.signal)];
  signal.addEventListener("abort", () => told.push(tell("STOPPING=1")), { once: true });
  try {
    await work();
  } finally {
    over.abort();
    await Promise.all(told);
  }
}

async function beat(
  { ports }: AppParts,
  to: { readonly manager: ServiceManager; readonly tell: (state: string) => Promise<void> },
  signal: AbortSignal,
): Promise<void> {
  const { watchdogMs } = to.manager;
  if (watchdogMs === undefined) return;
  while (!signal.aborted) {
    await to.tell("WATCHDOG=1");
    await ports.clock.sleep(watchdogMs, signal).catch(() => undefined);
  }
}

async function readRecord(files: FileStore, path: string): Promise<DaemonRecord | undefined> {
  const value = parseJson(await files.readText(path).catch(() => ""));
  if (!isJsonObject(value)) return undefined;
  const { pid, startedAt } = value;
  return typeof pid === "number" && typeof startedAt === "number" ? { pid, startedAt } : undefined;
}
