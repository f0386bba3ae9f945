import { HermesError, toHermesError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import type { DeviceCodeFacts, LoginInteraction, TokenSet } from "../core/sign_in.ts";
import { exchange, type ExchangeDeps } from "./exchange.ts";
import { requirePinned } from "./pinned_url.ts";
import { oauthErrorOf, passingFailure, tokensOf } from "./token_reply.ts";

/** One answer is waited for so long, in milliseconds. */
const answerMs = 15_000;
/** Nobody is asked more often. */
const shortestPollMs = 3_000;
const usualPollMs = 5_000;

export interface DeviceDeps extends ExchangeDeps {
  readonly clock: Pick<Clock, "sleep" | "monotonic">;
  readonly interaction: Pick<LoginInteraction, "showCode">;
}

/**
 * Signs in by a code that the person types elsewhere. What fails on the way while the person is still typing is tried
 * again: only the server's word, or the time, ends the wait.
 * @throws {HermesError} `auth/sign_in_failed`, `auth/not_entitled`, `network/*`
 */
export async function signInByDevice(
  deps: DeviceDeps,
  facts: DeviceCodeFacts,
  { timeoutMs }: { readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<TokenSet> {
  const pin = (text: string, what: string): URL => requirePinned(text, facts.domains, what);
  const json = { client_id: facts.clientId };
  const url = pin(facts.userCodeUrl, "device endpoint");
  const reply = await exchange(deps, { url, json, timeoutMs: answerMs }, signal);
  const { device_auth_id: device, user_code: userCode, usercode, interval } = reply.json ?? {};
  const code = userCode ?? usercode;
  if (reply.status !== 200) throw refused(reply, url.host);
  if (typeof device !== "string" || typeof code !== "string") {
    throw failed(`${url.host} gave no code to type`);
  }
  await deps.interaction.showCode(code, facts.verificationUrl);
  const pollMs = pollInterval(interval);
  const givesUpAt = deps.clock.monotonic() + timeoutMs;
  const poll = { url: pin(facts.pollUrl, "device endpoint"), device, code, pollMs };
  for (;;) {
    await deps.clock.sleep(pollMs, signal);
    const confirmed = await ask(deps, poll, signal);
    if (confirmed) return await exchangeDeviceCode(deps, facts, confirmed, signal);
    if (deps.clock.monotonic() >= givesUpAt) {
      throw failed(`Nobody typed the code within ${Math.round(timeoutMs / 1_000)} s`);
    }
  }
}

interface Confirmed {
  readonly code: string;
  readonly verifier: string;
}

/** What the server has of the person's confirmation; undefined as long as it has nothing. */
async function ask(
  deps: DeviceDeps,
  { url, device, code }: { readonly url: URL; readonly device: string; readonly code: string },
  signal: AbortSignal,
): Promise<Confirmed | undefined> {
  const json = { device_auth_id: device, user_code: code };
  try {
    const reply = await exchange(deps, { url, json, timeoutMs: answerMs }, signal);
    const { status } = reply;
    const isWaiting = status === 403 || status === 404 || status === 429 || status >= 500;
    if (isWaiting || !reply.json) return undefined;
    if (status !== 200) throw refused(reply, url.host);
    const { authorization_code: authorizationCode, code_verifier: verifier } = reply.json;
    if (typeof authorizationCode !== "string" || typeof verifier !== "string") {
      throw failed(`${url.host} confirmed the code without saying how to go on`);
    }
    return { code: authorizationCode, verifier };
  } catch (error) {
    if (toHermesError(error).code.startsWith("network/")) return undefined;
    throw error;
  }
}

async function exchangeDeviceCode(
  deps: DeviceDeps,
  facts: DeviceCodeFacts,
  { code, verifier }: Confirmed,
  signal: AbortSignal,
): Promise<TokenSet> {
  const url = requirePinned(facts.tokenUrl, facts.domains, "token endpoint");
  const form = {
    grant_type: "authorization_code",
    code,
    redirect_uri: facts.redirectUri,
    client_id: facts.clientId,
    code_verifier: verifier,
  };
  const reply = await exchange(deps, { url, form, timeoutMs: answerMs }, signal);
  if (reply.status !== 200) throw refused(reply, url.host);
  const tokens = tokensOf(reply.json);
  if (tokens && tokens.refreshToken !== "") return tokens;
  throw failed(`${url.host} answered without ${tokens ? "a refresh token" : "a token"}`);
}

function pollInterval(value: unknown): number {
  const seconds = typeof value === "string" ? Number(value) : value;
  const isTime = typeof seconds === "number" && Number.isFinite(seconds) && seconds > 0;
  return isTime ? Math.min(60_000, Math.max(shortestPollMs, seconds * 1_000)) : usualPollMs;
}

function refused(reply: Parameters<typeof passingFailure>[0], host: string): HermesError {
  const said = oauthErrorOf(reply.json);
  const isAnswer = said && reply.status < 500 && reply.status !== 429 && reply.status !== 403;
  return isAnswer
    ? failed(`${host} refused (HTTP ${reply.status}): ${said.message}`)
    : passingFailure(reply, host);
}

function failed(message: string): HermesError {
  return new HermesError("auth/sign_in_failed", message, { hint: "run the command again" });
}
