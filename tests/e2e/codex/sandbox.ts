/** Runs of the compiled program on the real codex versions, with a model endpoint of ours. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setImmediate as nextRound, setTimeout as sleep } from "node:timers/promises";
import { isJsonObject, type JsonObject, parseJson } from "../../../src/core/json.ts";
import { type CodexBinary, codexVersions } from "../../fakes/codex_binaries.ts";
import { type CodexHome, type CodexHomeOptions, createCodexHome } from "../../fakes/codex_home.ts";
import { type PtyProgram, startInPty } from "../../fakes/pty.ts";
import {
  type ResponsesServer,
  type StepRule,
  type StepSource,
  startResponsesServer,
} from "../../fakes/responses_server.ts";
import {
  binary,
  checkEvents,
  createSandbox,
  type Ended,
  type Event,
  eventsOf,
  type Running,
  type Sandbox,
  type StartOptions,
} from "../sandbox.ts";

/** Runs at once: most of a run is waiting. */
const places = availableParallelism() + 1;
let busy = 0;
const waiting: (() => void)[] = [];

async function inPlace(body: () => Promise<void>): Promise<void> {
  if (busy < places) busy++;
  else {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    await promise;
  }
  try {
    await body();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else busy--;
  }
}

/** A case on every codex that has it; `since` names the first version. */
export function onEveryCodex(
  name: string,
  body: (codex: CodexBinary) => Promise<void>,
  { since = "0.0.0" }: { readonly since?: string } = {},
): void {
  for (const codex of codexVersions) {
    if (Bun.semver.order(codex.version, since) < 0) continue;
    // The time that it waits for a place counts: that is most of it on a loaded machine.
    test.concurrent(`${name} (codex ${codex.version})`, () => inPlace(() => body(codex)), 600_000);
  }
}

/** Whether a codex is of the newer kind, where the versions under test differ. */
export function isNew({ version }: CodexBinary): boolean {
  return Bun.semver.order(version, "0.169.0") >= 0;
}

export interface Situation {
  readonly steps: readonly StepSource[];
  readonly rules?: readonly StepRule[];
  readonly home?: Omit<CodexHomeOptions, "serverUrl">;
  /** In place of the codex's own program. */
  readonly program?: string;
  /** More of the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** An item as events and documents tell it, without the ids that differ from run to run. */
export type Told = Readonly<Record<string, unknown>>;

/** A turn that has ended, after everything was checked that holds for every turn. */
export interface Turn {
  readonly code: number;
  readonly stderr: string;
  readonly events: readonly Event[];
  readonly last: Event;
  /** What was told of completed items, after the message of the user. */
  readonly items: readonly Told[];
  /** `allow_once by user`. */
  readonly verdicts: readonly string[];
  readonly sessionId: string;
}

/** Places and programs of one case, all of them gone in the end. */
export class CodexLab implements AsyncDisposable {
  readonly codex: CodexBinary;
  readonly server: ResponsesServer;
  readonly home: CodexHome;
  readonly hermes: Sandbox;
  readonly env: Readonly<Record<string, string>>;
  #config: string;

  constructor(
    codex: CodexBinary,
    parts: Pick<CodexLab, "server" | "home" | "hermes"> & {
      readonly config: string;
      readonly situation: Situation;
    },
  ) {
    const { server, home, hermes, config, situation } = parts;
    this.codex = codex;
    this.server = server;
    this.home = home;
    this.hermes = hermes;
    this.#config = config;
    const { program = codex.path, env } = situation;
    this.env = { ...home.env, HERMES_CODEX_BIN: program, ...env };
  }

  /** Adds to codex's configuration, as its user would. */
  async amendConfig(text: string): Promise<void> {
    await this.replaceConfig(`${this.#config}\n${text}`);
  }

  /** Another configuration of codex's, as its user would write it. */
  async replaceConfig(text: string): Promise<void> {
    this.#config = text;
    await writeFile(this.home.configFile, text);
  }

  /** The directory to work in. */
  get work(): string {
    return this.home.work;
  }

  /** Starts hermes without more arguments than these. */
  start(args: readonly string[], options: StartOptions = {}): Running {
    const { env, cwd = this.work } = options;
    return this.hermes.start(args, { ...options, cwd, env: { ...this.env, ...env } });
  }

  run(args: readonly string[], options?: StartOptions): Promise<Ended> {
    return this.start(args, options).ended;
  }

  /** Starts a turn on codex. */
  startTurn(prompt: string, ...flags: readonly string[]): Running {
    return this.start(["-z", prompt, "--json", ...runtime, ...flags]);
  }

  /** A whole turn on codex. */
  async turn(prompt: string, ...flags: readonly string[]): Promise<Turn> {
    return await this.ended(this.startTurn(prompt, ...flags));
  }

  /** The end of a run with `--json`. */
  async ended(run: Running): Promise<Turn> {
    const { code, stdout, stderr } = await run.ended;
    await this.#checkTraces();
    const last = checkEvents(stdout);
    const events = eventsOf(stdout);
    const completed = events.flatMap(({ type, item }) =>
      type === "item.completed" && item ? [item] : [],
    );
    if (last.type === "turn.failed") {
      expect(last.completed_items).toEqual(completed.map(({ id }) => id));
    }
    const named = events[0]?.["session_id"];
    const sessionId = typeof named === "string" ? named : "";
    const turnId = events.find(({ type }) => type === "turn.started")?.turn_id;
    const stored = sessionId === "" ? [] : await this.storedItems(sessionId);
    const ofTurn = stored.filter(({ turn_id: id }) => id === turnId);
    // What a retry voided is told, but not kept.
    const kept = completed.filter(({ status }) => status !== "void");
    expect<readonly Told[]>(ofTurn.map(withoutStorage)).toEqual(kept);
    return {
      code,
      stderr,
      events,
      last,
      items: kept.filter(({ type }) => type !== "user_message").map(withoutIds),
      verdicts: events
        .filter(({ type }) => type === "approval.decided")
        .map((event) => `${String(event["decision"])} by ${String(event["by"])}`),
      sessionId,
    };
  }

  /** What `sessions show` tells of a session. */
  async storedItems(sessionId: string): Promise<readonly JsonObject[]> {
    const { stdout } = await this.run(["sessions", "show", sessionId, "--json"]);
    const items = documentOf(stdout)["items"];
    return Array.isArray(items) ? items.filter(isJsonObject) : [];
  }

  /**
   * A conversation on codex at a terminal, which a person leaves in the end. Resolves with what was stored, without
   * the messages of the person.
   */
  async chat(
    talk: (person: Person) => Promise<void>,
    ...flags: readonly string[]
  ): Promise<readonly Told[]> {
    const { home, root } = this.hermes;
    {
      await using program = startInPty({
        command: [binary, ...runtime, ...flags],
        columns: 160,
        cwd: this.work,
        env: { TMPDIR: root, HERMES_HOME: home, TERM: "xterm-256color", ...this.env },
      });
      const person = new Person(program);
      await person.sees("/help");
      await talk(person);
      // The turn is over: now it means to leave.
      await person.sees("> ");
      person.presses("\x04");
      await person.sees("hermes --resume");
      expect(await program.exited).toBe(0);
    }
    await this.#checkTraces();
    const sessions = documentOf((await this.run(["sessions", "list", "--json"])).stdout)[
      "sessions"
    ];
    const newest = Array.isArray(sessions) ? sessions.find(isJsonObject) : undefined;
    const id = newest?.["id"];
    const items = typeof id === "string" ? await this.storedItems(id) : [];
    return items
      .filter(({ type }) => type !== "user_message")
      .map((item) => withoutIds(withoutStorage(item)));
  }

  /** Resolves when the model was asked: only now there is something in codex to end. */
  async untilAsked(): Promise<void> {
    while (this.server.requests.length === 0) await nextRound();
  }

  /** The processes of this case: all of them know one of its places. */
  processes(): Promise<readonly Process[]> {
    return processesKnowing([this.home.root, this.hermes.root]);
  }

  /** What holds after every run: nobody lives on, and the configuration is as it was. */
  async #checkTraces(): Promise<void> {
    await untilGone([this.home.root, this.hermes.root]);
    expect(await this.home.readConfig()).toBe(this.#config);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.hermes[Symbol.asyncDispose]();
    await this.home[Symbol.asyncDispose]();
  }
}

const runtime = ["--runtime", "codex_app_server"] as const;

/** Makes the places of one case. Closes with `await using`. */
export async function openLab(codex: CodexBinary, situation: Situation): Promise<CodexLab> {
  const { steps, rules = [] } = situation;
  const server = await startResponsesServer({ steps, rules });
  const home = await createCodexHome({ serverUrl: server.url, ...situation.home });
  const hermes = await createSandbox();
  const config = await home.readConfig();
  return new CodexLab(codex, { server, home, hermes, config, situation });
}

/** How long a person waits for something to appear, in milliseconds. */
const patienceMs = 120_000;

/** Somebody at the terminal. */
export class Person {
  readonly terminal: PtyProgram;

  constructor(terminal: PtyProgram) {
    this.terminal = terminal;
  }

  /** Sends a message. */
  says(text: string): void {
    this.terminal.type(`${text}\r`);
  }

  /** Resolves when all of it was shown, in this order. */
  async sees(...texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      const given = new AbortController();
      const late = sleep(patienceMs, undefined, given).then(() => {
        throw new Error(`Did not show ${text}, but ${JSON.stringify(this.terminal.screen())}`);
      });
      const shown = this.terminal.untilShown(text);
      try {
        await Promise.race([shown, late]);
      } finally {
        given.abort();
        late.catch(() => undefined);
        shown.catch(() => undefined);
      }
    }
  }

  /** Answers the question that is shown: keys count only when nobody has typed for 400 ms, so that they are meant. */
  async answers(keys: string): Promise<void> {
    await sleep(450);
    this.terminal.type(keys);
  }

  /** Presses a key that counts at once. */
  presses(key: string): void {
    this.terminal.type(key);
  }
}

export const ctrlC = "\x03";

/** One process of a case. */
export interface Process {
  readonly pid: number;
  /** Its program and arguments. */
  readonly command: readonly string[];
  readonly env: readonly string[];
}

/** Which of the processes is the codex that hermes started. */
export function codexOf(processes: readonly Process[]): Process | undefined {
  return processes.find(
    ({ command, env }) =>
      command[1] === "app-server" && env.some((entry) => entry.startsWith("HERMES_CODEX_RUN=")),
  );
}

/** Processes in whose environment one of the texts is; none where the system does not tell. */
async function processesKnowing(texts: readonly string[]): Promise<readonly Process[]> {
  if (!existsSync("/proc/self/environ")) return [];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(
    pids.map(async (pid): Promise<readonly Process[]> => {
      const [env, command] = await Promise.all([
        // It may have ended meanwhile, or belong to somebody else.
        readFile(join("/proc", pid, "environ"), "utf8").catch(() => ""),
        readFile(join("/proc", pid, "cmdline"), "utf8").catch(() => ""),
      ]);
      if (!texts.some((text) => env.includes(text))) return [];
      return [{ pid: Number(pid), command: command.split("\0"), env: env.split("\0") }];
    }),
  );
  return all.flat();
}

/** A process that was killed stays for a moment; longer than a second nobody does who was. */
export async function untilGone(texts: readonly string[]): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const left = await processesKnowing(texts);
    if (left.length === 0) return;
    await sleep(20);
  }
  const left = await processesKnowing(texts);
  expect(left.map(({ pid, command }) => [pid, command])).toEqual([]);
}

function documentOf(text: string): JsonObject {
  const value = parseJson(text);
  if (!isJsonObject(value)) throw new Error(`Not a document: ${text}`);
  return value;
}

function withoutStorage({ turn_id: _turn, at: _at, ...item }: JsonObject): JsonObject {
  return item;
}

function withoutIds(item: Told): Told {
  const { id: _id, call_id: _call, ...rest } = item;
  return rest;
}

/** An answer of the model, as it is told. */
export function said(text: string): Told {
  return { type: "assistant_message", text };
}

/** Something that the model says on the way, or what there is of an answer that broke off. */
export function saidMeanwhile(text: string): Told {
  return { type: "assistant_message", text, interim: true };
}

/** A tool that was used, and what came of it. */
export function used(
  name: string,
  input: JsonObject,
  output: string,
  { isError = false }: { readonly isError?: boolean } = {},
): readonly Told[] {
  return [
    { type: "tool_call", name, arguments: JSON.stringify(input) },
    { type: "tool_result", output, is_error: isError },
  ];
}
