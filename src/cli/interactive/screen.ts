import type { OutputStream } from "../../core/ports.ts";
import type { Drawing } from "./drawing.ts";
import { isInsideLine, type LinePosition, lineStart, positionAfter } from "./line_position.ts";
import { LiveRegion } from "./live_region.ts";

export interface ScreenDeps {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** Makes the live region for a width; undefined: there is none. */
export type LiveView = (columns: number) => Drawing | undefined;

/**
 * The one writer of an interactive session: printed text stays, the live region stands below it and is redrawn. Writes
 * come one after the other, in the order of the calls.
 */
export class Screen {
  readonly #deps: ScreenDeps;
  readonly #region = new LiveRegion();
  #view: LiveView = () => undefined;
  #last: Promise<void> = Promise.resolve();
  /** Whether printed text ends in the middle of a line: then there is place only for what stands below an open one. */
  #isMidLine = false;
  /** Where in that line. */
  #position: LinePosition = lineStart;
  /** The width at its beginning. */
  #width = 0;

  constructor(deps: ScreenDeps) {
    this.#deps = deps;
  }

  get columns(): number {
    return this.#deps.stdout.columns() ?? 80;
  }

  /** Shows another live region from now on. */
  setView(view: LiveView): Promise<void> {
    this.#view = view;
    return this.refresh();
  }

  /** Draws the live region as it is now. */
  refresh(): Promise<void> {
    return this.#enqueue(() => this.#talk(this.#draw()));
  }

  /** Prints a part of an answer; the whole region comes back when its line is whole. */
  answer(text: string): Promise<void> {
    return this.#enqueue(async () => {
      if (text === "") return;
      await this.#talk(this.#region.erase(this.columns));
      await this.#deps.stdout.write(onTerminal(text));
      this.#moveOn(text);
      await this.#talk(this.#draw());
    });
  }

  /** Prints lines that are no answer, each on its own. */
  say(text: string): Promise<void> {
    return this.#enqueue(() => {
      const start = this.#region.erase(this.columns) + (this.#isMidLine ? "\r\n" : "");
      this.#isMidLine = false;
      return this.#talk(`${start}${onTerminal(text)}\r\n${this.#draw()}`);
    });
  }

  /** Ends a line that is not whole. */
  freshLine(): Promise<void> {
    return this.#enqueue(async () => {
      if (!this.#isMidLine) return;
      this.#isMidLine = false;
      await this.#talk(`${this.#region.erase(this.columns)}\r\n${this.#draw()}`);
    });
  }

  /** Empties the screen; the region stands at its top. */
  clear(): Promise<void> {
    return this.#enqueue(() => {
      this.#isMidLine = false;
      return this.#talk(`${this.#region.erase(this.columns)}\x1b[2J\x1b[H${this.#draw()}`);
    });
  }

  /** Writes something that changes the terminal and shows nothing. */
  control(sequence: string): Promise<void> {
    return this.#enqueue(() => this.#talk(sequence));
  }

  #moveOn(text: string): void {
    if (!this.#isMidLine || text.includes("\n")) this.#width = this.columns;
    const from = this.#isMidLine ? this.#position : lineStart;
    this.#position = positionAfter(from, text, this.columns);
    this.#isMidLine = !text.endsWith("\n");
  }

  #draw(): string {
    const { columns } = this;
    const drawing = this.#view(columns);
    if (!this.#isMidLine) return this.#region.draw(drawing ?? { rows: [] }, columns);
    // Nobody knows how a terminal that changes its width wraps what is there.
    const hasPlace = this.#width === columns && isInsideLine(this.#position, columns);
    return this.#region.drawBelow(hasPlace ? (drawing?.below ?? []) : [], columns);
  }

  /** stderr, unless it goes somewhere else: a question must be seen. */
  async #talk(text: string): Promise<void> {
    const { stdout, stderr } = this.#deps;
    if (text !== "") await (stderr.isTty ? stderr : stdout).write(text);
  }

  #enqueue(write: () => Promise<void>): Promise<void> {
    const written = this.#last.then(write);
    this.#last = written.catch(() => undefined);
    return written;
  }
}

/** In raw mode a line feed alone does not go back to the first column. */
function onTerminal(text: string): string {
  return text.replace(/\r?\n/g, "\r\n");
}
