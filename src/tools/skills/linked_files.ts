import { join } from "node:path/posix";
import type { FileStore } from "../../core/ports.ts";
import { worldProblem } from "../output.ts";
import { decodeTextFile } from "../text_file.ts";
import type { SkillPlace } from "./skill_library.ts";
import { isInside } from "./skill_library.ts";
import { linkedDirectories, skillFileName, skillLimits, skillPathProblem } from "./skill_names.ts";

type ReadFiles = Pick<FileStore, "list" | "stat" | "realPath" | "readBytes">;

/** Files that are listed, and directories that are gone into, below one another. */
const maxFiles = 500;
const maxDepth = 4;

/**
 * The other files of a skill by the directory that they are in, `other` for the rest; without hidden ones, and without
 * what a symbolic link leads to.
 */
export async function listLinkedFiles(
  files: Pick<FileStore, "list">,
  directory: string,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: string[] = [];
  const walk = async (relative: string, depth: number): Promise<void> => {
    const entries = await files.list(join(directory, relative)).catch(() => []);
    for (const { name, kind } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = relative === "" ? name : `${relative}/${name}`;
      if (found.length >= maxFiles || skillPathProblem(path) !== undefined) continue;
      if (kind === "file" && path !== skillFileName) found.push(path);
      if (kind === "directory" && depth < maxDepth) await walk(path, depth + 1);
    }
  };
  await walk("", 1);
  const groupOf = (path: string): string =>
    linkedDirectories.find((name) => path.startsWith(`${name}/`)) ?? "other";
  return Object.fromEntries(
    [...linkedDirectories, "other"].flatMap((group) => {
      const paths = found.filter((path) => groupOf(path) === group);
      return paths.length === 0 ? [] : [[group, paths] as const];
    }),
  );
}

export type LinkedFile =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary"; readonly bytes: number }
  | { readonly kind: "refused"; readonly problem: string };

/** Reads a file of a skill by its path relative to it; nothing outside of the skill. */
export async function readLinkedFile(
  files: ReadFiles,
  { directory }: Pick<SkillPlace, "directory">,
  path: string,
): Promise<LinkedFile> {
  const refused = (problem: string): LinkedFile => ({ kind: "refused", problem });
  const pathProblem = skillPathProblem(path);
  if (pathProblem !== undefined) return refused(pathProblem);
  const absolute = join(directory, path);
  try {
    const stat = await files.stat(absolute);
    if (!stat) return refused(`There is no file ${path} in this skill`);
    if (stat.kind !== "file") return refused(`${path} is no regular file`);
    if (!(await isInside(files, absolute, directory))) {
      return refused(`${path} leads out of the skill through a symbolic link`);
    }
    if (stat.size > skillLimits.fileBytes) {
      return refused(`${path} has ${stat.size} bytes, more than ${skillLimits.fileBytes}`);
    }
    const bytes = await files.readBytes(absolute);
    const decoded = decodeTextFile(bytes);
    return decoded
      ? { kind: "text", text: decoded.text }
      : { kind: "binary", bytes: bytes.byteLength };
  } catch (error) {
    const problem = worldProblem(error);
    if (problem === undefined) throw error;
    return refused(`Cannot read ${path}: ${problem}`);
  }
}
