import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { errnoOf } from "../core/errors.ts";
import type { Loopback, LoopbackRequest } from "../core/ports.ts";
import { ListeningServer, listenOn } from "./listening_server.ts";

/** A browser's way back is one line: more than this is none. */
const maxHeaderBytes = 16 * 1024;
/** Of these the oldest one makes room: whoever opens many and says nothing keeps nobody out. */
const maxConnections = 32;

/**
 * Web servers on 127.0.0.1. A connection that has not sent its request within `requestMs` is closed; others are answered
 * meanwhile.
 */
export function createLoopback({ requestMs = 10_000 } = {}): Loopback {
  return {
    async listen(preferredPort, answer) {
      // A run that signs nobody in saves the time.
      const { createServer } = await import("node:http");
      const server = createServer(
        {
          maxHeaderSize: maxHeaderBytes,
          requestTimeout: requestMs,
          headersTimeout: requestMs,
          keepAlive: false,
          connectionsCheckingInterval: Math.min(1_000, requestMs),
        },
        (request, response) => reply(request, response, answer),
      );
      const sockets = keepFew(server);
      return new ListeningServer(server, { port: await bind(server, preferredPort), sockets });
    },
  };
}

/** Closes the oldest connection where there are too many; those that are open, the oldest first. */
function keepFew(server: Server): Iterable<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    const [oldest] = sockets;
    if (sockets.size >= maxConnections) oldest?.destroy();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

async function bind(server: Server, preferredPort: number): Promise<number> {
  // Not `localhost`, which may be another address.
  const host = "127.0.0.1";
  try {
    return await listenOn(server, { host, port: preferredPort });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== "EADDRINUSE" && errno !== "EACCES") throw error;
    return await listenOn(server, { host, port: 0 });
  }
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
