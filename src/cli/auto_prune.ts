import { counted } from "../core/counted.ts";
import type { App } from "../app.ts";
import { removeSessionFiles } from "./remove_results.ts";

const dayMs = 86_400_000;

/**
 * Deletes what was not used for `sessions.retention_days` where `sessions.auto_prune` asks for it, at most once a day for
 * all processes of a home; resolves with what to say about it. `current` is not deleted, however old it is.
 */
export async function autoPrune(
  app: Pick<App, "config" | "sessions" | "ports" | "paths">,
  current: string,
): Promise<string | undefined> {
  const { auto_prune: isOn, retention_days: days } = (await app.config()).sessions;
  if (!isOn) return undefined;
  const catalog = await app.sessions();
  const now = app.ports.clock.now();
  if (!(await catalog.claimChore("prune", { at: now, everyMs: dayMs }))) return undefined;
  const before = now - days * dayMs;
  const deleted = await catalog.prune(before, { dryRun: false, except: [current] });
  if (deleted.length === 0) return undefined;
  await removeSessionFiles(
    app,
    deleted.flatMap(({ ids }) => ids),
  );
  return `Deleted ${counted(deleted.length, "session")} not used for ${days} days (sessions.auto_prune)`;
}
