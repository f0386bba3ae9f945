import { HermesError } from "../core/errors.ts";
import type { WireApi } from "../core/item.ts";
import type { Dialect, ModelEndpoint } from "../core/provider.ts";
import { chooseProvider, type ChosenProvider, type EndpointChoice } from "./choose_provider.ts";
import { isPinned, type EndpointUrl } from "./endpoint_url.ts";
import {
  findProvider,
  ollamaPort,
  paddedModels,
  paddingHosts,
  plainChatDialect,
  plainDialect,
  providerOfAddress,
  type ProviderRow,
  unsureModels,
} from "./providers.ts";
import type { Config } from "./schema.ts";

/** Where a turn goes, and what opens the door there. */
export interface ResolvedModel {
  readonly endpoint: ModelEndpoint;
  readonly model: string;
  /** The vendor's name for people. */
  readonly label: string;
  /** Variables whose key may be sent there, the preferred one first. */
  readonly keyEnv: readonly string[];
  /** Whether it is asked without a key when no variable holds one. */
  readonly noKeyNeeded: boolean;
  /** The name under which logins and keys are kept that may be sent there; none where the address is not its vendor's. */
  readonly pool: string | undefined;
  /** Tokens that the model can hold, where the configuration says so. */
  readonly contextLength: number | null;
  /** Backends that can run its turns. */
  readonly runtimes: ProviderRow["runtimes"];
  /** What the user should know, one sentence each, without a full stop. */
  readonly warnings: readonly string[];
}

/**
 * The endpoint and model of a turn. Flags beat the configuration. The key of a vendor is named only for the vendor's own
 * hosts over https: whoever holds the result cannot send it elsewhere.
 * @throws {HermesError} `auth/missing` when nothing says where to go; `usage/invalid` or `config/invalid` for what the
 *   command line or the configuration says wrongly
 */
export function resolveEndpoint(choice: EndpointChoice): ResolvedModel {
  const chosen = chooseProvider(choice);
  const { url, entry, isConfigured, isOwnModel } = chosen;
  const { model: settings } = choice.config;
  // A custom provider on a vendor's host is spoken to as that vendor.
  const row = chosen.row ?? providerOfAddress(url);
  const model = chosen.model ?? defaultModel(chosen);
  const wireApi = wireApiOf({
    mode: (isConfigured ? settings.api_mode : "") || (entry?.api_mode ?? ""),
    row,
    url,
    model,
  });
  const contextLength = isOwnModel ? settings.context_length : null;
  return {
    endpoint: {
      provider: chosen.provider,
      baseUrl: url.baseUrl,
      wireApi,
      issuer: (row && isPinned(url, row) ? row.issuer : undefined) ?? `other:${url.baseUrl}`,
      dialect: dialectOf(row, wireApi, { model, url }),
      isLocal: url.isLocal,
    },
    model,
    label: chosen.row?.label ?? chosen.provider,
    ...accessOf(chosen),
    contextLength: entry?.models[model]?.context_length ?? contextLength,
    runtimes: chosen.row?.runtimes ?? ["loop"],
  };
}

/** The failure of a turn whose endpoint wants a credential that nobody has. */
export function missingCredential(
  resolved: Pick<ResolvedModel, "endpoint" | "label" | "keyEnv">,
): HermesError {
  const { endpoint, label, keyEnv } = resolved;
  const [name] = keyEnv;
  if (name !== undefined) {
    return new HermesError("auth/missing", `No API key for ${label}: ${name} is not set`, {
      hint: `put ${name}=... into the environment, or into .env beside config.yaml`,
    });
  }
  const signIn = findProvider(endpoint.provider)?.signIn;
  const account = signIn?.account ?? "an account";
  const other = findProvider(signIn?.keyProvider ?? "");
  return new HermesError("auth/missing", `${label} needs a sign-in with ${account}`, {
    hint: `hermes auth add ${endpoint.provider}${
      other === undefined
        ? ""
        : `; with an API key: set ${other.keyEnv[0] ?? ""}, --provider ${other.id}`
    }`,
  });
}

function accessOf(
  chosen: ChosenProvider,
): Pick<ResolvedModel, "keyEnv" | "noKeyNeeded" | "pool" | "warnings"> {
  const { url, row, entry, provider } = chosen;
  if (row) {
    const isVendor = isPinned(url, row);
    return {
      keyEnv: isVendor ? row.keyEnv : [],
      noKeyNeeded: !isVendor,
      pool: isVendor ? row.id : undefined,
      warnings: [],
    };
  }
  // What the user keeps for an address is sent there, and only there.
  const isAtHome = entry !== undefined && isSameOrigin(entry.base_url, url);
  const own = isAtHome ? entry.key_env : "";
  const keyEnv = own === "" ? (providerOfAddress(url)?.keyEnv ?? []) : [own];
  const isInTheClear = keyEnv.length > 0 && !url.isHttps && !url.isLocal;
  return {
    keyEnv,
    noKeyNeeded: keyEnv.length === 0 || url.isLocal,
    pool: isAtHome && (url.isHttps || url.isLocal) ? customPool(provider) : undefined,
    warnings: isInTheClear
      ? [`The key in ${own} goes to ${provider} unencrypted: ${url.baseUrl} is not https`]
      : [],
  };
}

function isSameOrigin(address: string, { baseUrl }: EndpointUrl): boolean {
  return URL.parse(address.trim())?.origin === new URL(baseUrl).origin;
}

/** How the keys of a provider of the user's own are kept. */
export function customPool(name: string): string {
  return `custom:${name.trim().toLowerCase().replaceAll(/\s+/g, "-")}`;
}

function defaultModel({ provider, row, entry }: ChosenProvider): string {
  const [only, ...others] = Object.keys(entry?.models ?? {});
  const model = row?.defaultModel ?? (others.length === 0 ? only : undefined);
  if (model !== undefined) return model;
  throw new HermesError("usage/invalid", `No model is chosen for provider ${provider}`, {
    hint: "name one: -m MODEL, or for good: hermes model set MODEL",
  });
}

interface WireQuestion {
  readonly mode: Config["model"]["api_mode"];
  readonly row: ProviderRow | undefined;
  readonly url: EndpointUrl;
  readonly model: string;
}

function wireApiOf({ mode, row, url, model }: WireQuestion): WireApi {
  if (mode === "codex_responses") return "responses";
  if (mode === "chat_completions") return "chat_completions";
  const byVendor = row?.wireApi ?? (row && isPinned(url, row) ? row.hostedWireApi : undefined);
  if (byVendor !== undefined) return byVendor;
  // Azure serves them under chat completions too, and Responses only under another path.
  return requiresResponses(model) && !url.host.endsWith(".openai.azure.com")
    ? "responses"
    : "chat_completions";
}

/** Models whose reasoning is lost between steps over chat completions. */
function requiresResponses(model: string): boolean {
  return model
    .slice(model.lastIndexOf("/") + 1)
    .toLowerCase()
    .startsWith("gpt-5");
}

function dialectOf(
  row: ProviderRow | undefined,
  wireApi: WireApi,
  { model, url }: { readonly model: string; readonly url: EndpointUrl },
): Dialect {
  const dialect = row?.dialect ?? (wireApi === "responses" ? plainDialect : plainChatDialect);
  const name = model.toLowerCase();
  // A host that refuses fields that it does not know refuses this one for every model.
  const mayEcho = dialect.reasoningContent !== "none";
  const isPadded =
    (mayEcho && paddedModels.some((part) => name.includes(part))) ||
    paddingHosts.some((host) => url.host === host || url.host.endsWith(`.${host}`));
  const isUnsure =
    wireApi === "chat_completions" &&
    (row?.id === "zai" || unsureModels.some((part) => name.includes(part))) &&
    (url.isLocal || url.host.includes("ollama") || new URL(url.baseUrl).port === ollamaPort);
  return {
    ...dialect,
    ...(isPadded && { reasoningContent: "pad" }),
    ...(isUnsure && { unsureStops: true }),
  };
}
