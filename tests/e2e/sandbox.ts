import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type PtyProgram, startInPty } from "../fakes/pty.ts";

/** The binary under test. */
export const binary = resolve(process.env["HERMES_BINARY"] ?? "dist/hermes");

/** What stdin of a run is. */
export type Stdin =
  | "null"
  | "closed"
  | { readonly file: string }
  | { readonly text: string | Uint8Array }
  /** A pipe that stays open and silent. */
  | "open";

export interface StartOptions {
  readonly stdin?: Stdin;
  /** A descriptor for stdout in place of the pipe that is read here. */
  readonly stdout?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** How a run ended. */
export interface Ended {
  /** As a shell sees it: 128 and the number for a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One line of `--json`; which of the fields are there depends on the type. */
export interface Event {
  readonly type: string;
  readonly item?: EventItem;
  readonly item_id?: string;
  readonly turn_id?: string | null;
  readonly delta?: string;
  readonly completed_items?: readonly string[];
  readonly duration_ms?: number;
  readonly [field: string]: unknown;
}

export interface EventItem {
  readonly id: string;
  readonly type: string;
  readonly text?: string;
  readonly arguments?: string;
  readonly call_id?: string;
  readonly output?: string;
  readonly status?: string;
  readonly [field: string]: unknown;
}

/** A run under way. */
export class Running {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";
  #watchers: readonly (() => void)[] = [];

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#notify();
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#notify();
    });
    this.ended = new Promise((done) => {
      child.once("close", (code, signal) => {
        const signals: Readonly<Record<string, number>> = {
          SIGHUP: 129,
          SIGINT: 130,
          SIGKILL: 137,
          SIGTERM: 143,
        };
        this.#notify();
        done({
          code: code ?? signals[signal ?? ""] ?? -1,
          stdout: this.#stdout,
          stderr: this.#stderr,
        });
      });
    });
  }

  /** Resolves as soon as one of the streams holds `part`; rejects when the run ends without it. */
  async until(part: string): Promise<void> {
    await this.#until(() => this.#stdout.includes(part) || this.#stderr.includes(part), part);
  }

  /** All of stderr so far, as soon as it fits; rejects when the run ends before. */
  async untilStderr(pattern: RegExp): Promise<string> {
    await this.#until(() => pattern.test(this.#stderr), String(pattern));
    return this.#stderr;
  }

  /** Types into a stdin that was left open. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  async #until(isThere: () => boolean, part: string): Promise<void> {
    const shown = new Promise<void>((done) => {
      const check = (): void => {
        if (isThere()) done();
      };
      this.#watchers = [...this.#watchers, check];
      check();
    });
    const over = this.ended.then((ended) => {
      if (!isThere()) throw new Error(`Ended without ${part}: ${JSON.stringify(ended)}`);
    });
    await Promise.race([shown, over]);
  }

  signal(name: "SIGHUP" | "SIGINT" | "SIGTERM" | "SIGKILL"): void {
    this.#child.kill(name);
  }

  /** Whoever types into a stdin that was left open goes away. */
  closeStdin(): void {
    this.#child.stdin?.end();
  }

  /** The reader of stdout goes away. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  #notify(): void {
    for (const check of this.#watchers) check();
  }
}

/** A home and a working directory of their own, removed in the end. */
export interface Sandbox extends AsyncDisposable {
  readonly root: string;
  readonly home: string;
  readonly work: string;
  /** Writes `config.yaml`. */
  configure(text: string): Promise<void>;
  start(args: readonly string[], options?: StartOptions): Running;
  run(args: readonly string[], options?: StartOptions): Promise<Ended>;
}

/** Starts with nothing but a home, a directory and PATH. */
export async function createSandbox(): Promise<Sandbox> {
  const root = await mkdtemp(join(tmpdir(), "hermes-e2e-"));
  const [home, work, temporary] = [join(root, "home"), join(root, "work"), join(root, "tmp")];
  for (const directory of [home, work, temporary]) await mkdir(directory, { mode: 0o700 });
  const start = (args: readonly string[], options: StartOptions = {}): Running => {
    const { stdin = "null", stdout = "pipe", cwd = work } = options;
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: root,
      HERMES_HOME: home,
      TMPDIR: temporary,
      ...options.env,
    };
    if (stdin === "closed") {
      const close = ["-c", 'exec "$0" "$@" <&-', binary, ...args];
      return new Running(spawn("sh", close, { cwd, env, stdio: ["ignore", stdout, "pipe"] }));
    }
    if (stdin === "null") {
      return new Running(spawn(binary, args, { cwd, env, stdio: ["ignore", stdout, "pipe"] }));
    }
    if (typeof stdin === "object" && "file" in stdin) {
      const descriptor = openSync(stdin.file, "r");
      const child = spawn(binary, args, { cwd, env, stdio: [descriptor, stdout, "pipe"] });
      closeSync(descriptor);
      return new Running(child);
    }
    const child = spawn(binary, args, { cwd, env, stdio: ["pipe", stdout, "pipe"] });
    // A program that ends before it has read everything is a case under test.
    child.stdin?.on("error", () => undefined);
    if (stdin !== "open") child.stdin?.end(stdin.text);
    return new Running(child);
  };
  return {
    root,
    home,
    work,
    start,
    configure: (text) => writeFile(join(home, "config.yaml"), text),
    run: (args, options) => start(args, options).ended,
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** The binary at a terminal, when its session waits for the first message. */
export async function startChat(
  { work, root, home }: Sandbox,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<PtyProgram> {
  const chat = startInPty({
    command: [binary, ...args],
    cwd: work,
    env: {
      PATH: process.env["PATH"],
      HOME: root,
      HERMES_HOME: home,
      TERM: "xterm-256color",
      ...env,
    },
  });
  await chat.untilShown("/help");
  return chat;
}

/** The two dialects of an endpoint, as the configuration calls them. */
export const wireApis = ["codex_responses", "chat_completions"] as const;

/** A configuration that asks a server at `url` and gives up at the first failure. */
export function configFor(
  url: string,
  wireApi: (typeof wireApis)[number] = "codex_responses",
): string {
  const model = `model: {provider: custom, base_url: "${url}", default: m1, api_mode: ${wireApi}}`;
  return `${model}\nagent: {api_max_retries: 0}\n`;
}

/** stdout as events; throws where a line is none. */
export function eventsOf(stdout: string): readonly Event[] {
  if (!stdout.endsWith("\n")) throw new Error(`The last line is not whole: ${stdout}`);
  return stdout
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line) as Event);
}

const terminalTypes: ReadonlySet<string> = new Set([
  "turn.completed",
  "turn.interrupted",
  "turn.failed",
]);

/** What must hold for the events of every run; returns the last one. */
export function checkEvents(stdout: string): Event {
  const events = eventsOf(stdout);
  const last = events.at(-1);
  const terminal = events.filter((event) => terminalTypes.has(event.type));
  if (last === undefined || terminal.length !== 1 || terminal[0] !== last) {
    throw new Error(`Expected one terminal event at the end: ${stdout}`);
  }
  const open = new Set<string>();
  for (const event of events) {
    const id = event.item?.id ?? event.item_id ?? "";
    const isWrong =
      (event.type === "item.started" && open.has(id)) ||
      (event.type === "item.completed" && !open.delete(id)) ||
      (event.type === "item.delta" && !open.has(id));
    if (isWrong) throw new Error(`Out of order: ${JSON.stringify(event)} in ${stdout}`);
    if (event.type === "item.started") open.add(id);
  }
  if (open.size > 0) throw new Error(`Never completed: ${[...open].join(", ")} in ${stdout}`);
  return last;
}
