import type { Env } from "../core/ports.ts";
import { defaults } from "./defaults.ts";
import { findProvider } from "./providers.ts";
import { type ResolvedModel, resolveEndpoint } from "./resolve_endpoint.ts";
import type { Config } from "./schema.ts";

/**
 * Where an entry of `fallback_providers` goes. Its key goes to its own address alone: that of its provider, or the one that
 * it names. A provider that nobody knows is one of the user's own, at the address beside it.
 * @throws {HermesError} `usage/invalid`, `config/invalid`
 */
export function resolveFallback(
  entry: Config["fallback_providers"][number],
  {
    config,
    env,
  }: { readonly config: Pick<Config, "model" | "custom_providers">; readonly env: Env },
): ResolvedModel {
  const { provider, model, base_url: baseUrl, key_env: keyEnv } = entry;
  const name = provider.trim().toLowerCase();
  const isVendor = findProvider(name) !== undefined;
  if (baseUrl !== "" && !isVendor) {
    const known = config.custom_providers.find((custom) => custom.name.toLowerCase() === name);
    const isThere = known?.base_url === baseUrl;
    const own = {
      name: provider.trim(),
      base_url: baseUrl,
      api_mode: isThere ? known.api_mode : "",
      key_env: keyEnv === "" && isThere ? known.key_env : keyEnv,
      models: {},
    } as const;
    const others = config.custom_providers.filter((custom) => custom !== known);
    return resolveEndpoint({
      config: { model: defaults.model, custom_providers: [...others, own] },
      flags: { provider, model },
      env,
    });
  }
  const resolved = resolveEndpoint({
    config: {
      // What is configured for the model is about its own address.
      model: baseUrl === "" ? config.model : defaults.model,
      custom_providers: config.custom_providers,
    },
    flags: { provider, model, ...(baseUrl === "" ? {} : { baseUrl }) },
    env,
  });
  if (keyEnv === "") return resolved;
  return { ...resolved, keyEnv: [keyEnv], noKeyNeeded: false, pool: undefined };
}
