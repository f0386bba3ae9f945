import { HermesError, throwIfAborted, toHermesError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import type { DeviceCodeFacts, LoginInteraction, TokenSet } from "../core/sign_in.ts";
import { exchange, type ExchangeDeps, type ExchangeReply } from "./exchange.ts";
import { requirePinned } from "./pinned_url.ts";
import { replyFailure, tokensOf } from "./token_reply.ts";

/** One answer is waited for so long, in milliseconds. */
const answerMs = 15_000;
/** Nobody is asked more often. */
const shortestPollMs = 3_000;
const usualPollMs = 5_000;
const longestPollMs = 60_000;
/** The server forgets a code after this time. */
const codeLifeMs = 900_000;

export interface DeviceDeps extends ExchangeDeps {
  readonly clock: Pick<Clock, "sleep" | "monotonic">;
  readonly interaction: Pick<LoginInteraction, "showCode" | "note">;
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
  const device = await requestCode(deps, facts, signal);
  await deps.interaction.showCode(device.userCode, facts.verificationUrl);
  const confirmed = await untilConfirmed(deps, facts, { device, timeoutMs }, signal);
  return await exchangeDeviceCode(deps, facts, confirmed, signal);
}

interface Device {
  readonly id: string;
  /** What the person types. */
  readonly userCode: string;
  /** Between two questions, in milliseconds. */
  readonly pollMs: number;
}

async function requestCode(
  deps: DeviceDeps,
  facts: DeviceCodeFacts,
  signal: AbortSignal,
): Promise<Device> {
  const url = requirePinned(facts.userCodeUrl, facts.domains, "device endpoint");
  const json = { client_id: facts.clientId };
  const reply = await exchange(deps, { url, json, timeoutMs: answerMs }, signal);
  if (reply.status !== 200 || !reply.json) throw refused(reply, url, facts);
  // Both spellings are in use (https://github.com/openai/codex, `login/src/device_code_auth.rs`).
  const { device_auth_id: id, user_code: userCode, usercode, interval } = reply.json;
  const shown = userCode ?? usercode;
  if (typeof id !== "string" || id === "" || typeof shown !== "string" || !isTypeable(shown)) {
    throw failed(`${url.host} gave no code that could be typed`);
  }
  return { id, userCode: shown, pollMs: pollInterval(interval) };
}

function isTypeable(code: string): boolean {
  return /^[A-Za-z0-9-]{1,32}$/.test(code);
}

interface Confirmed {
  readonly code: string;
  readonly verifier: string;
}

async function untilConfirmed(
  deps: DeviceDeps,
  facts: DeviceCodeFacts,
  { device, timeoutMs }: { readonly device: Device; readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<Confirmed> {
  const { clock, interaction } = deps;
  const limitMs = Math.min(timeoutMs, codeLifeMs);
  const endsAt = clock.monotonic() + limitMs;
  let outage: HermesError | undefined;
  for (;;) {
    const pauseMs = Math.min(device.pollMs, endsAt - clock.monotonic());
    await clock.sleep(pauseMs, signal).catch(() => throwIfAborted(signal));
    const said = await ask(deps, facts, device, signal);
    if (said instanceof HermesError) {
      if (!outage) await interaction.note(`${said.message}; still trying`);
      outage = said;
    } else {
      if (said !== "waiting") return said;
      outage = undefined;
    }
    if (clock.monotonic() < endsAt) continue;
    throw outage ?? failed(`Nobody typed the code within ${Math.round(limitMs / 1_000)} s`);
  }
}

/** What the server has of the person's confirmation; or what went wrong on the way and may go well the next time. */
async function ask(
  deps: DeviceDeps,
  facts: DeviceCodeFacts,
  { id, userCode }: Device,
  signal: AbortSignal,
): Promise<Confirmed | "waiting" | HermesError> {
  const url = requirePinned(facts.pollUrl, facts.domains, "device endpoint");
  const json = { device_auth_id: id, user_code: userCode };
  try {
    const reply = await exchange(deps, { url, json, timeoutMs: answerMs }, signal);
    // The server's way to say that nobody has typed the code yet.
    if (reply.status === 403 || reply.status === 404) return "waiting";
    if (reply.status !== 200 || !reply.json) throw refused(reply, url, facts);
    const { authorization_code: code, code_verifier: verifier } = reply.json;
    if (typeof code === "string" && code !== "" && typeof verifier === "string") {
      return { code, verifier };
    }
    throw failed(`${url.host} confirmed the code without saying how to go on`);
  } catch (error) {
    const failure = toHermesError(error);
    if (failure.retryable) return failure;
    throw failure;
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
  if (reply.status !== 200 || !reply.json) throw refused(reply, url, facts);
  const tokens = tokensOf(reply.json);
  if (tokens && tokens.refreshToken !== "") return tokens;
  throw failed(`${url.host} answered without ${tokens ? "a refresh token" : "a token"}`);
}

function pollInterval(value: unknown): number {
  const seconds = typeof value === "string" ? Number(value) : value;
  const isTime = typeof seconds === "number" && Number.isFinite(seconds) && seconds > 0;
  const ms = isTime ? seconds * 1_000 : usualPollMs;
  return Math.min(longestPollMs, Math.max(shortestPollMs, ms));
}

function refused(reply: ExchangeReply, { host }: URL, { keyHint }: DeviceCodeFacts): HermesError {
  return replyFailure(reply, { host, what: "sign-in", keyHint });
}

function failed(message: string): HermesError {
  return new HermesError("auth/sign_in_failed", message, { hint: "run the command again" });
}
