import type { Fetch } from "../core/ports.ts";

export interface PostRequest {
  /** May hold a query: `https://example.openai.azure.com/openai?api-version=1`. */
  readonly baseUrl: string;
  /** Put behind the base URL's path: `/responses`. */
  readonly path: string;
  /** Exactly those that go out, besides what HTTP itself needs. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
  readonly signal: AbortSignal;
}

/** Longer than any step: how long to wait is decided by limits on our own clock. */
const clientTimeoutMs = 24 * 3600 * 1000;

/**
 * Sends one request through OpenAI's client, which is loaded when it is needed first, and resolves to the answer as it
 * is: whatever its status, its body unread. Rejects with what `fetch` rejects with.
 */
export async function post(fetch: Fetch, request: PostRequest): Promise<Response> {
  const { OpenAI } = await import("openai");
  const exchange: { answer?: Promise<Response> } = {};
  const client = new OpenAI({
    baseURL: request.baseUrl,
    // Required but not sent, see `headers` below. What is not named here would be read from the environment.
    apiKey: "none",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: "off",
    maxRetries: 0,
    timeout: clientTimeoutMs,
    fetch: async (url, init) => {
      exchange.answer = fetch(url, {
        ...init,
        // The client's own (`X-Stainless-*`, `User-Agent`, lines of `OPENAI_CUSTOM_HEADERS`) stay here.
        headers: request.headers,
        signal: request.signal,
        // A redirect would turn the POST into a GET, or carry the key to another host.
        redirect: "manual",
      });
      const answer = await exchange.answer;
      // The client reads refusals by itself, and of their bodies keeps no more than `error`.
      return answer.ok ? answer : new Response(null, { status: 204 });
    },
  });
  try {
    const { path, body, headers } = request;
    await client.post(path, { body, headers }).asResponse();
  } catch (error) {
    if (exchange.answer === undefined) throw error;
  }
  if (exchange.answer === undefined) throw new TypeError("The HTTP client sent nothing");
  return exchange.answer;
}
