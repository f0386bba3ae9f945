import { basename, join } from "node:path/posix";
import type { App } from "../app.ts";
import { snapshotPath } from "../app/snapshots.ts";
import { errnoOf, errorMessage } from "../core/errors.ts";
import { childResultsPrefix, sessionResultsDirectory } from "../tools/result_place.ts";
import { printWarning } from "./print.ts";

/**
 * Removes what is kept beside sessions that are deleted already, their whole results and their snapshots: a failure costs
 * disk space, and is told, no more. Results that a branch tells of stay.
 */
export async function removeSessionFiles(
  app: Pick<App, "ports" | "paths" | "sessions">,
  sessionIds: readonly string[],
): Promise<void> {
  const { resultsDirectory, snapshotsDirectory } = app.paths;
  const prefix = `/${basename(resultsDirectory)}/`;
  const catalog = await app.sessions();
  const needed = new Set(await catalog.namedInBranches(prefix, sessionIds));
  for (const sessionId of sessionIds) {
    const own = sessionResultsDirectory(resultsDirectory, sessionId);
    const results = [own, ...(await childDirectories(app, sessionId))];
    for (const directory of needed.has(sessionId) ? [] : results) {
      await remove(app, "Results", sessionId, directory);
    }
    await remove(app, "The snapshot", sessionId, snapshotPath(snapshotsDirectory, sessionId));
  }
}

/** Of what its sub-agents did; none where there is nothing to list. */
async function childDirectories(
  { ports, paths }: Pick<App, "ports" | "paths">,
  sessionId: string,
): Promise<readonly string[]> {
  const prefix = childResultsPrefix(sessionId);
  const entries = await ports.files.list(paths.resultsDirectory).catch(() => []);
  return entries
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name }) => join(paths.resultsDirectory, name));
}

async function remove(
  { ports }: Pick<App, "ports">,
  what: string,
  sessionId: string,
  path: string,
): Promise<void> {
  try {
    await ports.files.remove(path, { recursive: true });
  } catch (error) {
    // Most sessions have none.
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return;
    const problem = errorMessage(error);
    const verb = what === "Results" ? "were" : "was";
    await printWarning(ports, `${what} of ${sessionId} ${verb} not removed (${problem}): ${path}`);
  }
}
