import type { IncomingMessage, ServerResponse } from "node:http";
import { type HostAnswer, type ProxiedRequest, startHttpsProxy } from "./https_proxy.ts";
import { createTestAuthority } from "./test_authority.ts";

/** A whole request as a host got it. */
export interface HostRequest {
  readonly method: string;
  /** With the host that the connection was made to. */
  readonly url: URL;
  readonly headers: Headers;
  /** As UTF-8. */
  readonly body: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Aborts when the client is gone before the answer is whole. */
  readonly left: AbortSignal;
}

/** Who answers for a host. `Response.error()` and a body that fails tear the connection down. */
export type HostHandler = (request: HostRequest) => Response | Promise<Response>;

/** Hosts of the real world on this machine. Closes with `await using`. */
export interface TlsProxy extends AsyncDisposable {
  /** What goes into `HTTPS_PROXY`. */
  readonly url: string;
  /** Leads a program to the hosts and makes it trust them; this machine itself stays reachable. */
  readonly env: Readonly<Record<string, string>>;
  /** Every tunnel that was asked for, let through or not: `auth.x.ai:443`. */
  readonly connects: readonly string[];
  /** What the hosts were asked, in the order in which it was whole. */
  readonly requests: readonly HostRequest[];
  /** What went elsewhere, and was refused. */
  readonly refused: readonly ProxiedRequest[];
}

/** Starts a proxy that answers for `hosts` with certificates of an authority of its own, and lets nobody else through. */
export async function startTlsProxy(
  hosts: Readonly<Record<string, HostHandler>>,
): Promise<TlsProxy> {
  const requests: HostRequest[] = [];
  const authority = await createTestAuthority(Object.keys(hosts));
  const answers = Object.entries(hosts).map(([host, handler]): [string, HostAnswer] => [
    host,
    (incoming, response) => {
      const served = serve(host, { incoming, response }, async (request) => {
        requests.push(request);
        return handler(request);
      });
      served.catch(() => response.destroy());
    },
  ]);
  const proxy = await startHttpsProxy({ authority, hosts: Object.fromEntries(answers) });
  const { url, connects, refused } = proxy;
  return {
    url,
    connects,
    requests,
    refused,
    env: {
      HTTP_PROXY: url,
      HTTPS_PROXY: url,
      NO_PROXY: "127.0.0.1,localhost",
      NODE_EXTRA_CA_CERTS: authority.file,
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await authority[Symbol.asyncDispose]();
    },
  };
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
}

async function serve(host: string, exchange: Exchange, handler: HostHandler): Promise<void> {
  const { response } = exchange;
  const request = await received(host, exchange);
  const answer = await answerOf(handler, request);
  if (answer.type === "error") {
    response.socket?.destroy();
    return;
  }
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.flushHeaders();
  for await (const chunk of answer.body ?? []) response.write(chunk);
  response.end();
}

async function received(host: string, { incoming, response }: Exchange): Promise<HostRequest> {
  const left = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) left.abort();
  });
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const bytes = Uint8Array.from(Buffer.concat(chunks));
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, String(value));
  }
  return {
    method: incoming.method ?? "",
    url: new URL(`https://${host}${incoming.url ?? "/"}`),
    headers,
    body: new TextDecoder().decode(bytes),
    bytes,
    left: left.signal,
  };
}

async function answerOf(handler: HostHandler, request: HostRequest): Promise<Response> {
  try {
    return await handler(request);
  } catch (error) {
    // Then the scenario is wrong: with a status of its own, so that nobody takes it for a vendor's answer.
    return new Response(`The host of the test failed: ${String(error)}`, { status: 599 });
  }
}
