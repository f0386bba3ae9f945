import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import type { RecordedRequest } from "./responses_server.ts";
import type { TestAuthority } from "./test_authority.ts";

/** A request as it left for a host. */
export interface ProxiedRequest extends Omit<RecordedRequest, "body"> {
  /** The host that the connection was made to. */
  readonly host: string;
}

/**
 * Who answers for a host: a function, or the address of a fake endpoint (`http://127.0.0.1:41234/v1`), which gets what
 * follows `/v1` in the path.
 */
export type HostAnswer = string | ((incoming: IncomingMessage, response: ServerResponse) => void);

export interface HttpsProxyOptions {
  /** Its certificate names the hosts. */
  readonly authority: Pick<TestAuthority, "certificate" | "key">;
  readonly hosts: Readonly<Record<string, HostAnswer>>;
}

/** An HTTP proxy on a free port of 127.0.0.1. Closes with `await using`. */
export interface HttpsProxy extends AsyncDisposable {
  /** What goes into `HTTPS_PROXY`. */
  readonly url: string;
  /** The hosts' own side, for who comes without a proxy: `https://localhost:41234`. */
  readonly direct: string;
  /** What was asked of the hosts, in order of arrival. */
  readonly requests: readonly ProxiedRequest[];
  /** Every tunnel that was asked for, let through or not: `auth.x.ai:443`. */
  readonly connects: readonly string[];
  /** What was not let through, as it was asked: `CONNECT example.com:443`, `POST http://example.com/v1`. */
  readonly refused: readonly ProxiedRequest[];
}

/**
 * Stands between a program and hosts of the real world: tunnels end here, with a certificate for the real name. Whatever
 * goes elsewhere, to another port, or unencrypted is refused, and nothing leaves this machine.
 */
export async function startHttpsProxy({
  authority,
  hosts,
}: HttpsProxyOptions): Promise<HttpsProxy> {
  const requests: ProxiedRequest[] = [];
  const connects: string[] = [];
  const refused: ProxiedRequest[] = [];
  /** Hosts of the open tunnels by the port of their inner end. */
  const tunnels = new Map<number, string>();
  const sockets = new Set<Socket>();

  const { certificate: cert, key } = authority;
  const inner = createSecureServer({ cert, key }, (incoming, response) => {
    const host = tunnels.get(incoming.socket.remotePort ?? 0) ?? "localhost";
    requests.push(recorded(incoming, host));
    const answer = hosts[host];
    if (typeof answer === "function") answer(incoming, response);
    else forward(incoming, response, answer ?? "");
  });
  const innerPort = await listen(inner);

  const outer = createServer((incoming, response) => {
    refused.push(recorded(incoming, URL.parse(incoming.url ?? "")?.host ?? ""));
    response.writeHead(403).end();
  });
  outer.on("connect", (incoming: IncomingMessage, socket: Socket) => {
    sockets.add(socket);
    connects.push(incoming.url ?? "");
    socket.on("error", () => socket.destroy());
    const [host = "", port] = (incoming.url ?? "").split(":");
    if (port !== "443" || hosts[host] === undefined) {
      refused.push(recorded(incoming, host));
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    const tunnel = connect(innerPort, "127.0.0.1", () => {
      tunnels.set(tunnel.localPort ?? 0, host);
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on("error", () => socket.destroy());
    socket.on("close", () => tunnel.destroy());
  });
  const port = await listen(outer);
  return {
    url: `http://127.0.0.1:${port}`,
    direct: `https://localhost:${innerPort}`,
    requests,
    connects,
    refused,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([outer, inner].map((server) => close(server)));
    },
  };
}

function recorded(incoming: IncomingMessage, host: string): ProxiedRequest {
  const { method = "", url = "", headers } = incoming;
  return { method, host, path: url, headers };
}

/** Hands a request on to a fake endpoint, and its answer back. */
function forward(incoming: IncomingMessage, response: ServerResponse, base: string): void {
  const path = (incoming.url ?? "").replace(/^.*\/v1\//, "/");
  const { method, headers } = incoming;
  const upstream = request(`${base}${path}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  upstream.on("error", () => response.destroy());
  response.on("close", () => upstream.destroy());
  incoming.pipe(upstream);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return port;
}

async function close(server: Server & { closeAllConnections?(): void }): Promise<void> {
  const closed = new Promise((resolve) => {
    server.close(resolve);
  });
  server.closeAllConnections?.();
  await closed;
}
