import {
  missingCredential,
  type ResolvedModel,
  resolveEndpoint,
} from "../config/resolve_endpoint.ts";
import { defaults } from "../config/defaults.ts";
import type { Config } from "../config/schema.ts";
import { findProvider } from "../config/providers.ts";
import type { CredentialSource } from "../core/credential.ts";
import { HermesError } from "../core/errors.ts";
import type { ModelTransport } from "../core/model.ts";
import type { Env } from "../core/ports.ts";
import type { Answerer, Fallback } from "../transports/fallback.ts";
import { endpointTransport } from "./model_side.ts";
import type { AppParts } from "./parts.ts";
import { watchdogsOf } from "./watchdog_env.ts";

/** A transport with what was opened for it. */
export interface OpenedModel {
  readonly transport: ModelTransport;
  /** Ends the use of what opens the endpoints. */
  readonly release: () => void;
}

/**
 * The transport to a model with the chain of `fallback_providers` behind it; without a chain nothing of it is loaded.
 * @throws {HermesError} `auth/missing`; where there is a chain, no login that only rests
 */
export async function openModel(
  app: AppParts,
  config: Config,
  resolved: ResolvedModel,
): Promise<OpenedModel> {
  const credentials = await app.credentials(resolved);
  const entries = config.fallback_providers;
  if (!(await hasCredential(credentials, resolved, entries.length > 0))) {
    throw missingCredential(resolved);
  }
  const opened: CredentialSource[] = [credentials];
  const release = (): void => {
    for (const source of opened) source.release?.();
  };
  const { clock } = app.ports;
  const common = {
    maxAttempts: config.agent.api_max_retries,
    watchdogs: watchdogsOf(await app.env()),
  };
  if (entries.length === 0) {
    const deps = { ports: app.ports, credentials };
    return { transport: await endpointTransport(deps, resolved.endpoint, common), release };
  }
  const { createFallbackChain } = await import("../transports/fallback.ts");
  const fallbacks = entries.map((entry): Fallback => ({
    name: `${entry.model} (${entry.provider})`,
    async open(signal) {
      const found = resolveFallback(entry, { config, env: await app.env() });
      const source = await app.credentials(found);
      opened.push(source);
      if (!(await source.get(found.endpoint.provider, { signal }))) throw missingCredential(found);
      return await answererOf(found, source);
    },
  }));
  const chain = createFallbackChain({ clock }, fallbacks);
  const answererOf = async (
    { endpoint, model, warnings }: ResolvedModel,
    source: CredentialSource,
  ): Promise<Answerer> => ({
    provider: endpoint.provider,
    model,
    baseUrl: endpoint.baseUrl,
    warnings,
    transport: await endpointTransport({ ports: app.ports, credentials: source }, endpoint, {
      ...common,
      isTakenOver: (...asked) => chain.isTakenOver(...asked),
    }),
  });
  return { transport: chain.around(await answererOf(resolved, credentials)), release };
}

/** Logins that rest for now are no reason not to begin where others stand behind them. */
async function hasCredential(
  credentials: CredentialSource,
  { endpoint }: ResolvedModel,
  hasFallbacks: boolean,
): Promise<boolean> {
  try {
    return (await credentials.get(endpoint.provider)) !== undefined;
  } catch (error) {
    if (hasFallbacks && error instanceof HermesError && error.code === "model/quota") return true;
    throw error;
  }
}

/**
 * Where an entry of `fallback_providers` goes. Its key goes to its own address alone: that of its provider, or the one that
 * it names. A provider that nobody knows is one of the user's own, at the address beside it.
 * @throws {HermesError} `usage/invalid`, `config/invalid`
 */
export function resolveFallback(
  entry: Config["fallback_providers"][number],
  { config, env }: { readonly config: Config; readonly env: Env },
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
