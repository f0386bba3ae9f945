import type { ToolAccess } from "../core/tool.ts";

/** More than this many tools never run at the same time. */
export const maxParallelCalls = 8;

/**
 * Splits calls, in their order, into groups whose members may run at the same time. A call joins the group before it
 * if it conflicts with none of its members; otherwise it starts the next one. So the outcome is always that of running
 * them one after the other.
 */
export function groupCalls<T extends { readonly access: ToolAccess }>(
  calls: readonly T[],
): readonly (readonly T[])[] {
  const groups: T[][] = [];
  for (const call of calls) {
    const group = groups.at(-1);
    const joins =
      group !== undefined &&
      group.length < maxParallelCalls &&
      group.every((other) => !conflicts(other.access, call.access));
    if (joins) group.push(call);
    else groups.push([call]);
  }
  return groups;
}

function conflicts(a: ToolAccess, b: ToolAccess): boolean {
  if (a.mode === "exclusive" || b.mode === "exclusive") return true;
  if (a.mode === "shared" || b.mode === "shared") return false;
  if (a.mode === "read" && b.mode === "read") return false;
  return a.paths.some((path) => b.paths.some((other) => overlaps(path, other)));
}

/** Whether two absolute paths are equal or one holds the other. */
function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(withSlash(b)) || b.startsWith(withSlash(a));
}

function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}
