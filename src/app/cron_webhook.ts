import { abortError } from "../core/errors.ts";
import { requestedDelayMs } from "../transports/retry_after.ts";
import { kindOfAddress } from "../cron/address.ts";
import type { Clock, Fetch, Resolver } from "../core/ports.ts";

/** Attempts in all, the pauses between them, and the most that a server may ask to wait, in ms. */
const maxAttempts = 3;
const pausesMs: readonly number[] = [1_000, 5_000];
const longestPauseMs = 60_000;
/** For one attempt. */
const patienceMs = 30_000;

export interface WebhookDeps {
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly resolver: Resolver;
}

export interface WebhookCall {
  readonly url: string;
  readonly body: string;
  /** Tells a receiver that it has had this one. */
  readonly key: string;
  /** Signs the body. */
  readonly secret: string;
  /** `security.allow_private_urls` */
  readonly mayBePrivate: boolean;
}

export interface WebhookEnd {
  readonly attempts: number;
  /** Why it was not taken, without the address, which may hold a secret; absent: it was. */
  readonly problem?: string;
}

/**
 * Posts an outcome, again after a pause where that may help: the receiver proves that it came from here by
 * `X-Hermes-Signature`, the HMAC-SHA-256 of the body. Ends early with the signal. Never rejects.
 */
export async function callWebhook(
  deps: WebhookDeps,
  call: WebhookCall,
  signal: AbortSignal,
): Promise<WebhookEnd> {
  const headers = {
    "Content-Type": "application/json",
    "User-Agent": "hermes",
    "X-Hermes-Signature": `sha256=${await hmac(call.secret, call.body)}`,
    "Idempotency-Key": call.key,
  };
  for (let attempts = 1; ; attempts++) {
    const end = await attempt(deps, { ...call, headers }, signal);
    if (end.isRefused) return { attempts: attempts - 1, problem: end.problem };
    if (end.problem === undefined) return { attempts };
    const isOver = !end.mayHelp || attempts === maxAttempts || signal.aborted;
    if (isOver) return { attempts, problem: end.problem };
    const pauseMs = end.delayMs ?? pausesMs[attempts - 1] ?? 0;
    try {
      await deps.clock.sleep(Math.min(pauseMs, longestPauseMs), signal);
    } catch {
      return { attempts, problem: end.problem };
    }
  }
}

/** Why an address must not be called, in words. */
function refusal(
  url: URL,
  addresses: readonly string[],
  { mayBePrivate }: Pick<WebhookCall, "mayBePrivate">,
): string | undefined {
  const kinds = addresses.map(kindOfAddress);
  if (url.protocol === "http:" && !kinds.every((kind) => kind === "loopback")) {
    return "http is for this machine alone, elsewhere it takes https";
  }
  if (!mayBePrivate && kinds.some((kind) => kind !== "public")) {
    return `${url.hostname} is on this machine or in a private network (security.allow_private_urls is false)`;
  }
  return undefined;
}

type PostEnd =
  | { readonly isRefused: true; readonly problem: string }
  | {
      readonly isRefused?: undefined;
      readonly problem?: string;
      /** Whether another attempt may. */
      readonly mayHelp?: boolean;
      readonly delayMs?: number | undefined;
    };

interface SignedCall extends WebhookCall {
  readonly headers: Readonly<Record<string, string>>;
}

/** Looks where the address leads each time: it is a name's to change, and no network now may be one in a moment. */
async function attempt(deps: WebhookDeps, call: SignedCall, signal: AbortSignal): Promise<PostEnd> {
  const url = URL.parse(call.url);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    return { isRefused: true, problem: "it is no https address" };
  }
  if (url.username !== "" || url.password !== "") {
    return { isRefused: true, problem: "its address has a user or a password" };
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  let addresses: readonly string[];
  try {
    addresses = await unlessAborted(signal, deps.resolver.addressesOf(host));
  } catch {
    if (signal.aborted) return { problem: "it was stopped", mayHelp: false };
    return { problem: `its host is not known: ${url.hostname}`, mayHelp: true };
  }
  const problem = refusal(url, addresses, call);
  return problem === undefined ? await post(deps, call, signal) : { isRefused: true, problem };
}

/** What a promise gives, for as long as the signal waits for it. */
async function unlessAborted<T>(signal: AbortSignal, given: Promise<T>): Promise<T> {
  const over = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const fail = (): void => reject(abortError(signal));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([given, aborted]);
  } finally {
    over.abort();
  }
}

async function post(
  { clock, fetch }: WebhookDeps,
  call: SignedCall,
  signal: AbortSignal,
): Promise<PostEnd> {
  const over = new AbortController();
  const late = new AbortController();
  const timer = clock.sleep(patienceMs, over.signal).then(
    () => late.abort(),
    () => undefined,
  );
  try {
    const { url, body, headers } = call;
    // Another address would not have been looked at.
    const response = await fetch(url, {
      method: "POST",
      body,
      headers,
      redirect: "manual",
      signal: AbortSignal.any([signal, late.signal]),
    });
    await response.body?.cancel();
    return judge(response, clock.now());
  } catch (error) {
    if (signal.aborted) return { problem: "it was stopped", mayHelp: false };
    const isLate = late.signal.aborted;
    return {
      problem: isLate ? `no answer within ${patienceMs / 1_000} s` : reasonOf(error),
      mayHelp: true,
    };
  } finally {
    over.abort();
    await timer;
  }
}

function judge({ ok, status, type, headers }: Response, now: number): PostEnd {
  if (ok) return {};
  if (type === "opaqueredirect" || (status >= 300 && status < 400)) {
    return { problem: "it answered with a redirect, which is not followed" };
  }
  const mayHelp = status === 429 || status >= 500;
  return { problem: `it answered ${status}`, mayHelp, delayMs: requestedDelayMs(headers, now) };
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return `it cannot be reached${typeof code === "string" ? ` (${code})` : ""}`;
}

async function hmac(secret: string, body: string): Promise<string> {
  const bytes = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes.encode(secret), algorithm, false, [
    "sign",
  ]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes.encode(body))).toHex();
}
