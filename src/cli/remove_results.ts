import { join } from "node:path/posix";
import type { App } from "../app.ts";
import { errnoOf } from "../core/errors.ts";
import { childResultsPrefix, sessionResultsDirectory } from "../tools/result_place.ts";
import { printWarning } from "./print.ts";

/** Removes the whole results of a session that is deleted already: a failure costs disk space, and is told, no more. */
export async function removeResults(
  { ports, paths }: Pick<App, "ports" | "paths">,
  sessionId: string,
): Promise<void> {
  const own = sessionResultsDirectory(paths.resultsDirectory, sessionId);
  for (const directory of [own, ...(await childDirectories({ ports, paths }, sessionId))]) {
    await removeDirectory(ports, directory, sessionId);
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

async function removeDirectory(
  ports: App["ports"],
  directory: string,
  sessionId: string,
): Promise<void> {
  try {
    await ports.files.remove(directory, { recursive: true });
  } catch (error) {
    // Most sessions have none.
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return;
    const problem = error instanceof Error ? error.message : String(error);
    await printWarning(
      ports,
      `Results of ${sessionId} were not removed (${problem}): ${directory}`,
    );
  }
}
