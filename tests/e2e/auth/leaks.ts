import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** Characters of a secret that are a leak: masks show fewer. */
const length = 12;

/** Names of the texts that hold a piece of a secret. */
export function leaksIn(
  texts: ReadonlyMap<string, string>,
  secrets: readonly string[],
): readonly string[] {
  const pieces = new Set(secrets.flatMap(piecesOf));
  return [...texts].filter(([, text]) => hasOneOf(text, pieces)).map(([name]) => name);
}

/** Every file below a directory by its path from there, one character for each byte. */
export async function filesBelow(root: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const files = paths.map(async (path): Promise<[string, string]> => [
    relative(root, path),
    await readFile(path, "latin1"),
  ]);
  return new Map(await Promise.all(files));
}

function piecesOf(secret: string): readonly string[] {
  return Array.from({ length: Math.max(0, secret.length - length + 1) }, (_, start) =>
    secret.slice(start, start + length),
  );
}

function hasOneOf(text: string, pieces: ReadonlySet<string>): boolean {
  for (let start = 0; start + length <= text.length; start++) {
    if (pieces.has(text.slice(start, start + length))) return true;
  }
  return false;
}
