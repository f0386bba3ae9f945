import { connect } from "node:net";
import { signIn } from "../../src/auth/login.ts";
import { findProvider } from "../../src/config/providers.ts";
import type { Browser, Fetch, Loopback } from "../../src/core/ports.ts";
import type {
  AuthorizationCodeFacts,
  DeviceCodeFacts,
  FreshGrant,
  SignInFacts,
} from "../../src/core/sign_in.ts";
import { createLoopback } from "../../src/platform/loopback.ts";
import { createFakeClock, type FakeClock } from "../fakes/clock.ts";
import { createIdentityProvider, type IdentityProvider } from "../fakes/identity_provider.ts";

/** xAI's facts, with a port that the system chooses. */
export const xai: AuthorizationCodeFacts = { ...codeFacts("xai-oauth"), preferredPort: 0 };

/** ChatGPT's facts. */
export const codex: DeviceCodeFacts = deviceFacts("openai-codex");

/** A request that left this program. */
export interface Sent {
  readonly url: string;
  readonly method: string;
  readonly redirect: string | undefined;
  readonly type: string | null;
  readonly body: string;
}

/** A `fetch` that is answered by the identity providers in memory, and tells what was asked. */
export function fetchFrom(identity: IdentityProvider): {
  readonly fetch: Fetch;
  readonly sent: readonly Sent[];
} {
  const sent: Sent[] = [];
  return {
    sent,
    async fetch(input, init = {}) {
      const { method = "GET", redirect, body = "" } = init;
      if (typeof body !== "string") throw new TypeError("Only texts are sent");
      const url = new URL(input instanceof Request ? input.url : input.toString());
      const headers = new Headers(init.headers);
      const bytes = new TextEncoder().encode(body);
      sent.push({ url: url.href, method, redirect, type: headers.get("content-type"), body });
      const host = identity.hosts[url.host];
      if (!host) throw new TypeError(`Nobody is at ${url.host}`);
      const left = init.signal ?? new AbortController().signal;
      const answer = await Promise.race([
        host({ method, url, headers, body, bytes, left }),
        new Promise<never>((_, reject) => {
          left.addEventListener("abort", () => reject(new Error("Left")), { once: true });
        }),
      ]);
      if (answer.type === "error") throw new TypeError("The connection was cut");
      return answer;
    },
  };
}

export interface LoginSetup {
  readonly facts?: SignInFacts;
  readonly identity?: IdentityProvider;
  readonly loopback?: Loopback;
  readonly browser?: Browser;
  readonly openBrowser?: boolean;
  readonly manualPaste?: boolean;
  readonly timeoutMs?: number;
  /** Lines that are pasted as soon as somebody listens, and after which nobody types any more. */
  readonly pasted?: (address: string) => readonly string[];
}

/** A sign-in that goes on in memory, with a listener of the real machine. Ends with `await using`. */
export interface RunningLogin extends AsyncDisposable {
  readonly identity: IdentityProvider;
  readonly clock: FakeClock;
  readonly sent: readonly Sent[];
  /** The address for the browser, as soon as it is shown. */
  readonly shown: Promise<{ readonly address: string; readonly port: number | undefined }>;
  /** The code to type, as soon as it is shown. */
  readonly code: Promise<string>;
  readonly ended: Promise<FreshGrant>;
  readonly notes: readonly string[];
  /** Whether it has ended. */
  isOver(): boolean;
  paste(line: string): void;
  abort(reason?: unknown): void;
}

export function startLogin(setup: LoginSetup = {}): RunningLogin {
  const clock = createFakeClock(Date.parse("2026-01-02T03:04:05Z"));
  const identity = setup.identity ?? createIdentityProvider({ now: () => clock.now() });
  const { fetch, sent } = fetchFrom(identity);
  const shown = Promise.withResolvers<{ address: string; port: number | undefined }>();
  const code = Promise.withResolvers<string>();
  const notes: string[] = [];
  const lines = createLines();
  const stop = new AbortController();
  let isOver = false;
  const interaction = {
    async showAddress(address: string, { port }: { readonly port?: number }) {
      shown.resolve({ address, port });
    },
    async showCode(text: string) {
      code.resolve(text);
    },
    async *pasted(signal: AbortSignal) {
      if (setup.pasted) yield* setup.pasted((await shown.promise).address);
      else yield* lines.read(signal);
    },
    async note(text: string) {
      notes.push(text);
    },
  };
  const deps = {
    fetch,
    clock,
    loopback: setup.loopback ?? createLoopback(),
    browser: setup.browser ?? noBrowser,
    interaction,
  };
  const { openBrowser = false, manualPaste = false, timeoutMs = 180_000 } = setup;
  const options = { openBrowser, manualPaste, timeoutMs };
  const ended = signIn(deps, setup.facts ?? xai, options, stop.signal);
  const over = (): void => {
    isOver = true;
  };
  ended.then(over, over);
  // Whoever waits for an address or a code that never comes is told why.
  const unlessEnded = async <T>(promise: Promise<T>): Promise<T> =>
    await Promise.race([promise, ended.then(() => promise)]);
  const [address, userCode] = [unlessEnded(shown.promise), unlessEnded(code.promise)];
  for (const promise of [address, userCode]) promise.catch(() => undefined);
  return {
    identity,
    clock,
    sent,
    shown: address,
    code: userCode,
    ended,
    notes,
    isOver: () => isOver,
    paste: (line) => lines.add(line),
    abort: (reason) => stop.abort(reason),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended.catch(() => undefined);
    },
  };
}

const noBrowser: Browser = {
  isLikely: () => Promise.resolve(false),
  open: () => Promise.resolve(false),
};

/** What comes back on a connection of its own: all of it, or what there was when it stayed open. */
export function speak(
  port: number,
  text: string,
  { waitMs = 2_000 }: { readonly waitMs?: number } = {},
): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    const timer = setTimeout(() => {
      heard += "<open>";
      socket.destroy();
    }, waitMs);
    socket.setEncoding("utf8");
    socket.on("data", (data) => (heard += String(data)));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(heard);
    });
  });
}

/** The status of an answer on the wire; undefined where the connection was closed without one. */
export function statusOf(answer: string): number | undefined {
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1];
  return status === undefined ? undefined : Number(status);
}

/** Lines that somebody types later. */
function createLines(): {
  add(line: string): void;
  read(signal: AbortSignal): AsyncGenerator<string, void>;
} {
  const waiting: string[] = [];
  let wake = (): void => undefined;
  const more = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  return {
    add(line) {
      waiting.push(line);
      wake();
    },
    async *read(signal) {
      signal.addEventListener("abort", () => wake(), { once: true });
      while (!signal.aborted) {
        const line = waiting.shift();
        if (line !== undefined) yield line;
        else await more();
      }
    },
  };
}

function codeFacts(id: string): AuthorizationCodeFacts {
  const facts = findProvider(id)?.signIn?.facts;
  if (facts?.kind === "authorization_code") return facts;
  throw new TypeError(`${id} has no such sign-in`);
}

function deviceFacts(id: string): DeviceCodeFacts {
  const facts = findProvider(id)?.signIn?.facts;
  if (facts?.kind === "device_code") return facts;
  throw new TypeError(`${id} has no such sign-in`);
}
