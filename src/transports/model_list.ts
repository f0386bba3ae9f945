import type { CredentialSource } from "../core/credential.ts";
import { abortError, errorMessage, HermesError } from "../core/errors.ts";
import { isJsonObject, parseJson } from "../core/json.ts";
import type { Clock, Fetch } from "../core/ports.ts";
import type { ModelEndpoint } from "../core/provider.ts";
import { withIdleTimeout } from "../wire/idle_timeout.ts";
import { classifyFailure } from "./classify.ts";
import { readBody } from "./frames.ts";
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
 * The ids of the models that an endpoint offers (`GET /models`), in its own order without repetitions.
 * @throws {HermesError} `auth/*`, `network/*`, `model/*`; `stream/invalid` when the answer is no list of models
 */
export async function listModels(
  deps: ModelListDeps,
  endpoint: ModelEndpoint,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const url = `${endpoint.baseUrl}/models`;
  const answers = withIdleTimeout(
    deps.clock,
    (requestSignal) => requestModels(deps, endpoint, { url, signal: requestSignal }),
    { source: url, limits: { overallMs: listTimeoutMs }, signal },
  );
  for await (const ids of answers) return ids;
  throw abortError(signal);
}

async function* requestModels(
  { fetch, credentials }: ModelListDeps,
  endpoint: ModelEndpoint,
  { url, signal }: { readonly url: string; readonly signal: AbortSignal },
): AsyncGenerator<readonly string[], void> {
  const credential = await credentials.get(endpoint.provider, { signal });
  const headers = { ...endpoint.dialect.headers, Accept: "application/json" };
  const facts = { provider: endpoint.provider, model: "the list of models" };
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
    const message = errorMessage(error);
    throw classifyFailure({ ...facts, message, cause: error });
  }
  const redirect = redirectError(url, response);
  if (redirect !== undefined) throw redirect;
  const text = await readBody(response, maxListChars, signal);
  const body = parseJson(text);
  if (!response.ok) {
    const { status, headers: answered } = response;
    const message = `HTTP ${status} from ${url}`;
    throw classifyFailure({ ...facts, status, headers: answered, body: body ?? text, message });
  }
  const entries = isJsonObject(body) && Array.isArray(body["data"]) ? body["data"] : undefined;
  if (!entries) {
    throw new HermesError(
      "stream/invalid",
      `Expected a list of models from ${url}, got something else`,
      {
        hint: "check the address: hermes config set model.base_url URL",
      },
    );
  }
  const ids = entries.flatMap((entry) =>
    isJsonObject(entry) && typeof entry["id"] === "string" ? [entry["id"]] : [],
  );
  yield [...new Set(ids)];
}
