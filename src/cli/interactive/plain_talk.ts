import { throwIfAborted } from "../../core/errors.ts";
import type { Terminal } from "../../core/ports.ts";
import { abortable } from "../../wire/abortable.ts";
import type { Style } from "../render/style.ts";
import { CallbackSlot } from "./callback_slot.ts";
import { asksForLine } from "./editor.ts";
import { filterRows, mergeRows, type PickRequest } from "./pick.ts";
import type { Answered, ChoiceRequest, KeyHelp, Said, Talk, TypedMessage } from "./talk.ts";
import { TypedAhead } from "./typed_ahead.ts";

/** Rows that are printed at once. */
const pickedFrom = 20;

const messagePrompt = "> ";
/** Where another line of a message is written. */
const linePrompt = ". ";

const lineKeys: readonly KeyHelp[] = [
  ["@path", "attaches a file: text, or a PNG, JPEG, GIF or WebP image"],
  ["\\ and Enter", "another line"],
  ["Enter while a turn runs", "says it to the turn: /queue TEXT and commands wait for its end"],
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
  #reading: Promise<void> = Promise.resolve();
  #hasEnded = false;
  /** The lines so far of a message that goes on. */
  #written = "";
  /** Sent while none was read. */
  readonly #ahead = new TypedAhead();
  #reader: ((said: Said) => void) | undefined;
  /** Lines for the question that is open. */
  #answers: readonly string[] | undefined;
  /** Wakes who waits for such a line: there is one, there will be none, or Ctrl-C. */
  #wake: ((reason: "lines" | "interrupt") => void) | undefined;
  #isMidLine = false;
  /** To be said before the next message: what is being typed cannot be drawn again. */
  #asides: readonly string[] = [];
  readonly #onInterrupt = new CallbackSlot();

  constructor(terminal: Terminal, style: Style) {
    this.#terminal = terminal;
    this.style = style;
  }

  /** Lines are read from now on, also while nobody waits for one. */
  open(): Promise<void> {
    this.#reading = this.#read();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#reading;
  }

  /** In one piece: a line that was typed is answered while others write. */
  async say(text: string): Promise<void> {
    const start = this.#isMidLine ? "\n" : "";
    this.#isMidLine = false;
    await this.#talk(`${start}${text}\n`);
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
    const isMidLine = this.#isMidLine;
    this.#isMidLine = false;
    if (isMidLine) await this.#talk("\n");
  }

  /** Nothing that changes is shown. */
  setStatus(): void {}

  /** Nothing that changes is shown. */
  tick(): void {}

  async readMessage(): Promise<Said> {
    await this.sayAsides();
    const queued = this.#ahead.read();
    if (queued) {
      await this.say(`> ${queued.shown.replaceAll("\n", "\n  ")}`);
      return { kind: "message", text: queued.text };
    }
    const said = new Promise<Said>((resolve) => {
      this.#reader = resolve;
    });
    await this.#talk(this.#written === "" ? messagePrompt : linePrompt);
    if (this.#hasEnded) this.#tell({ kind: "end-of-input" });
    const heard = await said;
    if (heard.kind !== "message") await this.#talk("\n");
    return heard;
  }

  hasMessage(): boolean {
    return this.#ahead.waiting.length > 0;
  }

  onMessage(take: (message: TypedMessage) => boolean): Disposable {
    return this.#ahead.listen(take);
  }

  delivered(message: TypedMessage): void {
    this.#ahead.delivered(message);
  }

  /** What was typed is still to be seen above, and cannot be changed there: it is told what of it is not sent. */
  putBack(): void {
    for (const { shown } of this.#ahead.takeBack())
      this.aside(`not sent: ${shown.replaceAll("\n", "\n  ")}`);
  }

  async choose({ choices, footer }: ChoiceRequest, signal: AbortSignal): Promise<Answered<number>> {
    using _ = this.#openQuestion();
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
    using _ = this.#openQuestion();
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
    using _ = this.#openQuestion();
    await this.#talk("? ");
    return await this.#readLine(signal);
  }

  onInterrupt(callback: () => void): Disposable {
    return this.#onInterrupt.put(callback);
  }

  interrupt(): void {
    if (this.#wake) this.#wake("interrupt");
    else if (this.#reader) {
      this.#written = "";
      this.#tell({ kind: "interrupt" });
    } else this.#onInterrupt.call();
  }

  async #read(): Promise<void> {
    try {
      for await (const line of linesOf(this.#terminal.stdin.chunks(this.#closing.signal))) {
        this.#take(line);
      }
    } catch {
      // A terminal that went away is one that says nothing more.
    }
    this.#hasEnded = true;
    this.#wake?.("lines");
    this.#tell({ kind: "end-of-input" });
  }

  /** A line is for the question that is open, else of a message. */
  #take(line: string): void {
    if (this.#answers) {
      this.#answers = [...this.#answers, line];
      this.#wake?.("lines");
      return;
    }
    const text = this.#written + line;
    if (asksForLine(text)) {
      this.#written = `${text.slice(0, -1)}\n`;
      if (this.#reader) this.#answerLine(linePrompt);
      return;
    }
    this.#written = "";
    if (text.trim() !== "") this.#send({ text, shown: text });
    else if (this.#reader) this.#answerLine(messagePrompt);
  }

  #send(message: TypedMessage): void {
    if (this.#reader) {
      this.#tell({ kind: "message", text: message.text });
      return;
    }
    const isTaken = this.#ahead.send(message);
    if (isTaken === undefined) return;
    const told = isTaken ? "-> steers the turn" : "-> waits for the end of the turn";
    // Whoever prints next hears of a terminal that cannot be written to.
    this.say(told).catch(() => undefined);
  }

  #tell(said: Said): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.(said);
  }

  #answerLine(prompt: string): void {
    // Whoever prints next hears of a terminal that cannot be written to.
    this.#talk(prompt).catch(() => undefined);
  }

  /** Lines are answers until it is disposed; those that nobody took are of a message then. */
  #openQuestion(): Disposable {
    this.#answers = [];
    return {
      [Symbol.dispose]: () => {
        const left = this.#answers ?? [];
        this.#answers = undefined;
        for (const line of left) this.#take(line);
      },
    };
  }

  /** The next line for the question that is open. */
  async #readLine(signal: AbortSignal): Promise<Answered<string>> {
    while (true) {
      throwIfAborted(signal);
      const [line, ...rest] = this.#answers ?? [];
      if (line !== undefined) {
        this.#answers = rest;
        return { kind: "answer", value: line };
      }
      if (this.#hasEnded) return { kind: "dismissed" };
      const woken = new Promise<"lines" | "interrupt">((resolve) => {
        this.#wake = resolve;
      });
      try {
        if ((await abortable(() => woken, signal)) === "lines") continue;
      } finally {
        this.#wake = undefined;
      }
      await this.#talk("\n");
      return { kind: "interrupted" };
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
