import * as oauth from "oauth4webapi";
import { HermesError } from "../core/errors.ts";
import type { AuthorizationCodeFacts } from "../core/sign_in.ts";
import { openCallbackDoor } from "./callback_door.ts";
import { serverText } from "./exchange.ts";
import { awaitAnswer, type LoginDeps, type LoginOptions } from "./login.ts";

/** What the flow of somebody else is told before it makes the address for the browser. */
export interface BrowserRequest {
  readonly redirectUri: string;
  readonly state: string;
}

/** The code that the browser came back with, and who says that it is theirs (RFC 9207). */
export interface BrowserAnswer {
  readonly code: string;
  readonly issuer: string | undefined;
}

/**
 * The person's part of an authorization-code flow: listens for the way back, shows the address that `begin` makes, and waits
 * for the answer, from the browser or pasted. `begin` may say that nobody needs to be asked, with undefined; so does this.
 * @throws {HermesError} `auth/sign_in_failed`, what `begin` throws, or what the signal was aborted with
 */
export async function askBrowser<Begun>(
  deps: Pick<LoginDeps, "clock" | "loopback" | "browser" | "interaction">,
  place: Pick<AuthorizationCodeFacts, "preferredPort" | "callbackPath">,
  options: LoginOptions,
  given: {
    readonly begin: (request: BrowserRequest) => Promise<string | undefined>;
    readonly finish: (answer: BrowserAnswer) => Promise<Begun>;
    readonly signal: AbortSignal;
  },
): Promise<Begun | undefined> {
  const { interaction, browser } = deps;
  await using door = options.manualPaste
    ? undefined
    : await openCallbackDoor(deps, { ...place, corsOrigins: [] });
  const redirectUri =
    door?.redirectUri ?? `http://127.0.0.1:${place.preferredPort}${place.callbackPath}`;
  const state = oauth.generateRandomState();
  const url = await given.begin({ redirectUri, state });
  if (url === undefined) return undefined;
  const called = door?.expect(state);
  await interaction.showAddress(url, door ? { port: door.port } : {});
  if (options.openBrowser && (await browser.isLikely())) {
    const isOpen = await browser.open(url);
    if (!isOpen) await interaction.note("No browser could be started: open the address yourself");
  }
  const { answer } = await awaitAnswer(
    deps,
    options,
    { authorization: { redirectUri, state }, called },
    given.signal,
  );
  if (answer.error !== undefined) {
    const said = serverText(answer.errorDescription ?? answer.error);
    throw failed(`The sign-in was not allowed: ${said}`);
  }
  if (answer.code === undefined) throw failed("The answer has no code");
  return await given.finish({ code: answer.code, issuer: answer.issuer });
}

function failed(message: string): HermesError {
  return new HermesError("auth/sign_in_failed", message, { hint: "run the command again" });
}
