import { abortError, errnoOf, HermesError } from "../core/errors.ts";
import type { Browser, Clock, Fetch, Loopback, LoopbackListener } from "../core/ports.ts";
import type {
  AuthorizationCodeFacts,
  FreshGrant,
  LoginInteraction,
  OauthEndpoints,
  SignInFacts,
} from "../core/sign_in.ts";
import {
  type Authorization,
  beginAuthorization,
  codeOf,
  exchangeCode,
} from "./authorization_code.ts";
import { type CallbackOptions, receive } from "./callback.ts";
import { signInByDevice } from "./device_code.ts";
import { discover } from "./discovery.ts";
import { createPages } from "./loopback_page.ts";
import { type AuthorizationAnswer, readPasted } from "./pasted.ts";

/** What the sign-in needs of the outside. */
export interface LoginDeps {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly loopback: Loopback;
  readonly browser: Browser;
  readonly interaction: LoginInteraction;
}

export interface LoginOptions {
  /** Opens a browser where one can be expected to be seen. */
  readonly openBrowser: boolean;
  /** No listener: the person pastes where the browser was sent to. */
  readonly manualPaste: boolean;
  /** For the person's part, in milliseconds. */
  readonly timeoutMs: number;
}

/** One answer of the identity provider is waited for so long, in milliseconds. */
const answerMs = 20_000;

/**
 * Signs a person in.
 * @throws {HermesError} `auth/sign_in_failed`, `auth/not_entitled`, `network/*`, or what the signal was aborted with
 */
export async function signIn(
  deps: LoginDeps,
  facts: SignInFacts,
  options: LoginOptions,
  signal: AbortSignal,
): Promise<FreshGrant> {
  if (facts.kind === "device_code") {
    return { tokens: await signInByDevice(deps, facts, options, signal) };
  }
  const endpoints = await discover(deps, facts, { timeoutMs: answerMs }, signal);
  if (options.manualPaste) {
    // The address is never opened: what stands in it is all that is wanted.
    const redirectUri = `http://127.0.0.1:${facts.preferredPort}${facts.callbackPath}`;
    const authorization = await beginAuthorization(facts, endpoints, redirectUri);
    await deps.interaction.showAddress(authorization.url, {});
    const answered = await wait(deps, options, signal, (stop) => [
      pastedAnswer(deps, authorization, stop),
    ]);
    return await finish(deps, facts, { authorization, endpoints, ...answered }, signal);
  }
  const { promise: called, resolve: onAnswer } = Promise.withResolvers<Answered>();
  const page = await createPages();
  // Bound before anybody knows the address; the state is known a moment later.
  const waiting: { callback?: CallbackOptions } = {};
  await using listener = await listen(deps, facts, (request) => {
    if (!waiting.callback) return page("unknown");
    const { reply, answer } = receive(request, waiting.callback);
    if (answer) onAnswer({ answer, isPasted: false });
    return reply;
  });
  const { port } = listener;
  const redirectUri = `http://127.0.0.1:${port}${facts.callbackPath}`;
  const authorization = await beginAuthorization(facts, endpoints, redirectUri);
  const { state } = authorization;
  waiting.callback = {
    port,
    path: facts.callbackPath,
    state,
    corsOrigins: facts.corsOrigins,
    page,
  };
  await deps.interaction.showAddress(authorization.url, { port });
  if (options.openBrowser && (await deps.browser.isLikely())) {
    const isOpen = await deps.browser.open(authorization.url);
    if (!isOpen)
      await deps.interaction.note("No browser could be started: open the address yourself");
  }
  const answered = await wait(deps, options, signal, (stop) => [
    called,
    pastedAnswer(deps, authorization, stop),
  ]);
  return await finish(deps, facts, { authorization, endpoints, ...answered }, signal);
}

interface Answered {
  readonly answer: AuthorizationAnswer;
  /** By the person, who may paste the code alone. */
  readonly isPasted: boolean;
}

async function listen(
  { loopback }: LoginDeps,
  { preferredPort }: AuthorizationCodeFacts,
  answer: Parameters<Loopback["listen"]>[1],
): Promise<LoopbackListener> {
  try {
    return await loopback.listen(preferredPort, answer);
  } catch (error) {
    throw new HermesError(
      "auth/sign_in_failed",
      `No port of this machine can be listened on: ${errnoOf(error) ?? "unknown reason"}`,
      { cause: error, hint: "hermes auth add xai-oauth --manual-paste" },
    );
  }
}

/** What is pasted and can be the answer; lines that are none are said to be none. Never resolves where nothing comes. */
async function pastedAnswer(
  { interaction }: LoginDeps,
  { redirectUri }: Authorization,
  signal: AbortSignal,
): Promise<Answered> {
  for await (const line of interaction.pasted(signal)) {
    if (line.trim() === "") continue;
    const answer = readPasted(line, redirectUri);
    if (answer) return { answer, isPasted: true };
    await interaction.note(`That is neither the address (${redirectUri}?...) nor a code`);
  }
  return await Promise.withResolvers<never>().promise;
}

/** The first of several ways in which an answer can come, for as long as the person may take. */
async function wait(
  { clock }: LoginDeps,
  { timeoutMs }: LoginOptions,
  signal: AbortSignal,
  ways: (stop: AbortSignal) => readonly Promise<Answered>[],
): Promise<Answered> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const late = clock.sleep(timeoutMs, stop).then(
    () => {
      throw new HermesError(
        "auth/sign_in_failed",
        `Nobody signed in within ${Math.round(timeoutMs / 1_000)} s`,
        { hint: "run the command again; on another machine's browser: --manual-paste" },
      );
    },
    () => {
      throw abortError(signal);
    },
  );
  try {
    return await Promise.race([...ways(stop), late]);
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}

async function finish(
  deps: LoginDeps,
  facts: AuthorizationCodeFacts,
  given: Answered & { readonly authorization: Authorization; readonly endpoints: OauthEndpoints },
  signal: AbortSignal,
): Promise<FreshGrant> {
  const { authorization, endpoints, answer, isPasted } = given;
  const code = codeOf(answer, authorization, facts, isPasted);
  const timeoutMs = answerMs;
  const tokens = await exchangeCode(
    deps,
    facts,
    { code, authorization, endpoints, timeoutMs },
    signal,
  );
  return { tokens, endpoints, redirectUri: authorization.redirectUri };
}
