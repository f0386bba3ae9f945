import type { ChildProcess, Clock } from "../../core/ports.ts";
import { BackgroundProcess } from "./background_process.ts";
import { endLeftBehind, timeoutGraceMs } from "./shell_runner.ts";

/** Processes that are kept at most, ended ones included. */
const maxProcesses = 64;
/** How long an ended one can still be asked about, in milliseconds. */
const keptMs = 30 * 60_000;

/** The background processes of all sessions. Disposing ends them. */
export class BackgroundProcesses implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #processes = new Map<string, BackgroundProcess>();
  /** Foreground commands that have ended, and left others of their groups behind. */
  readonly #leftBehind = new Set<ChildProcess>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether another one can be started; forgets ended ones for it. */
  makeRoom(): boolean {
    const now = this.#clock.monotonic();
    const ended = [...this.#processes.values()].filter((process) => process.end !== undefined);
    for (const process of ended) {
      const isOld = now - (process.end?.endedAt ?? now) > keptMs;
      if (isOld || this.#processes.size >= maxProcesses) this.#processes.delete(process.id);
    }
    return this.#processes.size < maxProcesses;
  }

  /** Takes over a running child. */
  add(sessionId: string, command: string, child: ChildProcess): BackgroundProcess {
    const id = `proc_${++this.#count}`;
    const process = new BackgroundProcess(
      { clock: this.#clock, child },
      { id, sessionId, command },
    );
    this.#processes.set(id, process);
    return process;
  }

  /** By id, of one session; a bare number stands for `proc_<number>`. */
  find(sessionId: string, id: string): BackgroundProcess | undefined {
    const process = this.#processes.get(/^\d+$/.test(id) ? `proc_${id}` : id);
    return process?.sessionId === sessionId ? process : undefined;
  }

  /** Those of a session, oldest first. */
  list(sessionId: string): readonly BackgroundProcess[] {
    return [...this.#processes.values()].filter((process) => process.sessionId === sessionId);
  }

  /** A session goes on under another id. */
  move(from: string, to: string): void {
    for (const process of this.list(from)) process.sessionId = to;
  }

  /** Takes over what a foreground command that has ended left behind of its group, if anybody. */
  adopt(child: ChildProcess): void {
    this.#leftBehind.add(child);
    for (const one of this.#leftBehind) if (!one.hasGroup()) this.#leftBehind.delete(one);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      ...[...this.#processes.values()].map((process) => process.kill()),
      ...[...this.#leftBehind].map((child) => endLeftBehind(this.#clock, child, timeoutGraceMs)),
    ]);
    this.#processes.clear();
    this.#leftBehind.clear();
  }
}
