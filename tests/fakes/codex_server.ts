/**
 * A `codex app-server` that says what a scenario tells it to, for what the real one cannot be made to do: silence,
 * garbage, ids of nobody, death at any point. A scenario is plain data, so that the same one plays in process, on a
 * clock of the test's, and as a program (`codex_server_main.ts`).
 */
import type { ExitStatus } from "../../src/core/ports.ts";
import { isJsonObject, type Json, type JsonObject, parseJson } from "../../src/core/json.ts";
import { readLines } from "../../src/wire/json_lines.ts";
import type { RpcId } from "../../src/wire/json_rpc.ts";
import type { FakeProgram } from "./spawner.ts";

/** One thing that the server does. In what it says, `$thread` and `$turn` stand for the ids of now. */
export type Step =
  /** Answers the call that the script is for; with `id` as if it were that one. */
  | { readonly do: "reply"; readonly result: Json; readonly id?: RpcId }
  | { readonly do: "refuse"; readonly code: number; readonly message: string }
  /** A notification or a request. */
  | { readonly do: "send"; readonly message: JsonObject }
  /** On stdout as it is, without the end of a line. */
  | { readonly do: "print"; readonly text: string }
  /** A line of so many bytes that is no message. */
  | { readonly do: "print-long"; readonly bytes: number }
  /** A line on stderr. */
  | { readonly do: "log"; readonly text: string }
  | { readonly do: "repeat"; readonly times: number; readonly steps: Script }
  /** Waits for the answer to a request; goes on with the script of its `decision` or `action`, if there is one. */
  | {
      readonly do: "await-answer";
      readonly id: RpcId;
      readonly cases?: Readonly<Record<string, Script>>;
    }
  /** Waits until a method has been called. */
  | { readonly do: "await-call"; readonly method: string }
  /** Never goes on by itself. */
  | { readonly do: "wait" }
  /** Ends the script of the turn that runs. */
  | { readonly do: "stop-turn" }
  /** Says nothing any more, and obeys nothing but SIGKILL. */
  | { readonly do: "hang" }
  /** Closes stdout, and lives on. */
  | { readonly do: "close-output" }
  | { readonly do: "exit"; readonly code: number }
  /** As if somebody had sent it the signal. */
  | { readonly do: "die"; readonly signal: "SIGKILL" | "SIGSEGV" };

export type Script = readonly Step[];

/**
 * What the server does, by the method that is called: the first call takes the first script, the last one stays. Two
 * more names: `start` for what it does by itself, `end` for the end of its input. What is not named is as in `healthy`.
 */
export type Scenario = Readonly<Record<string, readonly Script[]>>;

/** What the server is connected to. */
export interface ServerPorts {
  readonly input: AsyncIterable<Uint8Array>;
  /** Resolves when there is room for more. */
  print(data: string | Uint8Array): Promise<void>;
  printError(text: string): void;
  closeOutput(): void;
  ignoreSignals(): void;
  /** Told of every message that has been read. */
  onReceived(message: JsonObject): void;
}

/** Plays a scenario up to the end of the process; `run` numbers the processes that play, from 1 on. */
export function serveCodex(
  ports: ServerPorts,
  scenario: Scenario,
  run: number,
): Promise<ExitStatus> {
  return new Server(ports, scenario, run).ended;
}

/** One process of the fake. */
export interface FakeCodexProcess {
  /** Everything that it was sent, in order. */
  readonly received: readonly JsonObject[];
}

export interface FakeCodex {
  readonly program: FakeProgram;
  /** In the order of their start. */
  readonly processes: readonly FakeCodexProcess[];
}

/** A program for a fake spawner: each start plays the next scenario, the last one stays. */
export function createFakeCodex(scenarios: readonly Scenario[]): FakeCodex {
  const processes: { readonly received: JsonObject[] }[] = [];
  return {
    processes,
    program(process) {
      const received: JsonObject[] = [];
      const run = processes.push({ received });
      const ports: ServerPorts = {
        input: process.stdin,
        print: (data) => Promise.resolve(process.print(data)),
        printError: process.printError,
        closeOutput: process.closeOutput,
        ignoreSignals: process.ignoreSignals,
        onReceived: (message) => received.push(message),
      };
      return serveCodex(ports, scenarios[run - 1] ?? scenarios.at(-1) ?? {}, run);
    },
  };
}

/** A script in play. */
interface Play {
  /** Of the call that it answers. */
  readonly id: RpcId | undefined;
  readonly signal: AbortSignal;
}

class Server {
  readonly ended: Promise<ExitStatus>;
  readonly #ports: ServerPorts;
  readonly #scenario: Scenario;
  readonly #run: number;
  readonly #exit: (status: ExitStatus) => void;
  readonly #over = new AbortController();
  readonly #calls = new Map<string, number>();
  readonly #answers = new Map<RpcId, JsonObject>();
  #arrived = Promise.withResolvers<void>();
  /** What is being printed: one line never comes into the middle of another. */
  #printing: Promise<void> = Promise.resolve();
  #threadId: string;
  #turnId = "";
  #turn = new AbortController();
  #isHung = false;

  constructor(ports: ServerPorts, scenario: Scenario, run: number) {
    this.#ports = ports;
    this.#scenario = scenario;
    this.#run = run;
    this.#threadId = `thread-${run}`;
    const { promise, resolve } = Promise.withResolvers<ExitStatus>();
    this.ended = promise;
    this.#exit = (status) => {
      this.#over.abort();
      resolve(status);
    };
    void this.#call("start", { id: undefined, signal: this.#over.signal });
    void this.#listen();
  }

  async #listen(): Promise<void> {
    for await (const line of readLines(this.#ports.input, 64 * 1_048_576)) {
      const message = parseJson(line);
      if (!isJsonObject(message) || this.#over.signal.aborted) continue;
      this.#ports.onReceived(message);
      this.#onMessage(message);
    }
    if (!this.#isHung) await this.#call("end", { id: undefined, signal: this.#over.signal });
  }

  #onMessage({ id, method, params, ...rest }: JsonObject): void {
    const callId = typeof id === "number" || typeof id === "string" ? id : undefined;
    if (typeof method !== "string") {
      if (callId !== undefined) this.#answers.set(callId, rest);
    } else if (!this.#isHung) {
      const thread = isJsonObject(params) ? params["threadId"] : undefined;
      if (typeof thread === "string") this.#threadId = thread;
      void this.#call(method, { id: callId, signal: this.#signalFor(method) });
    }
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers<void>();
  }

  /** A turn has a signal of its own, with which its script ends. */
  #signalFor(method: string): AbortSignal {
    if (method !== "turn/start") return this.#over.signal;
    this.#turnId = `turn-${this.#run}-${(this.#calls.get(method) ?? 0) + 1}`;
    this.#turn = new AbortController();
    return AbortSignal.any([this.#over.signal, this.#turn.signal]);
  }

  async #call(method: string, play: Play): Promise<void> {
    const count = this.#calls.get(method) ?? 0;
    this.#calls.set(method, count + 1);
    const scripts = this.#scenario[method] ?? [];
    const script = scripts[count] ?? scripts.at(-1) ?? unknownMethod(method);
    // What was stopped ends in an abort.
    await this.#play(script, play).catch((error: unknown) => {
      if (!play.signal.aborted) throw error;
    });
  }

  async #play(script: Script, play: Play): Promise<void> {
    for (const step of script) {
      play.signal.throwIfAborted();
      if (this.#isHung) return;
      await this.#do(step, play);
    }
  }

  async #do(step: Step, play: Play): Promise<void> {
    switch (step.do) {
      case "reply":
        return await this.#send({ id: step.id ?? play.id ?? null, result: step.result });
      case "refuse": {
        const { code, message } = step;
        return await this.#send({ id: play.id ?? null, error: { code, message } });
      }
      case "send":
        return await this.#send(step.message);
      case "print":
        return await this.#print([step.text]);
      case "print-long":
        return await this.#print(longLine(step.bytes));
      case "log":
        return this.#ports.printError(`${step.text}\n`);
      case "repeat":
        for (let time = 0; time < step.times; time++) await this.#play(step.steps, play);
        return;
      case "await-answer": {
        const { id, cases = {} } = step;
        const answer = await this.#until(() => this.#answers.get(id), play.signal);
        // The id may be used again.
        this.#answers.delete(id);
        return await this.#play(cases[wordOf(answer)] ?? [], play);
      }
      case "await-call": {
        const { method } = step;
        await this.#until(() => this.#calls.get(method), play.signal);
        return;
      }
      case "wait":
        return await this.#until(() => undefined, play.signal);
      case "stop-turn":
        return this.#turn.abort();
      case "hang":
        this.#isHung = true;
        return this.#ports.ignoreSignals();
      case "close-output":
        return this.#ports.closeOutput();
      case "exit":
        return this.#exit({ code: step.code, signal: null });
      case "die":
        return this.#exit({ code: null, signal: step.signal });
      default:
        return step satisfies never;
    }
  }

  async #send(message: JsonObject): Promise<void> {
    const line = JSON.stringify(message)
      .replaceAll('"$thread"', JSON.stringify(this.#threadId))
      .replaceAll('"$turn"', JSON.stringify(this.#turnId));
    await this.#print([`${line}\n`]);
  }

  async #print(pieces: Iterable<string | Uint8Array>): Promise<void> {
    const before = this.#printing;
    this.#printing = (async () => {
      await before;
      for (const piece of pieces) await this.#ports.print(piece);
    })();
    await this.#printing;
  }

  /** What is looked for as soon as it has come with a message. */
  async #until<Found>(look: () => Found | undefined, signal: AbortSignal): Promise<Found> {
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    stopped.catch(() => undefined);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await Promise.race([this.#arrived.promise, stopped]);
    }
  }
}

function* longLine(bytes: number): Generator<string | Uint8Array, void> {
  const piece = new Uint8Array(Math.min(bytes, 1_048_576)).fill("x".charCodeAt(0));
  for (let left = bytes; left > 0; left -= piece.length) yield piece.subarray(0, left);
  yield "\n";
}

/** What an answer decides: its `decision` or `action`, `error` for a refusal. */
function wordOf({ result, error }: JsonObject): string {
  if (error !== undefined) return "error";
  const { decision, action } = isJsonObject(result) ? result : {};
  const word = decision ?? action;
  return typeof word === "string" ? word : "";
}

/** Notifications that nobody heeds end here too: they have no id that a refusal could name. */
function unknownMethod(method: string): Script {
  const message = `Invalid request: unknown variant \`${method}\``;
  return method === "start" || method === "end" ? [] : [{ do: "refuse", code: -32_600, message }];
}
