import { isAbsolute, join, normalize } from "node:path/posix";

/** The absolute path that a tool's argument means: `~` is the home, the rest is read against `cwd`. */
export function toolPath(path: string, cwd: string, homeDirectory: string): string {
  const expanded =
    path === "~" || path.startsWith("~/") ? join(homeDirectory, path.slice(1)) : path;
  const absolute = normalize(isAbsolute(expanded) ? expanded : join(cwd, expanded));
  return absolute.length > 1 && absolute.endsWith("/") ? absolute.slice(0, -1) : absolute;
}

/** What is wrong with a path before anything is looked up, or undefined. */
export function pathProblem(path: string): string | undefined {
  if (path.trim() === "") return "path must not be empty";
  if (path.includes("\0")) return "path must not contain a NUL character";
  return undefined;
}
