import { abortError, HermesError } from "../core/errors.ts";
import type { Browser, Clock, Fetch, Loopback } from "../core/ports.ts";
import type {
  AuthorizationCodeFacts,
  FreshGrant,
  LoginInteraction,
  SignInFacts,
} from "../core/sign_in.ts";
import {
  type Authorization,
  beginAuthorization,
  codeOf,
  exchangeCode,
} from "./authorization_code.ts";
import { isEqual } from "./callback.ts";
import { openCallbackDoor } from "./callback_door.ts";
import { signInByDevice } from "./device_code.ts";
import { discover } from "./discovery.ts";
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
  switch (facts.kind) {
    case "device_code":
      return { tokens: await signInByDevice(deps, facts, options, signal) };
    case "authorization_code":
      return await signInByCode(deps, facts, options, signal);
    default:
      return facts satisfies never;
  }
}

async function signInByCode(
  deps: LoginDeps,
  facts: AuthorizationCodeFacts,
  options: LoginOptions,
  signal: AbortSignal,
): Promise<FreshGrant> {
  const endpoints = await discover(deps, facts, { timeoutMs: answerMs }, signal);
  await using door = options.manualPaste ? undefined : await openCallbackDoor(deps, facts);
  // Without a listener the address is never opened: what stands in it is all that is wanted.
  const redirectUri =
    door?.redirectUri ?? `http://127.0.0.1:${facts.preferredPort}${facts.callbackPath}`;
  const authorization = await beginAuthorization(facts, endpoints, redirectUri);
  const called = door?.expect(authorization.state);
  const { interaction, browser } = deps;
  await interaction.showAddress(authorization.url, door ? { port: door.port } : {});
  if (options.openBrowser && (await browser.isLikely())) {
    const isOpen = await browser.open(authorization.url);
    if (!isOpen) await interaction.note("No browser could be started: open the address yourself");
  }
  const { answer, isPasted } = await awaitAnswer(deps, options, { authorization, called }, signal);
  const code = codeOf(answer, authorization, facts, isPasted);
  const given = { code, authorization, endpoints, timeoutMs: answerMs };
  const tokens = await exchangeCode(deps, facts, given, signal);
  return { tokens, endpoints, redirectUri };
}

/** An answer, and who brought it. */
export interface Answered {
  readonly answer: AuthorizationAnswer;
  /** By the person, who may paste the code alone. */
  readonly isPasted: boolean;
}

/**
 * The first answer, from the browser or from the person, for as long as that may take.
 * @throws {HermesError} `auth/sign_in_failed`, or what the signal was aborted with
 */
export async function awaitAnswer(
  { clock, interaction }: Pick<LoginDeps, "clock" | "interaction">,
  { timeoutMs }: Pick<LoginOptions, "timeoutMs">,
  given: {
    readonly authorization: Pick<Authorization, "redirectUri" | "state">;
    /** Absent where nothing listens. */
    readonly called: Promise<AuthorizationAnswer> | undefined;
  },
  signal: AbortSignal,
): Promise<Answered> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const late = clock.sleep(timeoutMs, stop).then(
    () => {
      throw failed(
        `Nobody signed in within ${Math.round(timeoutMs / 1_000)} s`,
        "run the command again; on another machine's browser: --manual-paste",
      );
    },
    () => {
      throw abortError(signal);
    },
  );
  const called = given.called?.then((answer): Answered => ({ answer, isPasted: false }));
  const typed = pastedAnswer(interaction, given.authorization, stop);
  // Where nobody can type any more, the browser may still come.
  const orCalled = typed.then((answered) => answered ?? called ?? nothingPasted());
  try {
    return await Promise.race([...(called ? [called] : []), orCalled, late]);
  } finally {
    over.abort();
    // The terminal is given back before anything else is said on it.
    await typed.catch(() => undefined);
  }
}

/** What is pasted and can be the answer; undefined where nobody types any more. Lines that are none are said to be none. */
async function pastedAnswer(
  interaction: LoginInteraction,
  { redirectUri, state }: Pick<Authorization, "redirectUri" | "state">,
  signal: AbortSignal,
): Promise<Answered | undefined> {
  for await (const line of interaction.pasted(signal)) {
    if (line.trim() === "") continue;
    const answer = readPasted(line, redirectUri);
    if (!answer) {
      await interaction.note(`That is neither the address (${redirectUri}?...) nor a code`);
    } else if (answer.state !== undefined && !isEqual(answer.state, state)) {
      await interaction.note("That address belongs to another sign-in: open the one shown here");
    } else {
      return { answer, isPasted: true };
    }
  }
  return undefined;
}

function nothingPasted(): never {
  throw failed(
    "Nothing was pasted that could be the answer",
    "run the command again where somebody can type, and paste the address that the browser was sent to",
  );
}

function failed(message: string, hint: string): HermesError {
  return new HermesError("auth/sign_in_failed", message, { hint });
}
