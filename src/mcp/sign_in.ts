import {
  auth,
  type AuthProvider,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
} from "@modelcontextprotocol/client";
import * as z from "zod";
import { errorMessage, HermesError } from "../core/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../core/json.ts";
import type { Fetch } from "../core/ports.ts";
import { boundedBody } from "./bounded_body.ts";
import { oneLine } from "./failures.ts";

/** What is kept of a login: as the server sent it. */
export interface KeptLogin {
  readonly tokens: JsonObject | undefined;
  readonly client: JsonObject | undefined;
}

/** Where the login at one server is kept. */
export interface LoginPlace {
  load(): Promise<KeptLogin | undefined>;
  save(login: KeptLogin): Promise<void>;
  /** Runs `work` while no other process renews the same login. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** How a server is signed in to. */
export interface SignInSettings {
  readonly name: string;
  readonly url: string;
  /** "" where the client registers itself (RFC 7591). */
  readonly clientId: string;
  readonly clientSecret: string;
  /** "" where the server's own choice is taken. */
  readonly scope: string;
}

/** Bytes of an answer of an authorization server. */
const maxAnswerBytes = 1_048_576;

const tokensShape = z.looseObject({ access_token: z.string().min(1), token_type: z.string() });
const clientShape = z.looseObject({ client_id: z.string().min(1) });

/** A login that was made before, for every request of a turn; renewed when the server refuses it. Asks nobody. */
export function keptLogin(
  { fetch, place }: { readonly fetch: Fetch; readonly place: LoginPlace },
  settings: SignInSettings,
): AuthProvider {
  return {
    token: async () => tokensOf(await place.load())?.access_token,
    async onUnauthorized() {
      const refused = tokensOf(await place.load());
      if (refused?.refresh_token === undefined) throw wantsPerson(settings);
      await place.alone(async () => {
        const kept = await place.load();
        // Another process has renewed it meanwhile.
        if (tokensOf(kept)?.access_token !== refused.access_token) return;
        const provider = createProvider(place, settings, {
          redirectUri: "http://127.0.0.1/callback",
          kept,
          show: () => {
            throw wantsPerson(settings);
          },
        });
        await auth(provider, { serverUrl: settings.url, fetchFn: bounded(fetch) });
      });
    },
  };
}

/** The person's part: the address is theirs to open, the code is what they come back with. */
export interface SignIn {
  /** The address for the browser. */
  readonly address: string;
  finish(answer: { readonly code: string; readonly issuer: string | undefined }): Promise<void>;
}

/**
 * Begins a sign-in: finds the server's authorization server, registers a client there where none was given, and makes the
 * address. What was kept before stays until the new tokens are there.
 * @throws {HermesError} `auth/sign_in_failed`
 */
export async function beginSignIn(
  { fetch, place }: { readonly fetch: Fetch; readonly place: LoginPlace },
  settings: SignInSettings,
  { redirectUri, state }: { readonly redirectUri: string; readonly state: string },
): Promise<SignIn> {
  let address: string | undefined;
  const provider = createProvider(place, settings, {
    redirectUri,
    state,
    kept: undefined,
    show: (url) => {
      address = url.href;
    },
  });
  const about = {
    serverUrl: settings.url,
    fetchFn: bounded(fetch),
    ...(settings.scope === "" ? {} : { scope: settings.scope }),
  };
  await attempt(settings, () => auth(provider, about));
  if (address === undefined) throw failed(settings, "it gave no address to sign in at");
  return {
    address,
    async finish({ code, issuer }) {
      const iss = issuer === undefined ? {} : { iss: issuer };
      await attempt(settings, () => auth(provider, { ...about, authorizationCode: code, ...iss }));
    },
  };
}

/** Answers are a few kilobytes of JSON: more comes from nobody who means well. */
function bounded(fetch: Fetch): Fetch {
  return async (input, init) => boundedBody(await fetch(input, init), maxAnswerBytes);
}

/** One flow of the library's. Tokens and client are saved together, when the tokens are there. */
function createProvider(
  place: LoginPlace,
  { clientId, clientSecret, scope }: SignInSettings,
  flow: {
    readonly redirectUri: string;
    readonly state?: string;
    readonly kept: KeptLogin | undefined;
    readonly show: (address: URL) => void;
  },
): OAuthClientProvider {
  const { redirectUri, state, kept, show } = flow;
  let verifier = "";
  let found: OAuthDiscoveryState | undefined;
  let tokens = kept?.tokens;
  let client: JsonObject | undefined =
    clientId === ""
      ? kept?.client
      : { client_id: clientId, ...(clientSecret === "" ? {} : { client_secret: clientSecret }) };
  return {
    redirectUrl: redirectUri,
    clientMetadata: {
      client_name: "hermes",
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: clientSecret === "" ? "none" : "client_secret_post",
      ...(scope === "" ? {} : { scope }),
    },
    ...(state === undefined ? {} : { state: () => state }),
    clientInformation: () => readClient(client),
    saveClientInformation(given) {
      client = plain(given);
    },
    tokens: () => readTokens(tokens),
    async saveTokens(given) {
      tokens = plain(given);
      await place.save({ tokens, client });
    },
    redirectToAuthorization: show,
    saveCodeVerifier(text) {
      verifier = text;
    },
    codeVerifier: () => verifier,
    // The code goes to the authorization server that gave it, and to no other that the server names meanwhile.
    saveDiscoveryState(discovered) {
      found = discovered;
    },
    discoveryState: () => found,
    invalidateCredentials(what) {
      if (what === "all" || what === "tokens") tokens = undefined;
      if ((what === "all" || what === "client") && clientId === "") client = undefined;
    },
  };
}

function tokensOf(kept: KeptLogin | undefined): StoredOAuthTokens | undefined {
  return readTokens(kept?.tokens);
}

function readTokens(tokens: JsonObject | undefined): StoredOAuthTokens | undefined {
  const { data } = tokensShape.safeParse(tokens);
  return data;
}

function readClient(client: JsonObject | undefined): StoredOAuthClientInformation | undefined {
  const { data } = clientShape.safeParse(client);
  return data;
}

/** As it is kept in a file. */
function plain(value: object): JsonObject {
  const json = parseJson(JSON.stringify(value));
  return isJsonObject(json) ? json : {};
}

async function attempt<T>(settings: SignInSettings, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HermesError) throw error;
    throw failed(settings, oneLine(errorMessage(error)), error);
  }
}

function failed({ name }: SignInSettings, why: string, cause?: unknown): HermesError {
  return new HermesError("auth/sign_in_failed", `Could not sign in to MCP server ${name}: ${why}`, {
    cause,
    hint: `hermes mcp login ${name}`,
  });
}

function wantsPerson({ name }: SignInSettings): HermesError {
  return new HermesError("mcp/unavailable", `MCP server ${name} wants a sign-in`, {
    hint: `hermes mcp login ${name}`,
  });
}
