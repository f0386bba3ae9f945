import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { errnoOf } from "../core/errors.ts";
import type { Loopback, LoopbackListener, LoopbackRequest } from "../core/ports.ts";

/** A browser's way back is one line: more than this is none. */
const maxHeaderBytes = 16 * 1024;
/** Of these the oldest one makes room: whoever opens many and says nothing keeps nobody out. */
const maxConnections = 32;
/** A connection that has not sent its request by then is closed; others are answered meanwhile. */
const requestMs = 10_000;

/** Web servers on 127.0.0.1. */
export const loopback: Loopback = {
  async listen(preferredPort, answer) {
    // A run that signs nobody in saves the time.
    const { createServer } = await import("node:http");
    const server = createServer(
      {
        maxHeaderSize: maxHeaderBytes,
        requestTimeout: requestMs,
        headersTimeout: requestMs,
        keepAlive: false,
        connectionsCheckingInterval: 1_000,
      },
      (request, response) => reply(request, response, answer),
    );
    const listener = new Listener(server);
    await bind(server, preferredPort);
    return listener;
  },
};

class Listener implements LoopbackListener {
  readonly #server: Server;
  /** The oldest first. */
  readonly #sockets = new Set<Socket>();

  constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      const [oldest] = this.#sockets;
      if (this.#sockets.size >= maxConnections) oldest?.destroy();
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== "object" || !address) throw new TypeError("The listener is closed");
    return address.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

async function bind(server: Server, preferredPort: number): Promise<void> {
  try {
    await listenOn(server, preferredPort);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== "EADDRINUSE" && errno !== "EACCES") throw error;
    await listenOn(server, 0);
  }
}

function listenOn(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // Not `localhost`, which may be another address.
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function reply(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Parameters<Loopback["listen"]>[1],
): void {
  const { status, headers, body } = answer(toRequest(request));
  const length = status === 204 ? {} : { "Content-Length": Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...length, Connection: "close" });
  response.end(request.method === "HEAD" ? undefined : body);
  // What else comes on this connection is of no interest.
  request.resume();
}

function toRequest({
  method = "",
  url = "",
  headers,
  rawHeaders,
}: IncomingMessage): LoopbackRequest {
  const hosts = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "host",
  );
  const plain = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value] as const],
  );
  // Node keeps the first of two; a request with two is nobody's.
  return { method, target: url, headers: { ...Object.fromEntries(plain), host: hosts.join(", ") } };
}
