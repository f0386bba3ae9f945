import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { WebServer } from "../core/ports.ts";
import { ListeningServer, listenOn } from "./listening_server.ts";

const maxHeaderBytes = 32 * 1024;
/** Within this time a request must have come in as a whole, in milliseconds. */
const requestMs = 60_000;
/** Connections at once; of more the newest are turned away. */
const maxConnections = 512;

/** Web servers of this machine. */
export const machineWebServer: WebServer = {
  async listen({ host, port }, answer) {
    // A run that serves nobody saves the time.
    const { createServer } = await import("node:http");
    const server = createServer(
      { maxHeaderSize: maxHeaderBytes, requestTimeout: requestMs, headersTimeout: requestMs },
      (request, response) => {
        void reply(request, response, answer);
      },
    );
    server.maxConnections = maxConnections;
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    });
    return new ListeningServer(server, { port: await listenOn(server, { host, port }), sockets });
  },
};

async function reply(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: (request: Request) => Promise<Response>,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  const request = toRequest(incoming, gone.signal);
  // An address that is none belongs to nobody.
  const response = request ? await answer(request) : new Response(undefined, { status: 400 });
  await send(response, outgoing, gone.signal);
  // What is left of a body that nobody wanted.
  incoming.resume();
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = "GET", url = "/" } = incoming;
  const headers = new Headers();
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    const [name = "", value = ""] = incoming.rawHeaders.slice(index, index + 2);
    headers.append(name, value);
  }
  const hasBody = method !== "GET" && method !== "HEAD";
  // Without `duplex` a body that streams is refused (Fetch standard, the Request constructor).
  const init: RequestInit & { readonly duplex: "half" } = {
    method,
    headers,
    signal,
    duplex: "half",
    ...(hasBody ? { body: bodyOf(incoming) } : {}),
  };
  try {
    // The host is what the client says, and checked by whoever answers; the address must not depend on it.
    return new Request(new URL(url, "http://localhost").href, init);
  } catch {
    return undefined;
  }
}

/** The body as it is asked for: a client that sends more than is read has to wait. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let chunks: AsyncIterator<unknown> | undefined;
  return new ReadableStream(
    {
      async pull(controller) {
        // Not before somebody asks: what an iterator has taken hold of can no longer be left out.
        chunks ??= incoming.iterator({ destroyOnReturn: false });
        const next = await chunks.next();
        if (next.done === true) controller.close();
        else if (next.value instanceof Uint8Array) controller.enqueue(next.value);
      },
      async cancel() {
        await chunks?.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

async function send(
  response: Response,
  outgoing: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const reader = response.body?.getReader();
  const stop = (): void => void reader?.cancel().catch(() => undefined);
  gone.addEventListener("abort", stop, { once: true });
  if (gone.aborted) stop();
  try {
    outgoing.writeHead(response.status, [...response.headers].flat());
    outgoing.flushHeaders();
    if (reader) await pour(reader, outgoing, gone);
    outgoing.end();
  } catch {
    // The answer broke off, or the client did: either way it gets no end that it could mistake for a whole.
    outgoing.destroy();
  }
}

async function pour(
  reader: { read(): Promise<{ readonly done: boolean; readonly value?: unknown }> },
  outgoing: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  while (!gone.aborted) {
    const { done, value } = await reader.read();
    if (done) return;
    if (value instanceof Uint8Array && !outgoing.write(value)) await drained(outgoing, gone);
  }
}

function drained(outgoing: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      outgoing.off("drain", go);
      gone.removeEventListener("abort", go);
      resolve();
    };
    outgoing.once("drain", go);
    gone.addEventListener("abort", go, { once: true });
    if (gone.aborted) go();
  });
}
