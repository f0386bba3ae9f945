import { errnoOf, HermesError, throwIfAborted } from "../core/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../core/json.ts";
import type { Clock, Fetch } from "../core/ports.ts";
import { createRedactor } from "../core/redact.ts";

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
  /** A page for a browser: not the word of an identity provider. */
  readonly isPage: boolean;
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
        { httpStatus: status, retryable: true, hint: "check the network (a captive portal?)" },
      );
    }
    const text = await readText(response);
    // A refusal that repeats what it was sent is shown to people.
    const parsed = parseJson(status < 400 ? text : withoutSent(text, request));
    return {
      status,
      json: isJsonObject(parsed) ? parsed : undefined,
      isPage: /^\s*</.test(text),
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

/** The text of a server's for people: one line, no control characters, no secrets, at most 300 characters. */
export function serverText(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  // Whole before it is cut: half a secret is not recognised.
  return createRedactor().boundary(line).slice(0, 300).toWellFormed();
}

/** Fields of a request that anybody may see. */
const openFields: ReadonlySet<string> = new Set([
  "grant_type",
  "client_id",
  "redirect_uri",
  "code_challenge",
  "code_challenge_method",
  "token_type_hint",
  "user_code",
]);

function withoutSent(text: string, { form, json }: ExchangeRequest): string {
  return Object.entries({ ...form, ...json }).reduce(
    (rest, [name, value]) =>
      typeof value !== "string" || value === "" || openFields.has(name)
        ? rest
        : rest.replaceAll(value, "***"),
    text,
  );
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  const body: AsyncIterable<Uint8Array> | null = response.body;
  let text = "";
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxChars) throw new Error("the answer is too long");
  }
  return text + decoder.decode();
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
