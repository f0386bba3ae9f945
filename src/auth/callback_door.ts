import { errnoOf, HermesError } from "../core/errors.ts";
import type { Loopback } from "../core/ports.ts";
import type { AuthorizationCodeFacts } from "../core/sign_in.ts";
import { receive } from "./callback.ts";
import { createPages, plainHeaders } from "./loopback_page.ts";
import type { AuthorizationAnswer } from "./pasted.ts";

/** A port of this machine where the browser comes back to. Closes with `await using`. */
export interface CallbackDoor extends AsyncDisposable {
  readonly port: number;
  readonly redirectUri: string;
  /** The first answer with this state, whenever it comes: nothing else that reaches the port counts. */
  expect(state: string): Promise<AuthorizationAnswer>;
}

/** Requests that are none of ours get a page so often; later ones get an empty answer. */
const mostPages = 200;

/**
 * Opens the door: it stands before anybody knows the address.
 * @throws {HermesError} `auth/sign_in_failed` where nothing can listen
 */
export async function openCallbackDoor(
  { loopback }: { readonly loopback: Loopback },
  {
    preferredPort,
    callbackPath: path,
    corsOrigins,
  }: Pick<AuthorizationCodeFacts, "preferredPort" | "callbackPath" | "corsOrigins">,
): Promise<CallbackDoor> {
  const page = await createPages();
  const { promise, resolve } = Promise.withResolvers<AuthorizationAnswer>();
  const known: { port?: number; state?: string } = {};
  let strangers = 0;
  const listener = await listen(loopback, preferredPort, (request) => {
    const { port, state } = known;
    if (port === undefined || state === undefined) return page("unknown");
    const { reply, answer } = receive(request, { port, path, state, corsOrigins, page });
    if (answer) {
      resolve(answer);
      return reply;
    }
    strangers += 1;
    return strangers > mostPages ? { status: 429, headers: plainHeaders, body: "" } : reply;
  });
  known.port = listener.port;
  return {
    port: listener.port,
    redirectUri: `http://127.0.0.1:${listener.port}${path}`,
    expect(state) {
      known.state = state;
      return promise;
    },
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

async function listen(
  loopback: Loopback,
  ...[port, answer]: Parameters<Loopback["listen"]>
): ReturnType<Loopback["listen"]> {
  try {
    return await loopback.listen(port, answer);
  } catch (error) {
    throw new HermesError(
      "auth/sign_in_failed",
      `No port of this machine can be listened on: ${errnoOf(error) ?? "unknown reason"}`,
      { cause: error, hint: "sign in without one: --manual-paste" },
    );
  }
}
