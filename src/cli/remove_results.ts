import type { App } from "../app.ts";
import { errnoOf } from "../core/errors.ts";
import { sessionResultsDirectory } from "../tools/result_place.ts";
import { printWarning } from "./print.ts";

/** Removes the whole results of a session that is deleted already: a failure costs disk space, and is told, no more. */
export async function removeResults(
  { ports, paths }: Pick<App, "ports" | "paths">,
  sessionId: string,
): Promise<void> {
  const directory = sessionResultsDirectory(paths.resultsDirectory, sessionId);
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
