import type { Terminal } from "../../core/ports.ts";
import { abortable } from "../../wire/abortable.ts";
import type { Style } from "../render/style.ts";
import { CallbackSlot } from "./callback_slot.ts";
import { asksForLine } from "./editor.ts";
import { filterRows, mergeRows, type PickRequest } from "./pick.ts";
import type { Answered, ChoiceRequest, KeyHelp, Said, Talk } from "./talk.ts";

/** Rows that are printed at once. */
const pickedFrom = 20;

const lineKeys: readonly KeyHelp[] = [
  ["@path", "attaches a file: text, or a PNG, JPEG, GIF or WebP image"],
  ["\\ and Enter", "another line"],
  ["Enter while a turn runs", "sends it after the turn: this terminal cannot show what waits"],
  ["Ctrl-C", "interrupts a turn; twice: leaves"],
  ["Ctrl-D", "leaves"],
];

/**
 * A session on a terminal that can only print (`TERM=dumb`): nothing is drawn, and the terminal itself edits the lines.
 */
export class PlainTalk implements Talk, AsyncDisposable {
  readonly style: Style;
  readonly columns = 80;
  readonly keys = lineKeys;
  readonly #terminal: Terminal;
  readonly #closing = new AbortController();
  readonly #lines: AsyncIterator<string>;
  /** A line that somebody no longer waits for is for the next one. */
  #nextLine: Promise<IteratorResult<string>> | undefined;
  /** The one of them that is known to be there. */
  #readyLine: Promise<IteratorResult<string>> | undefined;
  #isMidLine = false;
  /** To be said before the next message: what is being typed cannot be drawn again. */
  #asides: readonly string[] = [];
  readonly #onInterrupt = new CallbackSlot();
  #interruptReading: (() => void) | undefined;

  constructor(terminal: Terminal, style: Style) {
    this.#terminal = terminal;
    this.style = style;
    this.#lines = linesOf(terminal.stdin.chunks(this.#closing.signal));
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    // The line that is waited for is given up.
    await this.#nextLine?.catch(() => undefined);
  }

  async say(text: string): Promise<void> {
    await this.freshLine();
    await this.#talk(`${text}\n`);
  }

  aside(text: string): void {
    this.#asides = [...this.#asides, text];
  }

  async sayAsides(): Promise<void> {
    const asides = this.#asides;
    this.#asides = [];
    for (const text of asides) await this.say(text);
  }

  async answer(text: string): Promise<void> {
    if (text === "") return;
    this.#isMidLine = !text.endsWith("\n");
    await this.#terminal.stdout.write(text);
  }

  async freshLine(): Promise<void> {
    if (this.#isMidLine) await this.#talk("\n");
    this.#isMidLine = false;
  }

  /** Nothing that changes is shown. */
  setStatus(): void {}

  /** Nothing that changes is shown. */
  tick(): void {}

  async readMessage(): Promise<Said> {
    let text = "";
    await this.sayAsides();
    await this.#talk("> ");
    while (true) {
      const read = await this.#readLine(new AbortController().signal);
      switch (read.kind) {
        case "interrupted":
          return { kind: "interrupt" };
        case "dismissed":
          await this.#talk("\n");
          return { kind: "end-of-input" };
        case "answer":
          break;
        default:
          read satisfies never;
          continue;
      }
      text += read.value;
      if (!asksForLine(text)) {
        if (text.trim() !== "") return { kind: "message", text };
        text = "";
        await this.#talk("> ");
      } else {
        text = `${text.slice(0, -1)}\n`;
        await this.#talk(". ");
      }
    }
  }

  /** A line that is there is found with the second call: looking for it takes a moment. */
  hasMessage(): boolean {
    this.#nextLine ??= this.#lines.next();
    const next = this.#nextLine;
    next.then(
      ({ done }) => {
        this.#readyLine = done ? undefined : next;
      },
      () => undefined,
    );
    return this.#readyLine === next;
  }

  /** Lines that are typed while a turn runs are for after it: nothing could show what became of them. */
  onMessage(): Disposable {
    return { [Symbol.dispose]: () => undefined };
  }

  /** Nothing is taken on. */
  delivered(): void {}

  /** What was typed is still to be seen above. */
  putBack(): void {}

  async choose({ choices, footer }: ChoiceRequest, signal: AbortSignal): Promise<Answered<number>> {
    for (const { hotkey, label } of choices) await this.say(`  ${hotkey}  ${label}`);
    const note = footer === undefined ? "" : ` (${footer()})`;
    while (true) {
      await this.#talk(`[${choices.map(({ hotkey }) => hotkey).join("/")}]${note}: `);
      const read = await this.#readLine(signal);
      if (read.kind !== "answer") return read;
      const typed = read.value.trim().toLowerCase();
      const index = choices.findIndex(
        ({ hotkey, alias, label }) =>
          typed === hotkey || typed === alias || typed === label.toLowerCase(),
      );
      if (index >= 0) return { kind: "answer", value: index };
    }
  }

  async pick(request: PickRequest, signal: AbortSignal): Promise<Answered<string>> {
    let { rows } = request;
    while (true) {
      const shown = rows.slice(0, pickedFrom);
      const lines = shown.map(({ label, facts }, index) => `  ${index + 1}  ${facts}: ${label}`);
      await this.say(lines.length === 0 ? "  Nothing found" : lines.join("\n"));
      await this.#talk("a number, words to look for, or nothing to leave: ");
      const read = await this.#readLine(signal);
      if (read.kind !== "answer") return read;
      const typed = read.value.trim();
      if (typed === "") return { kind: "dismissed" };
      const chosen = /^\d+$/.test(typed) ? shown[Number(typed) - 1] : undefined;
      if (chosen) return { kind: "answer", value: chosen.key };
      rows = mergeRows(filterRows(request.rows, typed), await request.search(typed));
    }
  }

  async askText(signal: AbortSignal): Promise<Answered<string>> {
    await this.#talk("? ");
    return await this.#readLine(signal);
  }

  onInterrupt(callback: () => void): Disposable {
    return this.#onInterrupt.put(callback);
  }

  interrupt(): void {
    if (this.#interruptReading) this.#interruptReading();
    else this.#onInterrupt.call();
  }

  async #readLine(signal: AbortSignal): Promise<Answered<string>> {
    this.#nextLine ??= this.#lines.next();
    const next = this.#nextLine;
    const interrupted = new Promise<undefined>((resolve) => {
      this.#interruptReading = () => resolve(undefined);
    });
    try {
      const line = await abortable(() => Promise.race([next, interrupted]), signal);
      if (line === undefined) {
        await this.#talk("\n");
        return { kind: "interrupted" };
      }
      this.#nextLine = undefined;
      return line.done ? { kind: "dismissed" } : { kind: "answer", value: line.value };
    } finally {
      this.#interruptReading = undefined;
    }
  }

  /** stderr, unless it goes somewhere else: a question must be seen. */
  async #talk(text: string): Promise<void> {
    const { stdout, stderr } = this.#terminal;
    await (stderr.isTty ? stderr : stdout).write(text);
  }
}

/** Lines without their ends; a last one may have none. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let pending = "";
  for await (const chunk of chunks) {
    const lines = (pending + decoder.decode(chunk, { stream: true })).split("\n");
    pending = lines.pop() ?? "";
    yield* lines.map((line) => line.replace(/\r$/, ""));
  }
  if (pending !== "") yield pending;
}
