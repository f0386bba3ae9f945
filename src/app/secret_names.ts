import { keyVariable } from "../config/expand.ts";
import { providers } from "../config/providers.ts";
import type { Config } from "../config/schema.ts";

/**
 * Names of the variables that hold secrets: the keys of every vendor, those that the configuration names, and all that
 * `.env` holds.
 */
export function secretNames(
  fromFile: Iterable<string>,
  config: Pick<Config, "custom_providers" | "fallback_providers" | "auxiliary"> | undefined,
): readonly string[] {
  const tasks = Object.values(config?.auxiliary ?? {});
  const configured = [
    ...(config?.custom_providers ?? []),
    ...(config?.fallback_providers ?? []),
    ...tasks.flatMap((task) => task.fallback_chain),
  ];
  return [
    ...fromFile,
    ...configured.map((provider) => provider.key_env).filter((name) => name !== ""),
    ...tasks.flatMap((task) => keyVariable(task.api_key) ?? []),
    ...providers.flatMap((row) => row.keyEnv),
  ];
}
