import type { Env } from "../core/ports.ts";
import type { KeyPath } from "./key_path.ts";

/** A `${NAME}` in a value whose variable is not set. */
export interface UnsetVariable {
  readonly path: KeyPath;
  readonly name: string;
}

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** The name in a value that is nothing but one reference. */
export function keyVariable(value: string): string | undefined {
  return /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(value)?.[1];
}

/** Keys of providers stay references: they are looked up when they are needed, and never stand in what was read. */
function isKeyReference([table, , key]: KeyPath): boolean {
  return table === "auxiliary" && key === "api_key";
}

/** Whether a value, or one within it, refers to the environment. */
export function hasReference(value: unknown): boolean {
  if (typeof value === "string") return value.search(REFERENCE) !== -1;
  return typeof value === "object" && value !== null && Object.values(value).some(hasReference);
}

/**
 * Plain data with every `${NAME}` in its text values replaced, once, by the variable's value. A variable that is not
 * set leaves the text as written: a secret must not become empty in silence. So does `auxiliary.TASK.api_key`.
 */
export function expandVariables(
  tree: unknown,
  env: Env,
): { readonly tree: unknown; readonly unset: readonly UnsetVariable[] } {
  const unset: UnsetVariable[] = [];
  const expand = (value: unknown, path: KeyPath): unknown => {
    if (typeof value === "string") {
      const isKept = isKeyReference(path);
      return value.replaceAll(REFERENCE, (reference, name: string) => {
        const found = env[name];
        if (found === undefined) unset.push({ path, name });
        return isKept ? reference : (found ?? reference);
      });
    }
    if (Array.isArray(value))
      return value.map((element, index) => expand(element, [...path, index]));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, child]) => [key, expand(child, [...path, key])]));
  };
  return { tree: expand(tree, []), unset };
}
