/** The real `codex app-server` behind the barest client: lines of JSON, nothing checked, everything kept. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type Json, type JsonObject, isJsonObject, parseJson } from "../../src/core/json.ts";

/** One message of the wire, in the order in which it was written or read here. */
export interface WireMessage {
  readonly from: "client" | "server";
  readonly message: JsonObject;
}

/** What to answer a request of codex: a result, or nothing for now. */
export type Answerer = (method: string, params: JsonObject) => Json | undefined;

export interface BareCodexOptions {
  /** Of the program. */
  readonly path: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Without, every request of codex stays open. */
  readonly answer?: Answerer;
}

/** An answer to a request of ours that is an error. */
export class BareCodexError extends Error {
  readonly error: JsonObject;

  constructor(method: string, error: JsonObject) {
    super(`codex refused ${method}: ${JSON.stringify(error)}`);
    this.error = error;
  }
}

/** A running app-server. Closes with `await using`: its stdin first, by force after two seconds. */
export class BareCodex implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #messages: WireMessage[] = [];
  readonly #answer: Answerer;
  readonly #ended: Promise<void>;
  #watchers: readonly (() => void)[] = [];
  #nextId = 1;
  #stderr = "";
  #isOver = false;

  constructor(options: BareCodexOptions) {
    const { path, cwd, env, answer = () => undefined } = options;
    this.#answer = answer;
    this.#child = spawn(path, ["app-server"], { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    // It may end while something is being written.
    this.#child.stdin?.on("error", () => undefined);
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    const lines = createInterface({ input: this.#child.stdout ?? process.stdin });
    lines.on("line", (line) => this.#take(line));
    this.#ended = new Promise((resolve) => {
      this.#child.once("close", () => {
        this.#isOver = true;
        this.#wake();
        resolve();
      });
    });
  }

  get messages(): readonly WireMessage[] {
    return this.#messages;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The result of a request. @throws {BareCodexError} for an error */
  async request(method: string, params: JsonObject = {}): Promise<JsonObject> {
    const id = this.#nextId++;
    this.#send({ id, method, params });
    const reply = await this.until(
      ({ message }) => message["id"] === id && message["method"] === undefined,
      method,
    );
    if (isJsonObject(reply["error"])) throw new BareCodexError(method, reply["error"]);
    return isJsonObject(reply["result"]) ? reply["result"] : {};
  }

  notify(method: string): void {
    this.#send({ method });
  }

  /** `initialize` and `initialized`. */
  async initialize(capabilities: JsonObject = { experimentalApi: true }): Promise<JsonObject> {
    const clientInfo = { name: "hermes", title: "Hermes Agent", version: "0.0.0" };
    const reply = await this.request("initialize", { clientInfo, capabilities });
    this.notify("initialized");
    return reply;
  }

  /** The first message of codex that fits, already there or still to come; `what` names it in the error. */
  async until(fits: (wire: WireMessage) => boolean, what: string): Promise<JsonObject> {
    for (let seen = 0; ;) {
      const rest = this.#messages.slice(seen);
      const found = rest.find((wire) => wire.from === "server" && fits(wire));
      if (found !== undefined) return found.message;
      seen += rest.length;
      if (this.#isOver) throw new Error(`codex ended without ${what}: ${this.#stderr}`);
      await new Promise<void>((resolve) => {
        this.#watchers = [...this.#watchers, resolve];
      });
    }
  }

  /** The first notification of a method whose parameters fit. */
  notification(
    method: string,
    fits: (params: JsonObject) => boolean = () => true,
  ): Promise<JsonObject> {
    return this.until(
      ({ message }) => message["method"] === method && fits(paramsOf(message)),
      method,
    ).then(paramsOf);
  }

  /** Resolves when nothing has been said for a time, in milliseconds. */
  async quiet(ms: number): Promise<void> {
    for (let seen = -1; seen < this.#messages.length;) {
      seen = this.#messages.length;
      await sleep(ms);
    }
  }

  /** Answers a request of codex that was left open. */
  respond(id: Json, result: Json): void {
    this.#send({ id, result });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it as a client that goes away does; resolves when it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 2_000);
    await this.#ended;
    clearTimeout(late);
  }

  #send(message: JsonObject): void {
    this.#messages.push({ from: "client", message });
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
    this.#wake();
  }

  #take(line: string): void {
    const message = parseJson(line);
    if (!isJsonObject(message)) throw new Error(`codex wrote no message: ${line}`);
    this.#messages.push({ from: "server", message });
    this.#wake();
    const { id, method } = message;
    if (id === undefined || typeof method !== "string") return;
    const result = this.#answer(method, paramsOf(message));
    if (result !== undefined) this.respond(id, result);
  }

  #wake(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const wake of watchers) wake();
  }
}

function paramsOf(message: JsonObject): JsonObject {
  return isJsonObject(message["params"]) ? message["params"] : {};
}
