import type { Env } from "./ports.ts";

/** A key that stands in the environment, as it stands there. */
export interface PresentKey {
  readonly name: string;
  readonly value: string;
}

/** What documentation and templates have where a key goes. */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  "changeme",
  "your_api_key",
  "your_api_key_here",
  "your-api-key",
  "placeholder",
  "example",
  "dummy",
  "null",
  "none",
]);

/** Every variable of `names`, in their order, that holds a key; blanks, asterisks and placeholders count as not set. */
export function presentKeys(env: Env, names: readonly string[]): readonly PresentKey[] {
  return names.flatMap((name) => {
    const value = env[name] ?? "";
    return canBeKey(value.trim()) ? [{ name, value }] : [];
  });
}

/** Whether a text is not what stands where a key goes. */
export function canBeKey(value: string): boolean {
  return value.length >= 4 && !/^\*+$/.test(value) && !PLACEHOLDERS.has(value.toLowerCase());
}
