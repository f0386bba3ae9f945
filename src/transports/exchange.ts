import type { Credential, CredentialRequest, CredentialSource } from "../core/credential.ts";
import { defined } from "../core/defined.ts";
import { abortError, errorMessage, HermesError, toHermesError } from "../core/errors.ts";
import type { ModelEvent } from "../core/event.ts";
import type { JsonObject } from "../core/json.ts";
import { parseJson } from "../core/json.ts";
import type { ModelRequest } from "../core/model.ts";
import type { Clock, Fetch } from "../core/ports.ts";
import type { ModelEndpoint } from "../core/provider.ts";
import { estimateTokens } from "../core/token_estimate.ts";
import { abortable } from "../wire/abortable.ts";
import { withIdleTimeout } from "../wire/idle_timeout.ts";
import type { Failure } from "./classify.ts";
import type { DecoderContext, FailureFacts, StepDecoder } from "./decoder.ts";
import { type Frame, readFrames, readRefusal } from "./frames.ts";
import { authorizedHeaders } from "./headers.ts";
import { post, type PostRequest } from "./http.ts";
import { keepFailure, noteOtherCredential } from "./refusal.ts";
import { redirectError } from "./redirect.ts";
import { StreamLog } from "./stream_log.ts";
import { shownUrl } from "./shown_url.ts";
import { gapAfter, limitsFor, type Watchdogs } from "./watchdogs.ts";

/** What a transport needs of the outside. */
export interface TransportDeps {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly credentials: CredentialSource;
  /** Makes the ids of items: `item_` and something random. */
  readonly newId: () => string;
}

/** What a user may set for a transport. */
export interface TransportOptions {
  readonly watchdogs?: Watchdogs;
  /** Tokens of the model's window: whether a refusal without a reason may be one of the prompt's size. */
  readonly contextLength?: number;
}

/** One step, encoded, with what reads its answer. */
export interface Exchange {
  readonly endpoint: ModelEndpoint;
  readonly request: ModelRequest;
  /** Behind the endpoint's base URL: `/responses`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
  readonly createDecoder: (context: DecoderContext) => StepDecoder;
  readonly classify: (failure: Failure) => HermesError;
  readonly options: TransportOptions;
}

/**
 * One attempt at a step: finds the credential, sends the request, decodes the answer. A refused credential is replaced
 * for as long as its source has another one.
 * @throws {HermesError} `auth/missing` before anything is sent, what the server reported, `network/*`, `stream/*`, or
 *   what the signal was aborted with
 */
export async function* runExchange(
  deps: TransportDeps,
  exchange: Exchange,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void> {
  const { provider } = exchange.endpoint;
  const find = (request: CredentialRequest): Promise<Credential | undefined> =>
    abortable(() => deps.credentials.get(provider, { ...request, signal }), signal);
  const tried = new Set<string>();
  try {
    const first = await find({});
    if (first === undefined) throw missingCredential(provider);
    for (let credential: Credential = first; ;) {
      const { token, notice } = credential;
      tried.add(token);
      if (notice !== undefined) yield { type: "notice", level: "warning", text: notice };
      let hasBegun = false;
      try {
        for await (const event of attemptWith(deps, exchange, credential, signal)) {
          hasBegun = true;
          yield event;
        }
        return;
      } catch (error) {
        const request = hasBegun ? undefined : replacementFor(credential, error);
        const next: Credential | undefined = request && (await find(request));
        if (
          next === undefined &&
          request?.exhausted &&
          (await hasOther(deps, provider, credential))
        ) {
          noteOtherCredential(request.exhausted.error);
        }
        // Going round would ask for ever.
        if (next === undefined || tried.has(next.token)) throw error;
        credential = next;
      }
    }
  } catch (error) {
    throw signal.aborted ? abortError(signal) : toHermesError(error);
  }
}

/** What to ask the source for when a credential was refused; nothing where no other one would help. */
function replacementFor(credential: Credential, error: unknown): CredentialRequest | undefined {
  if (!(error instanceof HermesError)) return undefined;
  if (error.code === "auth/rejected" && refusedStatuses.has(error.httpStatus ?? 0)) {
    return { rejected: credential };
  }
  const isLimit = error.code === "model/rate_limited" || error.code === "model/quota";
  return isLimit ? { exhausted: { credential, error } } : undefined;
}

async function hasOther(
  { credentials }: TransportDeps,
  provider: string,
  credential: Credential,
): Promise<boolean> {
  return (await credentials.hasOther?.(provider, credential)) ?? false;
}

/** Some servers say 403 of a token that has expired. */
const refusedStatuses: ReadonlySet<number> = new Set([401, 403]);

function missingCredential(provider: string): HermesError {
  return new HermesError("auth/missing", `No credential for the provider: ${provider}`, {
    hint: "hermes doctor tells where a key is looked for",
  });
}

async function* attemptWith(
  deps: TransportDeps,
  exchange: Exchange,
  credential: Credential,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void> {
  const { endpoint, request } = exchange;
  const headers = authorizedHeaders(exchange.headers, endpoint, credential);
  const body = JSON.stringify(exchange.body);
  const estimatedTokens = estimateTokens(body.length, imagesOf(request));
  const fail = (facts: FailureFacts): HermesError => {
    const failure = {
      ...facts,
      provider: endpoint.provider,
      model: request.model,
      ...(credential.isPlaceholder ? { isWithoutKey: true } : { keyOrigin: credential.origin }),
      estimatedTokens,
      messageCount: request.items.length,
      ...defined("contextLength", exchange.options.contextLength),
      now: deps.clock.now(),
    };
    return keepFailure(exchange.classify(failure), failure);
  };
  const decoder = exchange.createDecoder({
    newId: deps.newId,
    issuer: endpoint.issuer,
    model: request.model,
    dialect: endpoint.dialect,
    items: request.items,
    fail,
  });
  const url = `${shownUrl(baseUrlOf(endpoint))}${exchange.path}`;
  const limits = limitsFor(endpoint, estimatedTokens, exchange.options.watchdogs);
  const { baseUrl } = endpoint;
  const { path } = exchange;
  const log = new StreamLog(deps.clock);
  const frames = withIdleTimeout(
    deps.clock,
    (requestSignal) =>
      requestFrames(
        deps.fetch,
        { baseUrl, path, headers, body, signal: requestSignal },
        { url, fail, log, clock: deps.clock },
      ),
    {
      source: url,
      limits: { ...limits, betweenMs: () => gapAfter(decoder.state(), limits) },
      signal,
    },
  );
  try {
    yield* decodeFrames(frames, decoder, signal);
  } catch (error) {
    // Why a turn was left is no failure of this answer.
    if (signal.aborted) throw error;
    throw log.explain(toHermesError(error));
  }
}

/** The frames of one request; what goes wrong on the way becomes a typed failure here. */
async function* requestFrames(
  fetch: Fetch,
  request: PostRequest,
  by: {
    readonly url: string;
    readonly fail: (facts: FailureFacts) => HermesError;
    readonly log: StreamLog;
    readonly clock: Clock;
  },
): AsyncGenerator<Frame, void> {
  const { signal } = request;
  const { url, fail, log, clock } = by;
  try {
    const response = await post(fetch, request);
    log.noteAnswer(response);
    if (!response.ok) throw await refusalOf(response, { url, signal, fail, clock });
    const onBytes = (count: number): void => log.noteBytes(count);
    for await (const frame of readFrames(response, { url, signal, onBytes })) {
      log.noteFrame(frame);
      yield frame;
    }
  } catch (error) {
    if (error instanceof HermesError) throw error;
    const message = errorMessage(error);
    throw fail({ message, cause: error });
  }
}

async function refusalOf(
  response: Response,
  by: {
    readonly url: string;
    readonly signal: AbortSignal;
    readonly fail: (facts: FailureFacts) => HermesError;
    readonly clock: Clock;
  },
): Promise<HermesError> {
  const { url, signal, fail, clock } = by;
  const { status, headers } = response;
  const text = await readRefusal(response, clock, signal);
  const redirect = redirectError(url, response);
  if (redirect !== undefined) return redirect;
  return fail({
    status,
    headers,
    body: parseJson(text) ?? text,
    message: `HTTP ${status} from ${url}`,
  });
}

async function* decodeFrames(
  frames: AsyncIterable<Frame>,
  decoder: StepDecoder,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void> {
  let last: readonly ModelEvent[] | undefined;
  for await (const frame of untilComplete(frames, decoder, signal)) {
    // Read to its end, a connection can be used again; broken off, the next step has to open another one.
    if (last !== undefined) continue;
    const events = decoder.push(frame);
    if (decoder.state() === "finished") last = events;
    else yield* events;
  }
  yield* last ?? decoder.end();
}

/** The frames, but when the answer is complete: that the server fell silent or went away then takes nothing from it. */
async function* untilComplete(
  frames: AsyncIterable<Frame>,
  decoder: StepDecoder,
  signal: AbortSignal,
): AsyncGenerator<Frame, void> {
  try {
    yield* frames;
  } catch (error) {
    if (decoder.state() === "open" || signal.aborted) throw error;
  }
}

function imagesOf(request: ModelRequest): readonly string[] {
  return request.items.flatMap((item) =>
    item.type === "user-message"
      ? item.parts.flatMap((part) => (part.type === "image" ? [part.data] : []))
      : [],
  );
}

function baseUrlOf({ baseUrl, provider }: ModelEndpoint): URL {
  if (URL.canParse(baseUrl)) return new URL(baseUrl);
  throw new HermesError("config/invalid", `Base URL of ${provider} is not a URL: ${baseUrl}`, {
    hint: "hermes config set model.base_url https://...",
  });
}
