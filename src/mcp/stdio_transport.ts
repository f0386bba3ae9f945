import {
  deserializeMessage,
  type JSONRPCMessage,
  type Transport,
} from "@modelcontextprotocol/client";
import { toHermesError } from "../core/errors.ts";
import type { ChildProcess, Clock, ExitStatus, Spawner } from "../core/ports.ts";
import { isDoneWithin } from "../wire/done_within.ts";
import { readLines } from "../wire/json_lines.ts";
import { StderrRing } from "../wire/stderr_ring.ts";
import type { StdioReach } from "./server_spec.ts";

export interface StdioDeps {
  readonly spawner: Pick<Spawner, "spawn">;
  readonly clock: Clock;
}

/** A server ends when its input is closed (MCP, lifecycle, shutdown); one that does not is ended after these. */
const closeGraceMs = 500;
const termGraceMs = 500;
/** How long the rest of the output of a server that has ended is waited for: a child of its own may hold the pipe. */
const drainMs = 100;
/** A message of more than this ends the connection. */
const maxLineBytes = 32 * 1_048_576;

/**
 * A server that is a program, in a process group of its own, which dies with this process. Lines of its stdout that are
 * no message are passed over: `onNoise` gets the first one.
 */
export class StdioTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: JSONRPCMessage) => void) | undefined;
  onNoise?: ((line: string) => void) | undefined;
  /** What it wrote to stderr last. */
  readonly stderr = new StderrRing();
  /** Resolves when it is over. */
  readonly closed: Promise<void>;
  readonly #deps: StdioDeps;
  readonly #reach: StdioReach;
  #child: ChildProcess | undefined;
  #status: ExitStatus | undefined;
  #fault: string | undefined;
  #ending: Promise<void> | undefined;
  #isNoisy = false;
  #isOver = false;
  #isEnded = false;
  #resolveClosed: () => void = () => undefined;

  constructor(deps: StdioDeps, reach: StdioReach) {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#deps = deps;
    this.#reach = reach;
  }

  /** @throws the operating system's error */
  async start(): Promise<void> {
    const { program, arguments: args, env, cwd } = this.#reach;
    const child = await this.#deps.spawner.spawn({
      program,
      arguments: args,
      env,
      cwd,
      stdin: "pipe",
    });
    this.#child = child;
    const over = Promise.withResolvers<void>();
    const stderrRead = this.#readStderr(child);
    void this.#read(child).finally(() => over.resolve());
    void child.exited.then(async (status) => {
      this.#status = status;
      const read = Promise.all([over.promise, stderrRead]);
      await isDoneWithin(this.#deps.clock, read, drainMs);
      this.#end(child);
    });
    // Nobody wants it any more.
    if (this.#isOver) await this.#stop(child);
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (!this.#child || this.#isOver) throw new Error("The server is not running");
    await this.#child.write(`${JSON.stringify(message)}\n`);
  }

  /** Ends the program and all that it started, within about a second. */
  async close(): Promise<void> {
    if (this.#child) await (this.#ending ??= this.#stop(this.#child));
    else this.#over();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** How it ended, as far as it has: `exit code 1`. */
  get end(): string | undefined {
    if (this.#fault !== undefined) return this.#fault;
    if (!this.#status) return undefined;
    const { code, signal } = this.#status;
    return code === null ? `ended by ${signal ?? "a signal"}` : `exit code ${code}`;
  }

  async #stop(child: ChildProcess): Promise<void> {
    const { clock } = this.#deps;
    child.closeStdin();
    if (!(await isDoneWithin(clock, child.exited, closeGraceMs))) {
      child.killGroup("SIGTERM");
      if (!(await isDoneWithin(clock, child.exited, termGraceMs))) child.killGroup("SIGKILL");
    }
    await child.exited;
    this.#end(child);
  }

  #end(child: ChildProcess): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    // What it left running in its group goes with it.
    child.killGroup("SIGKILL");
    child.abandon();
    this.#over();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#resolveClosed();
    this.onclose?.();
  }

  async #read(child: ChildProcess): Promise<void> {
    try {
      for await (const line of readLines(child.stdout, maxLineBytes)) this.#take(line);
    } catch (error) {
      this.#fault = toHermesError(error).message;
      this.onerror?.(toHermesError(error));
      void this.close();
    }
  }

  #take(line: string): void {
    let message: JSONRPCMessage;
    try {
      message = deserializeMessage(line);
    } catch {
      if (!this.#isNoisy) this.onNoise?.(line.slice(0, 200).toWellFormed());
      this.#isNoisy = true;
      return;
    }
    this.onmessage?.(message);
  }

  async #readStderr(child: ChildProcess): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr)
      this.stderr.push(decoder.decode(chunk, { stream: true }));
  }
}
