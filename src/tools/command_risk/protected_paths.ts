import { basename, dirname, isAbsolute, join, normalize } from "node:path/posix";
import {
  hermesGuardedDirectories,
  hermesOwnFiles,
  hermesSecretDirectories,
  hermesSecretFiles,
  isEnvFileName,
  sensitiveHomeDirectories,
  sensitiveHomeFiles,
  vitalDirectories,
} from "../sensitive_paths.ts";

/** Where relative and `~` paths lead. */
export interface Places {
  readonly home: string;
  readonly hermesHome: string;
  /** Undefined when it cannot be known. */
  readonly cwd: string | undefined;
}

/**
 * The absolute path that an argument names, normalized and in lower case (a file system may ignore case); undefined
 * for a relative one when the directory is not known. `~` counts even where quotes would keep it from its meaning.
 */
export function absolutePath(text: string, places: Places): string | undefined {
  const expanded = expandTilde(text, places.home);
  if (isAbsolute(expanded)) return clean(expanded);
  return places.cwd === undefined ? undefined : clean(join(places.cwd, expanded));
}

function expandTilde(text: string, home: string): string {
  const [head = "", ...rest] = text.split("/");
  if (!head.startsWith("~")) return text;
  const user = head.slice(1);
  const directory =
    user === "" || user === basename(home) ? home : user === "root" ? "/root" : `/home/${user}`;
  return [directory, ...rest].join("/");
}

function clean(path: string): string {
  // `normalize` keeps two leading slashes apart from one, and a trailing one.
  const normal = normalize(path).replace(/^\/+/, "/").toLowerCase();
  return normal.length > 1 ? normal.replace(/\/+$/, "") : normal;
}

/** Whether deleting the path deletes the system, all of a home, or everything inside of one of them. */
export function isVital(path: string, places: Places): boolean {
  const vital = [...vitalDirectories, clean(places.home)];
  if (vital.some((directory) => globMatches(path, directory))) return true;
  if (!isEverything(basename(path))) return false;
  const parent = dirname(path);
  return vital.some((directory) => globMatches(parent, directory));
}

/** Whether a path's last part matches all names, or all hidden ones: `*`, `.*`, `.[!.]*`. */
function isEverything(name: string): boolean {
  return name.length <= 64 && /^\.?(?:\[[!^]\.?\])?[*?]*\*[*?]*$/.test(name);
}

/** Whether a path with shell wildcards can stand for `directory`, part by part. */
function globMatches(path: string, directory: string): boolean {
  if (!/[*?[]/.test(path)) return path === directory;
  const parts = path.split("/");
  const names = directory.split("/");
  if (parts.length !== names.length) return false;
  return parts.every((part, index) => partMatches(part, names[index] ?? ""));
}

function partMatches(part: string, name: string): boolean {
  if (part === name) return true;
  // Hidden names need a dot; an empty name is the root, which no wildcard stands for.
  if (part.length > 64 || name === "" || !/[*?[]/.test(part)) return false;
  const pattern = part
    .replace(/\*+/g, "*")
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replace(/\[[!\\^]*([^\]]+)\]|\[/g, (whole) => (whole === "[" ? "\\[" : "."))
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${pattern}$`).test(name);
}

/** Whether a device file is a disk or a part of one. */
export function isBlockDevice(path: string): boolean {
  return /^\/dev\/(?:r?disk\d|[shv]d[a-z]|xvd[a-z]|nvme\d|mmcblk\d|md\d|dm-\d|loop\d|sr\d|nbd\d|zd\d|mapper\/|disk\/|block\/)/.test(
    path,
  );
}

/** Whether a path lies below the root or a home: an absolute one, seen with `~` and variables expanded. */
export function isOutside(text: string): boolean {
  return text.startsWith("/") || text.startsWith("~");
}

/**
 * What a protected file is to the user; undefined when it is an ordinary one.
 * @param contents names of what is put inside of it, should it be a directory
 */
export function protectedFileKind(
  text: string,
  places: Places,
  contents: readonly string[] = [],
): "system file" | "hermes data" | "project env/config" | undefined {
  const paths = [text, ...contents.map((name) => join(text, name))];
  if (paths.some((path) => isSystemFile(path, places))) return "system file";
  if (paths.some((path) => isHermesData(path, places))) return "hermes data";
  const name = basename(text.toLowerCase());
  return isEnvFileName(name) || name === "config.yaml" ? "project env/config" : undefined;
}

function isSystemFile(text: string, places: Places): boolean {
  const path = absolutePath(text, places);
  if (path === undefined) return false;
  return (
    isBelow(path, "/etc") ||
    /^\/private\/(?:etc|var|tmp|home)(?:\/|$)/.test(path) ||
    isBelowHome(path, clean(places.home), homeEntries) ||
    isHermesFile(path, clean(places.hermesHome))
  );
}

const homeEntries = [...sensitiveHomeFiles, ...sensitiveHomeDirectories];

function isBelowHome(path: string, home: string, entries: readonly string[]): boolean {
  return entries.some((entry) => isBelow(path, join(home, entry)));
}

function isHermesFile(path: string, hermesHome: string): boolean {
  if (path === hermesHome) return true;
  if (!isBelow(path, hermesHome)) return false;
  const name = basename(path);
  if (isEnvFileName(name) || name === "config.yaml") return true;
  return isBelowHome(path, hermesHome, [...hermesSecretFiles, ...hermesSecretDirectories]);
}

/** Whether a path is what later sessions follow, or another file that only hermes itself writes. */
export function isHermesData(text: string, places: Places): boolean {
  const path = absolutePath(text, places);
  return path !== undefined && isBelowHome(path, clean(places.hermesHome), hermesData);
}

const hermesData = [...hermesOwnFiles, ...Object.values(hermesGuardedDirectories)];

/** Whether a path is a directory or something inside of it. */
function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}
