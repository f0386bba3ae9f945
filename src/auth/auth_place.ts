import type { FileStore } from "../core/ports.ts";

/** Group and others; nobody but the owner may read logins. */
const othersBits = 0o077;

/** What is wrong with the place of a file of logins, one sentence each; the next login or renewal repairs it. */
export async function placeWarnings(
  files: Pick<FileStore, "stat">,
  path: string,
): Promise<readonly string[]> {
  const found = await files.stat(path).catch(() => undefined);
  if (!found || (found.mode & othersBits) === 0) return [];
  return [`Others can read the logins in ${path}: chmod 600 ${path}`];
}
