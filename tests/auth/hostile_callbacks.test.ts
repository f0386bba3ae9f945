import { describe, expect, test } from "bun:test";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { speak, startLogin, statusOf, xai } from "./login_rig.ts";

/** What a hostile request can know; `answer` is the right query, which only the identity provider has. */
interface Known {
  readonly port: number;
  readonly state: string;
  readonly answer: string;
}

type Case = readonly [name: string, status: number | undefined, say: (known: Known) => string];

const get = (
  { port }: Pick<Known, "port">,
  target: string,
  headers: readonly string[] = [],
  method = "GET",
): string => `${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${lines(headers)}\r\n`;

const lines = (headers: readonly string[]): string =>
  headers.map((header) => `${header}\r\n`).join("");

const sayTo = (host: string, target: string, headers: readonly string[] = []): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${lines(headers)}\r\n`;

/** Of the wrong answers. */
const junk = "code=junk";

const cases: readonly Case[] = [
  ["no query", 400, (it) => get(it, "/callback")],
  ["an empty query", 400, (it) => get(it, "/callback?")],
  ["a code without a state", 400, (it) => get(it, `/callback?${junk}`)],
  ["a code with an empty state", 400, (it) => get(it, `/callback?${junk}&state=`)],
  ["a code with another state", 400, (it) => get(it, `/callback?${junk}&state=${"0".repeat(43)}`)],
  [
    "the beginning of the state",
    400,
    (it) => get(it, `/callback?${junk}&state=${it.state.slice(0, -1)}`),
  ],
  ["more than the state", 400, (it) => get(it, `/callback?${junk}&state=${it.state}x`)],
  ["a blank behind the state", 400, (it) => get(it, `/callback?${junk}&state=${it.state}+`)],
  [
    "the state in another case",
    400,
    (it) => get(it, `/callback?${junk}&state=${swapCase(it.state)}`),
  ],
  [
    "two states, the right one first",
    400,
    (it) => get(it, `/callback?${junk}&state=${it.state}&state=x`),
  ],
  [
    "two states, the right one last",
    400,
    (it) => get(it, `/callback?${junk}&state=x&state=${it.state}`),
  ],
  ["the right state twice", 400, (it) => get(it, `/callback?${it.answer}&state=${it.state}`)],
  ["two codes", 400, (it) => get(it, `/callback?${junk}&${it.answer}`)],
  ["two errors and the code", 400, (it) => get(it, `/callback?error=a&error=b&${it.answer}`)],
  ["the state without a code", 400, (it) => get(it, `/callback?state=${it.state}`)],
  ["the state with an empty code", 400, (it) => get(it, `/callback?code=&state=${it.state}`)],
  ["an error without a state", 400, (it) => get(it, "/callback?error=access_denied")],
  ["an error with another state", 400, (it) => get(it, "/callback?error=access_denied&state=x")],
  [
    "a code with a line break",
    400,
    (it) => get(it, `/callback?code=a%0d%0aHost:%20x&state=${it.state}`),
  ],
  ["a code with a zero byte", 400, (it) => get(it, `/callback?code=a%00&state=${it.state}`)],
  ["a code that is no UTF-8", 400, (it) => get(it, `/callback?code=%ff&state=${it.state}`)],
  ["a broken escape", 400, (it) => get(it, `/callback?code=%zz&state=${it.state}`)],
  ["an escaped name", 400, (it) => get(it, `/callback?%63ode=a&state=${it.state}`)],
  ["a host of somebody else's", 421, (it) => sayTo(`evil.example:${it.port}`, right(it))],
  ["localhost", 421, (it) => sayTo(`localhost:${it.port}`, right(it))],
  ["the IPv6 loopback address", 421, (it) => sayTo(`[::1]:${it.port}`, right(it))],
  ["a host without the port", 421, (it) => sayTo("127.0.0.1", right(it))],
  ["a host with another port", 421, (it) => sayTo("127.0.0.1:1", right(it))],
  ["a host with a dot", 421, (it) => sayTo(`127.0.0.1.:${it.port}`, right(it))],
  [
    "two hosts, the right one first",
    421,
    (it) => sayTo(`127.0.0.1:${it.port}`, right(it), ["Host: evil.example"]),
  ],
  [
    "two hosts, the right one last",
    421,
    (it) => sayTo("evil.example", right(it), [`Host: 127.0.0.1:${it.port}`]),
  ],
  ["HTTP 1.0 without a host", 421, (it) => `GET ${right(it)} HTTP/1.0\r\n\r\n`],
  ["a page of somebody else's", 403, (it) => get(it, right(it), ["Origin: https://evil.example"])],
  ["a page without an origin", 403, (it) => get(it, right(it), ["Origin: null"])],
  [
    "a page of a similar name",
    403,
    (it) => get(it, right(it), ["Origin: https://accounts.x.ai.evil.example"]),
  ],
  [
    "a page that is not encrypted",
    403,
    (it) => get(it, right(it), ["Origin: http://accounts.x.ai"]),
  ],
  [
    "two origins",
    403,
    (it) => get(it, right(it), ["Origin: https://accounts.x.ai", "Origin: https://evil.example"]),
  ],
  [
    "a WebSocket of a page of somebody else's",
    403,
    (it) =>
      get(it, right(it), [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Origin: https://evil.example",
      ]),
  ],
  ["HEAD", 405, (it) => get(it, right(it), [], "HEAD")],
  ["POST with the query", 405, (it) => get(it, right(it), ["Content-Length: 0"], "POST")],
  [
    "POST with a form",
    405,
    (it) => `${get(it, "/callback", [`Content-Length: ${it.answer.length}`], "POST")}${it.answer}`,
  ],
  [
    "POST with a body that never ends",
    405,
    (it) => `${get(it, right(it), ["Transfer-Encoding: chunked"], "POST")}5\r\nhello\r\n`,
  ],
  ["PUT", 405, (it) => get(it, right(it), ["Content-Length: 0"], "PUT")],
  ["DELETE", 405, (it) => get(it, right(it), [], "DELETE")],
  [
    "a preflight of the identity provider",
    204,
    (it) => get(it, right(it), ["Origin: https://accounts.x.ai"], "OPTIONS"),
  ],
  [
    "a preflight of somebody else's",
    204,
    (it) => get(it, right(it), ["Origin: https://evil.example"], "OPTIONS"),
  ],
  ["CONNECT", undefined, (it) => get(it, `127.0.0.1:${it.port}`, [], "CONNECT")],
  ["a prefetch", 503, (it) => get(it, right(it), ["Sec-Purpose: prefetch"])],
  [
    "a prerendering",
    503,
    (it) => get(it, right(it), ["Sec-Purpose: prefetch;prerender", "Purpose: prefetch"]),
  ],
  ["an old browser's prefetch", 503, (it) => get(it, right(it), ["X-Moz: prefetch"])],
  [
    "a query of 1 MB",
    431,
    (it) => get(it, `/callback?code=${"x".repeat(1_000_000)}&state=${it.state}`),
  ],
  ["a header of 1 MB", 431, (it) => get(it, right(it), [`Cookie: ${"x".repeat(1_000_000)}`])],
  [
    "10,000 headers",
    431,
    (it) =>
      get(
        it,
        right(it),
        Array.from({ length: 10_000 }, (_, n) => `X-${n}: 1`),
      ),
  ],
  ["an encoded slash before it", 404, (it) => get(it, `/%2Fcallback?${it.answer}`)],
  ["an encoded slash behind it", 404, (it) => get(it, `/callback%2F?${it.answer}`)],
  ["an encoded letter", 404, (it) => get(it, `/%63allback?${it.answer}`)],
  ["a slash behind it", 404, (it) => get(it, `/callback/?${it.answer}`)],
  ["two slashes", 404, (it) => get(it, `//callback?${it.answer}`)],
  ["a way round", 404, (it) => get(it, `/x/../callback?${it.answer}`)],
  ["another case", 404, (it) => get(it, `/CALLBACK?${it.answer}`)],
  ["a parameter in the path", 404, (it) => get(it, `/callback;a?${it.answer}`)],
  ["the root", 404, (it) => get(it, `/?${it.answer}`)],
  ["a whole address", 404, (it) => get(it, `http://127.0.0.1:${it.port}${right(it)}`)],
  [
    "a whole address of another host",
    404,
    (it) => get(it, `http://evil.example/callback?${it.answer}`),
  ],
  ["an icon", 404, (it) => get(it, "/favicon.ico")],
];

/** What is no HTTP at all, or ends early: it is closed, whatever is said before. */
const noise: readonly (readonly [name: string, say: (known: Known) => string])[] = [
  ["a TLS greeting", () => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  ["an unknown method", (it) => get(it, right(it), [], "FETCH")],
  ["a blank in the target", (it) => get(it, `/callback?code=a b&state=${it.state}`)],
  ["a bare line break in the target", (it) => get(it, `/callback\r\n?${it.answer}`)],
  ["a header with a blank in its name", (it) => get(it, right(it), ["X Y: 1"])],
  ["another protocol", (it) => `GET ${right(it)} FTP/1.1\r\nHost: 127.0.0.1:${it.port}\r\n\r\n`],
  ["nothing but line breaks", () => "\r\n\r\n\r\n\r\n\0\r\n"],
];

const right = ({ answer }: Known): string => `/callback?${answer}`;

function swapCase(text: string): string {
  const upper = text.toUpperCase();
  return upper === text ? text.toLowerCase() : upper;
}

/** A sign-in whose address is shown, and what its identity provider answers. */
async function begin(): Promise<{
  readonly login: ReturnType<typeof startLogin>;
  readonly known: Known;
  /** The browser comes back with the right answer. */
  readonly finish: () => Promise<string>;
}> {
  const login = startLogin();
  const { address, port = 0 } = await login.shown;
  const answer = login.identity.approve(address, "ada@example.com").search.slice(1);
  const state = new URLSearchParams(answer).get("state") ?? "";
  const known = { port, state, answer };
  return { login, known, finish: () => speak(port, get(known, `/callback?${answer}`)) };
}

describe("a hostile callback ends no wait and is not accepted:", () => {
  test.each(cases.map((one) => [...one] as const))("%s", async (_name, status, say) => {
    const { login, known, finish } = await begin();
    await using _ = login;
    // Twice, as prefetches and impatient pages do.
    const answers = [await speak(known.port, say(known)), await speak(known.port, say(known))];
    const isClosed = status === 431 || status === undefined;
    for (const answer of answers) {
      // A connection that is closed before everything is read may lose the answer on its way.
      if (isClosed) expect([status, undefined]).toContain(statusOf(answer));
      else expect(statusOf(answer)).toBe(status);
      expect(answer).not.toContain("<open>");
      expect(answer).not.toContain(known.state);
    }
    expect([login.isOver(), login.sent.length]).toEqual([false, 1]);
    expect(statusOf(await finish())).toBe(200);
    expect((await login.ended).tokens.refreshToken).toStartWith("rt_");
  });

  test.each(noise.map((one) => [...one] as const))("%s", async (_name, say) => {
    const { login, known, finish } = await begin();
    await using _ = login;
    const answer = await speak(known.port, say(known), { waitMs: 500 });
    expect([undefined, 400, 404]).toContain(statusOf(answer));
    expect([login.isOver(), login.sent.length]).toEqual([false, 1]);
    expect(statusOf(await finish())).toBe(200);
    expect((await login.ended).tokens.refreshToken).toStartWith("rt_");
  });

  test("all of them one after the other", async () => {
    const { login, known, finish } = await begin();
    await using _ = login;
    for (const [, , say] of cases) await speak(known.port, say(known));
    expect([login.isOver(), login.sent.length]).toEqual([false, 1]);
    expect(statusOf(await finish())).toBe(200);
    expect((await login.ended).tokens.refreshToken).toStartWith("rt_");
  });

  test("a thousand wrong ones", async () => {
    const { login, known, finish } = await begin();
    await using _ = login;
    const wrong = get(known, `/callback?${junk}&state=x`);
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 50 }, () => speak(known.port, wrong)));
    }
    expect([login.isOver(), login.sent.length]).toEqual([false, 1]);
    expect(statusOf(await finish())).toBe(200);
    expect((await login.ended).tokens.refreshToken).toStartWith("rt_");
  });
});

describe("a connection that does not go on keeps nobody out:", () => {
  test.each([
    ["nothing", ""],
    ["a part of the request line", "GET /call"],
    ["a part of the headers", "GET /callback HTTP/1.1\r\nHost: 127.0"],
    ["a part of a body", "POST /callback HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1"],
  ])("%s, 200 times", async (_name, start) => {
    const { login, known, finish } = await begin();
    await using _ = login;
    const sockets = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const socket: Socket = connect(known.port, "127.0.0.1");
        socket.on("error", () => undefined);
        await once(socket, "connect");
        socket.write(start);
        return socket;
      }),
    );
    try {
      expect(statusOf(await finish())).toBe(200);
      expect((await login.ended).tokens.refreshToken).toStartWith("rt_");
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
});

describe("a port that is in use:", () => {
  test.each(["127.0.0.1", "0.0.0.0", "::"])("%s", async (host) => {
    await using busy = await occupy(host);
    await using login = startLogin({ facts: { ...xai, preferredPort: busy.port } });
    const { address, port = 0 } = await login.shown;
    expect(port).not.toBe(busy.port);
    const redirect = new URL(address).searchParams.get("redirect_uri");
    expect(redirect).toBe(`http://127.0.0.1:${port}/callback`);
    const back = login.identity.approve(address, "ada@example.com");
    await speak(port, get({ port }, `/callback${back.search}`));
    expect((await login.ended).redirectUri).toBe(redirect ?? "");
  });

  test("only on the IPv6 loopback address, which is none of ours", async () => {
    await using busy = await occupy("::1");
    await using login = startLogin({ facts: { ...xai, preferredPort: busy.port } });
    expect((await login.shown).port).toBe(busy.port);
  });
});

async function occupy(host: string): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer();
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
