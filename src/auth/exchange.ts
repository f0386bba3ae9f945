import { errnoOf, HermesError, throwIfAborted } from "../core/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../core/json.ts";
import type { Clock, Fetch } from "../core/ports.ts";

export interface ExchangeDeps {
  readonly fetch: Fetch;
  readonly clock: Pick<Clock, "sleep">;
}

export interface ExchangeRequest {
  readonly url: URL;
  readonly method?: "GET" | "POST";
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: JsonObject;
  readonly timeoutMs: number;
}

/** What an identity provider answered. */
export interface ExchangeReply {
  readonly status: number;
  /** Undefined when it is no JSON object. */
  readonly json: JsonObject | undefined;
  /** What the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly headers: Headers;
}

/** More than any answer of an identity provider has, in characters. */
const maxChars = 1_000_000;

/**
 * One question to an identity provider. Follows no redirect: the token would go along.
 * @throws {HermesError} `network/*`, `auth/sign_in_failed` for a redirect, or what the signal was aborted with
 */
export async function exchange(
  { fetch, clock }: ExchangeDeps,
  request: ExchangeRequest,
  signal: AbortSignal,
): Promise<ExchangeReply> {
  const { url, form, json, timeoutMs } = request;
  const over = new AbortController();
  const late = clock.sleep(timeoutMs, over.signal).then(
    () => over.abort(timedOut(url, timeoutMs)),
    () => undefined,
  );
  try {
    const response = await fetch(url, {
      method: request.method ?? "POST",
      redirect: "manual",
      signal: AbortSignal.any([signal, over.signal]),
      headers: {
        Accept: "application/json",
        ...(form ? { "Content-Type": "application/x-www-form-urlencoded" } : {}),
        ...(json ? { "Content-Type": "application/json" } : {}),
      },
      ...(form ? { body: new URLSearchParams(form).toString() } : {}),
      ...(json ? { body: JSON.stringify(json) } : {}),
    });
    const { status, headers, type } = response;
    if (type === "opaqueredirect" || (status >= 300 && status < 400)) {
      await response.body?.cancel();
      throw new HermesError(
        "auth/sign_in_failed",
        `${url.host} sent the request elsewhere (HTTP ${status}): it was not followed`,
      );
    }
    const text = await readText(response);
    const parsed = parseJson(text);
    return {
      status,
      json: isJsonObject(parsed) ? parsed : undefined,
      retryAfterMs: retryAfter(headers),
      headers,
    };
  } catch (error) {
    if (error instanceof HermesError) throw error;
    throwIfAborted(signal);
    if (over.signal.aborted) throw timedOut(url, timeoutMs);
    throw unreachable(url, error);
  } finally {
    over.abort();
    await late;
  }
}

/** The text of a server's for people: one line, no control characters, at most 300 characters. */
export function serverText(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .slice(0, 300)
    .toWellFormed();
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  const body: AsyncIterable<Uint8Array> | null = response.body;
  let text = "";
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxChars) break;
  }
  return text;
}

function retryAfter(headers: Headers): number | undefined {
  const value = headers.get("retry-after")?.trim() ?? "";
  return /^\d{1,7}$/.test(value) ? Number(value) * 1_000 : undefined;
}

function timedOut(url: URL, ms: number): HermesError {
  return new HermesError("network/timeout", `${url.host} did not answer within ${ms / 1_000} s`, {
    retryable: true,
    hint: "check the network, and try again",
  });
}

function unreachable(url: URL, cause: unknown): HermesError {
  const reason = errnoOf(cause) ?? (cause instanceof Error ? serverText(cause.message) : "");
  const isTls = /certificate|self.signed|CERT_|TLS|SSL/i.test(reason);
  return new HermesError(
    isTls ? "network/tls" : "network/unreachable",
    `Could not reach ${url.host}${reason === "" ? "" : `: ${reason}`}`,
    { cause, retryable: !isTls, hint: "check the network and the proxy, and try again" },
  );
}
