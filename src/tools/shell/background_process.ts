import type { ChildProcess, Clock, ExitStatus } from "../../core/ports.ts";
import { PlainTextDecoder } from "./plain_text.ts";
import { RollingText } from "./rolling_text.ts";
import { endGroup, endLeftBehind, exitCodeOf, timeoutGraceMs, within } from "./shell_runner.ts";

/** Characters of output that are kept of each process. */
const keptChars = 200_000;
/** How long the pipes of a process that has ended are read, in milliseconds: another program may hold them. */
const drainMs = 500;

/** How a background process ended. */
export interface ProcessEnd {
  readonly exitCode: number;
  readonly reason: "exited" | "signaled" | "killed";
  /** Who ended it, when it did not end by itself. */
  readonly source?: "process.kill";
  /** ms of the monotonic clock. */
  readonly endedAt: number;
}

/** A command that runs beside the turns of a session; owns its process group and the readers of its output. */
export class BackgroundProcess {
  readonly id: string;
  /** Another one when the session goes on under it. */
  sessionId: string;
  readonly command: string;
  /** ms of the monotonic clock. */
  readonly startedAt: number;
  /** Resolves when it has ended and its output is read. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #output = new RollingText(keptChars);
  #end: ProcessEnd | undefined;
  #isKilled = false;
  #hasInput = true;
  /** What was written since the last line end: the beginning of the line that the next write goes on with. */
  #openLine = "";

  constructor(
    { clock, child }: { readonly clock: Clock; readonly child: ChildProcess },
    about: { readonly id: string; readonly sessionId: string; readonly command: string },
  ) {
    this.id = about.id;
    this.sessionId = about.sessionId;
    this.command = about.command;
    this.#clock = clock;
    this.#child = child;
    this.startedAt = clock.monotonic();
    this.ended = this.#watch();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** How it ended; undefined while it runs. */
  get end(): ProcessEnd | undefined {
    return this.#end;
  }

  get uptimeMs(): number {
    return (this.#end?.endedAt ?? this.#clock.monotonic()) - this.startedAt;
  }

  /** Output that is no longer kept, in characters. */
  get droppedChars(): number {
    return this.#output.droppedChars;
  }

  get openLine(): string {
    return this.#openLine;
  }

  /** Whether its standard input is still open. */
  get takesInput(): boolean {
    return this.#hasInput && this.#end === undefined;
  }

  /** The last of its output. */
  text(): string {
    return this.#output.text();
  }

  /** Writes to its standard input. @throws the operating system's error, `EPIPE` when it reads no more */
  async write(data: string): Promise<void> {
    const lineStart = data.lastIndexOf("\n") + 1;
    this.#openLine = (lineStart > 0 ? "" : this.#openLine) + data.slice(lineStart);
    await this.#child.write(data);
  }

  closeInput(): void {
    this.#hasInput = false;
    this.#child.closeStdin();
  }

  /** Ends its whole group; resolves when that is done. */
  async kill(): Promise<ProcessEnd> {
    if (this.#end) {
      await endLeftBehind(this.#clock, this.#child, timeoutGraceMs);
      return this.#end;
    }
    this.#isKilled = true;
    await endGroup(this.#clock, this.#child, timeoutGraceMs);
    return await this.ended;
  }

  async #watch(): Promise<ProcessEnd> {
    const readers = Promise.all([this.#read(this.#child.stdout), this.#read(this.#child.stderr)]);
    // Awaited below; a pipe that breaks meanwhile must not count as unhandled.
    readers.catch(() => undefined);
    const status = await this.#child.exited;
    await within(this.#clock, readers, drainMs).catch(() => true);
    this.#child.abandon();
    await readers.catch(() => undefined);
    this.#end = this.#endOf(status);
    return this.#end;
  }

  #endOf(status: ExitStatus): ProcessEnd {
    const facts = { exitCode: exitCodeOf(status), endedAt: this.#clock.monotonic() };
    if (this.#isKilled) return { ...facts, reason: "killed", source: "process.kill" };
    return { ...facts, reason: status.signal === null ? "exited" : "signaled" };
  }

  async #read(stream: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new PlainTextDecoder();
    for await (const bytes of stream) this.#output.push(decoder.push(bytes));
    this.#output.push(decoder.end());
  }
}
