import type { Server } from "node:http";
import type { Socket } from "node:net";

/** A web server that listens; closing it ends its connections and frees the port. */
export class ListeningServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Iterable<Socket>;

  /** `sockets` are those that are open when it is closed. */
  constructor(
    server: Server,
    { port, sockets }: { readonly port: number; readonly sockets: Iterable<Socket> },
  ) {
    this.port = port;
    this.#server = server;
    this.#sockets = sockets;
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

/** Starts to listen; the port, which the system chooses for 0. @throws the operating system's error */
export function listenOn(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}
