import { windowOf } from "../config/context_windows.ts";
import type { ResolvedModel } from "../config/resolve_endpoint.ts";
import { resolveFallback } from "../config/resolve_fallback.ts";
import type { Config } from "../config/schema.ts";
import type { CredentialSource } from "../core/credential.ts";
import { HermesError } from "../core/errors.ts";
import type { ModelTransport } from "../core/model.ts";
import type { Answerer, Fallback } from "../transports/fallback.ts";
import { checkedSource } from "./checked_source.ts";
import { endpointTransport } from "./model_side.ts";
import type { AppParts } from "./parts.ts";
import { watchdogsOf } from "./watchdog_env.ts";

/** A transport with what was opened for it. */
export interface OpenedModel {
  readonly transport: ModelTransport;
  /** The model alone, asked up to so many times, with nobody behind it. */
  readonly connect: (maxAttempts: number) => Promise<ModelTransport>;
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
  const entries = config.fallback_providers;
  const own = await app.credentials(resolved);
  const credentials = await beginning(own, resolved, entries.length > 0);
  const opened: CredentialSource[] = [credentials];
  const release = (): void => {
    for (const source of opened) source.release?.();
  };
  const { clock } = app.ports;
  const common = {
    maxAttempts: config.agent.api_max_retries,
    prices: config.prices,
    watchdogs: watchdogsOf(await app.env()),
  };
  const connect = (maxAttempts: number): Promise<ModelTransport> =>
    endpointTransport({ ports: app.ports, credentials }, resolved.endpoint, {
      ...common,
      contextLength: windowOf(resolved),
      maxAttempts,
    });
  if (entries.length === 0) {
    return { transport: await connect(common.maxAttempts), connect, release };
  }
  const { createFallbackChain } = await import("../transports/fallback.ts");
  const fallbacks = entries.map((entry): Fallback => ({
    name: `${entry.model} (${entry.provider})`,
    async open(signal) {
      const found = resolveFallback(entry, { config, env: await app.env() });
      const source = await app.credentials(found);
      opened.push(source);
      return await answererOf(found, await checkedSource(source, found, { signal }));
    },
  }));
  const chain = createFallbackChain({ clock }, fallbacks);
  const answererOf = async (place: ResolvedModel, source: CredentialSource): Promise<Answerer> => {
    const { endpoint, model, warnings } = place;
    return {
      provider: endpoint.provider,
      model,
      baseUrl: endpoint.baseUrl,
      contextLength: windowOf(place),
      warnings,
      transport: await endpointTransport({ ports: app.ports, credentials: source }, endpoint, {
        ...common,
        contextLength: windowOf(place),
        isTakenOver: (...asked) => chain.isTakenOver(...asked),
      }),
    };
  };
  return { transport: chain.around(await answererOf(resolved, credentials)), connect, release };
}

/** Logins that rest for now are no reason not to begin where others stand behind them. */
async function beginning(
  credentials: CredentialSource,
  resolved: ResolvedModel,
  hasFallbacks: boolean,
): Promise<CredentialSource> {
  try {
    return await checkedSource(credentials, resolved);
  } catch (error) {
    if (hasFallbacks && error instanceof HermesError && error.code === "model/quota") {
      return credentials;
    }
    throw error;
  }
}
