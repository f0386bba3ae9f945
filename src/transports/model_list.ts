import type { Credential, CredentialSource } from "../core/credential.ts";
import { abortError, errorMessage, HermesError } from "../core/errors.ts";
import { isJsonObject, type Json, parseJson } from "../core/json.ts";
import type { Clock, Fetch } from "../core/ports.ts";
import type { ModelEndpoint } from "../core/provider.ts";
import { withIdleTimeout } from "../wire/idle_timeout.ts";
import { classifyFailure } from "./classify.ts";
import { readBody, readRefusal } from "./frames.ts";
import { authorizedHeaders } from "./headers.ts";
import { redirectError } from "./redirect.ts";

export interface ModelListDeps {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly credentials: CredentialSource;
}

/** A listing that takes longer is not worth waiting for, in milliseconds. */
const listTimeoutMs = 10_000;
const maxListChars = 8 * 1024 * 1024;

/**
 * The ids of the models that an endpoint offers (`GET /models`), in its own order without repetitions. A credential that is
 * refused is replaced once.
 * @throws {HermesError} `auth/*`, `network/*`, `model/*`; `stream/invalid` when the answer is no list of models
 */
export async function listModels(
  deps: ModelListDeps,
  endpoint: ModelEndpoint,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { clientVersion } = endpoint.dialect;
  const query = clientVersion === undefined ? "" : `?client_version=${clientVersion}`;
  const url = `${endpoint.baseUrl}/models${query}`;
  const answers = withIdleTimeout(
    deps.clock,
    (requestSignal) => requestModels(deps, endpoint, { url, signal: requestSignal }),
    { source: url, limits: { overallMs: listTimeoutMs }, signal },
  );
  for await (const ids of answers) return ids;
  throw abortError(signal);
}

async function* requestModels(
  deps: ModelListDeps,
  endpoint: ModelEndpoint,
  asked: Asked,
): AsyncGenerator<readonly string[], void> {
  const { credentials } = deps;
  const { provider, dialect } = endpoint;
  const { url, signal } = asked;
  const first = await credentials.get(provider, { signal });
  let response = await requestList(deps, endpoint, { ...asked, credential: first });
  if (response.status === 401 && first) {
    const rejected = { rejected: first, signal };
    const next = await credentials.get(provider, rejected);
    if (next) {
      await response.body?.cancel();
      response = await requestList(deps, endpoint, { ...asked, credential: next });
    }
  }
  const text = response.ok
    ? await readBody(response, maxListChars, signal)
    : await readRefusal(response, deps.clock, signal);
  const body = parseJson(text);
  if (!response.ok) {
    const { status, headers } = response;
    const facts = { provider, model: listName, status, headers };
    throw classifyFailure({ ...facts, body: body ?? text, message: `HTTP ${status} from ${url}` });
  }
  const ids = dialect.clientVersion === undefined ? idsIn(body) : slugsIn(body);
  if (!ids) {
    throw new HermesError(
      "stream/invalid",
      `Expected a list of models from ${url}, got something else`,
      {
        hint: "check the address: hermes config set model.base_url URL",
      },
    );
  }
  yield [...new Set(ids)];
}

interface Asked {
  readonly url: string;
  readonly signal: AbortSignal;
}

/** What is asked for, in the place of a model. */
const listName = "the list of models";

async function requestList(
  { fetch }: Pick<ModelListDeps, "fetch">,
  endpoint: ModelEndpoint,
  { url, signal, credential }: Asked & { readonly credential: Credential | undefined },
): Promise<Response> {
  const headers = { ...endpoint.dialect.headers, Accept: "application/json" };
  let response: Response;
  try {
    response = await fetch(url, {
      headers: credential ? authorizedHeaders(headers, endpoint, credential) : headers,
      signal,
      // A key must not follow a redirect to another host.
      redirect: "manual",
    });
  } catch (error) {
    if (error instanceof HermesError) throw error;
    const facts = { provider: endpoint.provider, model: listName };
    throw classifyFailure({ ...facts, message: errorMessage(error), cause: error });
  }
  const redirect = redirectError(url, response);
  if (redirect !== undefined) throw redirect;
  return response;
}

/** The usual shape (OpenAI API reference, `models/list`). */
function idsIn(body: Json | undefined): readonly string[] | undefined {
  const entries = isJsonObject(body) ? body["data"] : undefined;
  if (!Array.isArray(entries)) return undefined;
  return entries.flatMap((entry) =>
    isJsonObject(entry) && typeof entry["id"] === "string" ? [entry["id"]] : [],
  );
}

/** The shape of the ChatGPT backend: what it does not hide, the foremost first. */
function slugsIn(body: Json | undefined): readonly string[] | undefined {
  const entries = isJsonObject(body) ? body["models"] : undefined;
  if (!Array.isArray(entries)) return undefined;
  const models = entries.flatMap((entry) => {
    if (!isJsonObject(entry)) return [];
    const { slug, visibility, priority } = entry;
    const isHidden = visibility === "hide" || visibility === "hidden";
    if (typeof slug !== "string" || isHidden) return [];
    return [{ slug, priority: typeof priority === "number" ? priority : Number.MAX_SAFE_INTEGER }];
  });
  return models
    .toSorted((one, other) => one.priority - other.priority || (one.slug < other.slug ? -1 : 1))
    .map(({ slug }) => slug);
}
