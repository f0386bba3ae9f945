import { HermesError, toHermesError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import type { Incoming } from "../wire/json_rpc.ts";
import { CodexClient } from "./client.ts";
import { isDoneWithin } from "../wire/done_within.ts";
import { exitFailure, type Phase } from "./failures.ts";
import type { CodexProcess } from "./process.ts";
import { ServerStarts } from "./server_starts.ts";

/** Who hears what codex sends. */
export interface Listener {
  /** In the order of arrival; the next message is read when it resolves. A rejection ends the connection. */
  onMessage(message: Incoming): Promise<void>;
  /** The connection is over; nothing follows. */
  onEnd(failure: HermesError): void;
}

export interface ConnectionDeps {
  readonly clock: Clock;
  /** Masks secrets in what codex writes to stderr. */
  readonly mask: (text: string) => string;
}

/** How long the end of a codex is waited for that has closed its output, in milliseconds: its stderr is read meanwhile. */
const exitMs = 150;

/** A running codex with the one reader of what it sends, from its start to its end. */
export class Connection {
  readonly client: CodexClient;
  /** How the MCP servers of codex come up. */
  readonly servers = new ServerStarts();
  readonly #process: CodexProcess;
  readonly #deps: ConnectionDeps;
  #listener: Listener | undefined;
  #isOver = false;
  #ended: HermesError | undefined;
  /** What arrived before somebody listened. */
  readonly #early: Incoming[] = [];
  #phase: Phase = "while it started";
  #mark = 0;

  constructor(process: CodexProcess, deps: ConnectionDeps) {
    this.#process = process;
    this.#deps = deps;
    this.client = new CodexClient({ peer: process.peer, clock: deps.clock });
    void this.#read();
  }

  get peer(): CodexProcess["peer"] {
    return this.#process.peer;
  }

  /** What marks the commands of this codex. */
  get marker(): string {
    return this.#process.marker;
  }

  /** Whether it can be used no more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** From here on failures are of this phase, with what stderr says from now on. */
  enter(phase: Phase): void {
    this.#phase = phase;
    if (phase === "in the middle of a turn") this.#mark = this.#process.stderr.mark;
  }

  /** The last lines of stderr of this phase. */
  stderr(): string {
    return this.#process.stderr.tail(this.#deps.mask, this.#mark);
  }

  /** Passes on what comes, what came before included; undefined: requests wait for the next listener. */
  listen(listener: Listener | undefined): void {
    this.#listener = listener;
    if (listener && this.#ended) listener.onEnd(this.#ended);
  }

  /** Between turns: what asks is refused, what is told is passed over. */
  idle(): void {
    const { peer } = this.#process;
    this.listen({
      async onMessage(message) {
        if (message.kind !== "request") return;
        await peer.refuse(message.id, -32_000, "No turn is running").catch(() => undefined);
      },
      onEnd: () => undefined,
    });
  }

  /** What arrived before somebody listened; taken once. */
  takeEarly(): readonly Incoming[] {
    return this.#early.splice(0);
  }

  /**
   * What a call failed with; when codex ended meanwhile, that instead of what the broken connection says.
   */
  async explain(error: unknown): Promise<unknown> {
    if (!(error instanceof HermesError) || error.code !== "stream/no_terminal_event") return error;
    return await this.#exitFailure();
  }

  /** Ends codex and everything that it started. */
  async stop(): Promise<void> {
    this.#finish(new HermesError("turn/interrupted", "codex was ended"));
    await this.#process.stop();
  }

  async #read(): Promise<void> {
    let failure: HermesError | undefined;
    try {
      for await (const message of this.#process.peer.incoming) {
        if (message.kind === "notification") this.servers.hear(message.method, message.params);
        if (this.#listener) await this.#listener.onMessage(message);
        else this.#early.push(message);
      }
    } catch (error) {
      failure = toHermesError(error);
      // Nobody hears codex any more: whoever waits for an answer of it learns that now.
      this.#process.peer.close(failure);
    }
    this.#isOver = true;
    this.#finish(failure ?? (await this.#exitFailure()));
  }

  #finish(failure: HermesError): void {
    if (this.#ended) return;
    this.#isOver = true;
    this.#ended = failure;
    this.servers.end();
    this.#listener?.onEnd(failure);
  }

  async #exitFailure(): Promise<HermesError> {
    const { exited } = this.#process;
    const status = (await isDoneWithin(this.#deps.clock, exited, exitMs))
      ? await exited
      : undefined;
    return exitFailure(status, this.#phase, this.stderr());
  }
}
