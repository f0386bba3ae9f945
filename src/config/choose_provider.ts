import { presentKeys } from "../core/api_key.ts";
import { didYouMean } from "../core/did_you_mean.ts";
import { HermesError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";
import { isPinned, parseEndpointUrl, type EndpointUrl } from "./endpoint_url.ts";
import { findProvider, providerOfAddress, providers, type ProviderRow } from "./providers.ts";
import type { Config } from "./schema.ts";

export interface EndpointChoice {
  readonly config: Pick<Config, "model" | "custom_providers">;
  /** What the command line says; it beats the configuration. */
  readonly flags: {
    readonly model?: string | undefined;
    readonly provider?: string | undefined;
    readonly baseUrl?: string | undefined;
  };
  /** The process environment over the home's `.env`; read for which keys are there. */
  readonly env: Env;
  /** Providers with a login or a key that `hermes auth add` has made, the one to begin with first. */
  readonly signedIn?: readonly string[];
}

/** Who is asked: a vendor of the table (`row`), an entry of `custom_providers`, or an address alone. */
export interface ChosenProvider {
  readonly provider: string;
  readonly row?: ProviderRow;
  readonly entry?: Config["custom_providers"][number];
  readonly url: EndpointUrl;
  /** As the endpoint knows it; undefined when nobody named one. */
  readonly model?: string;
  /** Whether what the configuration says of an endpoint is about this one. */
  readonly isConfigured: boolean;
  /** Whether what the configuration says of its model is about the one that is asked. */
  readonly isOwnModel: boolean;
}

/**
 * Decides who is asked. What the configuration says of an endpoint (`base_url`, `api_mode`, `default`) holds only for
 * the provider that it names. `auto` takes the address if there is one, else the vendor in the model's name
 * (`openai/gpt-5.5`), else the first vendor whose key is there.
 * @throws {HermesError} `auth/missing`, `usage/invalid`, `config/invalid`
 */
export function chooseProvider(choice: EndpointChoice): ChosenProvider {
  const { config, flags } = choice;
  const flagged = explicit(flags.provider);
  const configured = explicit(config.model.provider);
  const isConfigured = flagged === undefined || isSame(flagged, configured);
  const address = flags.baseUrl ?? (isConfigured ? config.model.base_url : "");
  // A model without a provider in the configuration is meant for any provider.
  const isFreeModel = configured === undefined && config.model.base_url === "";
  const named = flags.model ?? (isConfigured || isFreeModel ? config.model.default : "");
  const model = named.trim();
  // An address on the command line without a provider replaces the configured provider too.
  const name = flagged ?? (flags.baseUrl === undefined ? configured : undefined);
  const chosen =
    name !== undefined
      ? byName(name, choice)
      : address === ""
        ? byModelOrKey(model, choice)
        : byAddress(address, choice);
  const url = urlOf(chosen, address, choice);
  const bare = withoutPrefix(model, chosen);
  const own = withoutPrefix(config.model.default.trim(), chosen);
  const isOwnModel = isConfigured && (own === "" || bare === own);
  return { ...chosen, url, isConfigured, isOwnModel, ...(bare === "" ? {} : { model: bare }) };
}

type Named = Pick<ChosenProvider, "provider" | "row" | "entry">;

/** The name of a provider, or undefined for none and for `auto`. */
function explicit(name: string | undefined): string | undefined {
  const clean = name?.trim().toLowerCase() ?? "";
  return clean === "" || clean === "auto" ? undefined : clean;
}

function isSame(one: string, other: string | undefined): boolean {
  if (other === undefined) return false;
  return one === other || (findProvider(one)?.id ?? one) === findProvider(other)?.id;
}

/** By id, then by an entry of the user's own, then by alias. */
function byName(name: string, { config, flags }: EndpointChoice): Named {
  const row = findProvider(name);
  if (row?.id === name) return { provider: row.id, row };
  const entry = config.custom_providers.find((custom) => custom.name.toLowerCase() === name);
  if (entry) return { provider: entry.name, entry };
  if (row) return { provider: row.id, row };
  if (name === "custom") return { provider: "custom" };
  const known = [
    ...config.custom_providers.map((custom) => custom.name),
    ...providers.flatMap(({ id, aliases }) => [id, ...aliases]),
    "custom",
  ];
  const guess = didYouMean(name, known);
  const ids = [
    ...config.custom_providers.map((custom) => custom.name),
    ...providers.map(({ id }) => id),
  ];
  throw new HermesError(codeOf(flags.provider), `No such provider: ${name}`, {
    hint: guess === undefined ? `one of ${ids.join(", ")}, custom` : `did you mean ${guess}?`,
  });
}

function byAddress(address: string, { config }: EndpointChoice): Named {
  const url = parseEndpointUrl(address);
  if (typeof url === "string") return { provider: "custom" };
  const entry = config.custom_providers.find((custom) => {
    const other = parseEndpointUrl(custom.base_url);
    return typeof other !== "string" && other.baseUrl === url.baseUrl;
  });
  if (entry) return { provider: entry.name, entry };
  const row = providerOfAddress(url);
  return row ? { provider: row.id, row } : { provider: "custom" };
}

function byModelOrKey(model: string, { config, env, signedIn = [] }: EndpointChoice): Named {
  const prefix = model.includes("/") ? model.slice(0, model.indexOf("/")) : undefined;
  const entry = config.custom_providers.find(
    (custom) => custom.name.toLowerCase() === prefix?.toLowerCase(),
  );
  if (entry) return { provider: entry.name, entry };
  const kept = signedIn.flatMap((id) => providers.find((row) => row.id === id) ?? []);
  const keyed = providers.filter(
    (row) => presentKeys(env, row.keyEnv).length > 0 && !isOwnServer(row),
  );
  const open = [...new Set([...kept, ...keyed])];
  const router = open.find((row) => row.isRouter);
  const vendor = prefix === undefined ? undefined : findProvider(prefix);
  // A name with a vendor in it belongs to the vendor, or to a router when only that one is open.
  const row =
    vendor && (open.includes(vendor) || isOwnServer(vendor) || !router)
      ? vendor
      : prefix === undefined
        ? open[0]
        : (router ?? open[0]);
  if (row) return { provider: row.id, row };
  throw new HermesError("auth/missing", "No model endpoint is configured", {
    hint: "set OPENAI_API_KEY, sign in with hermes auth add xai-oauth, or for a server of your own: hermes config set model.base_url http://127.0.0.1:11434/v1",
  });
}

/** Whether a vendor's models run where the user runs them. */
function isOwnServer(row: ProviderRow): boolean {
  const url = parseEndpointUrl(row.baseUrl);
  return typeof url !== "string" && url.isLocal;
}

function urlOf(
  { provider, row, entry }: Named,
  address: string,
  { flags }: EndpointChoice,
): EndpointUrl {
  const isFromEntry = address === "" && entry !== undefined;
  const text = address === "" ? (entry?.base_url ?? row?.baseUrl ?? "") : address;
  const key = isFromEntry ? `base_url of custom provider ${provider}` : "model.base_url";
  const name = flags.baseUrl === undefined ? key : "--base-url";
  if (text === "") {
    throw new HermesError(codeOf(flags.provider), `Provider ${provider} needs an address`, {
      hint: "hermes config set model.base_url URL, or --base-url URL",
    });
  }
  const url = parseEndpointUrl(text);
  if (typeof url === "string") {
    throw new HermesError(codeOf(flags.baseUrl), `Could not use ${name}: ${url}`, {
      hint: "for example http://127.0.0.1:11434/v1",
    });
  }
  if (row && !isPinned(url, row) && !url.isLocal && !isOwnServer(row)) {
    const hosts = row.hosts.map((host) => `https://${host}`).join(", ");
    throw new HermesError(
      codeOf(flags.baseUrl),
      `Provider ${provider} is not at ${url.baseUrl}: its key is only sent to ${hosts}`,
      { hint: "for another server use an entry of custom_providers with its own key_env" },
    );
  }
  return url;
}

/** A wrong value is the command line's or the configuration's. */
function codeOf(flag: string | undefined): "usage/invalid" | "config/invalid" {
  return flag === undefined ? "config/invalid" : "usage/invalid";
}

/** `openai/gpt-5.5` is `gpt-5.5` to OpenAI, but `openrouter/auto` is a model of OpenRouter's own. */
function withoutPrefix(model: string, { row, entry }: Named): string {
  const slash = model.indexOf("/");
  if (slash === -1) return model;
  const prefix = model.slice(0, slash).toLowerCase();
  const rest = model.slice(slash + 1);
  const isOwn = entry
    ? entry.name.toLowerCase() === prefix && entry.models[model] === undefined
    : row !== undefined && findProvider(prefix) === row;
  return isOwn && (!row?.isRouter || rest.includes("/")) ? rest : model;
}
