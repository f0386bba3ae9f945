import type { ModelRequest } from "../core/model.ts";
import type { Dialect } from "../core/provider.ts";

/** The effort to name in a request; undefined when reasoning is off or the model takes no effort. */
export function reasoningEffort(
  { model, reasoningEffort: effort }: ModelRequest,
  { reasoningModels }: Dialect,
): string | undefined {
  if (effort === "none" || reasoningModels === "none") return undefined;
  if (reasoningModels !== "all" && !hasPrefix(model, reasoningModels)) return undefined;
  // Newer models refuse `minimal`; all of them take `low`.
  return effort === "minimal" ? "low" : effort;
}

/** Whether the last path segment of a model's name (`vendor/model`) starts with one of the prefixes. */
export function hasPrefix(model: string, prefixes: readonly string[]): boolean {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  return prefixes.some((prefix) => name.startsWith(prefix.toLowerCase()));
}
