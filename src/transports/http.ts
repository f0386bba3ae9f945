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

/**
 * Sends one request and resolves to the answer as it is: whatever its status, its body unread. Rejects with what `fetch`
 * rejects with.
 */
export async function post(
  fetch: Fetch,
  { baseUrl, path, headers, body, signal }: PostRequest,
): Promise<Response> {
  const url = new URL(baseUrl);
  url.pathname = url.pathname.replace(/\/$/, "") + path;
  // A redirect would turn the POST into a GET, or carry the key to another host.
  return await fetch(url.href, { method: "POST", headers, body, signal, redirect: "manual" });
}
