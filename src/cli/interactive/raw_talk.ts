import type { Clock, Terminal } from "../../core/ports.ts";
import type { Style } from "../render/style.ts";
import { CallbackSlot } from "./callback_slot.ts";
import type { Completion } from "./completion.ts";
import { createSelectDialog, createTextDialog, type Dialog } from "./dialog.ts";
import { DialogSlot, type DialogOptions } from "./dialog_slot.ts";
import type { Drawing } from "./drawing.ts";
import { editKey, insertPaste } from "./editor.ts";
import { createEditor, withText, type EditorState } from "./editor_state.ts";
import { drawEditor } from "./editor_view.ts";
import { readKeyboard } from "./keyboard.ts";
import type { Key } from "./keys.ts";
import type { PickRequest } from "./pick.ts";
import { createPickDialog } from "./pick_dialog.ts";
import { pasteLabel, replaceMarks } from "./pastes.ts";
import { Screen } from "./screen.ts";
import type { Answered, ChoiceRequest, KeyHelp, Said, Talk, TypedMessage } from "./talk.ts";
import { fitWidth } from "./text_width.ts";
import { TypedAhead } from "./typed_ahead.ts";

export interface RawTalkDeps {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly style: Style;
  /** What Tab makes of a text; undefined where nothing fits. */
  complete(text: string, cursor: number): Promise<Completion | undefined>;
}

/** A session on a terminal that can be drawn on, with an editor for messages. */
export class RawTalk implements Talk, AsyncDisposable {
  readonly style: Style;
  readonly #deps: RawTalkDeps;
  readonly #screen: Screen;
  readonly #dialog: DialogSlot;
  readonly #closing = new AbortController();
  #keyboard: Promise<void> = Promise.resolve();
  #resizing: Disposable | undefined;
  #editor: EditorState;
  #candidates: readonly string[] = [];
  /** Sent while a turn ran. */
  readonly #ahead = new TypedAhead();
  /** To be said before the next message. */
  #asides: readonly string[] = [];
  #hasEnded = false;
  /** Whoever asked to leave while nobody was listening leaves when it is over. */
  #wantsToLeave = false;
  #reader: ((said: Said) => void) | undefined;
  #status: (() => string) | undefined;
  readonly #onInterrupt = new CallbackSlot();

  constructor(deps: RawTalkDeps, history: readonly string[]) {
    this.#deps = deps;
    this.style = deps.style;
    this.#screen = new Screen(deps.terminal);
    this.#dialog = new DialogSlot(deps.clock);
    this.#editor = createEditor(history);
  }

  /** Takes the terminal: keys are read from now on. */
  async open(): Promise<void> {
    this.#resizing = this.#deps.terminal.onResize(() => this.tick());
    await this.#takeScreen();
    this.#keyboard = readKeyboard(this.#deps, (key) => this.#press(key), this.#closing.signal).then(
      () => this.#end(),
    );
  }

  /** Gives the terminal back as it was. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#resizing?.[Symbol.dispose]();
    this.#closing.abort();
    await this.#keyboard;
    await this.#giveScreenBack();
  }

  async #takeScreen(): Promise<void> {
    await this.#screen.control(bracketedPasteOn);
    await this.#screen.setView((columns) => this.#draw(columns));
  }

  async #giveScreenBack(): Promise<void> {
    await this.#screen.setView(() => undefined);
    await this.#screen.freshLine();
    await this.#screen.control(bracketedPasteOff);
  }

  get columns(): number {
    return this.#screen.columns;
  }

  get keys(): readonly KeyHelp[] {
    return editorKeys;
  }

  say(text: string): Promise<void> {
    return this.#screen.say(text);
  }

  aside(text: string): void {
    this.#asides = [...this.#asides, text];
    // Whoever prints next hears of a terminal that cannot be written to.
    if (this.#reader) this.sayAsides().catch(() => undefined);
  }

  async sayAsides(): Promise<void> {
    const asides = this.#asides;
    this.#asides = [];
    for (const text of asides) await this.say(text);
  }

  answer(text: string): Promise<void> {
    return this.#screen.answer(text);
  }

  freshLine(): Promise<void> {
    return this.#screen.freshLine();
  }

  setStatus(status: (() => string) | undefined): void {
    this.#status = status;
    this.tick();
  }

  tick(): void {
    // Whoever prints next hears of a terminal that cannot be written to.
    this.#screen.refresh().catch(() => undefined);
  }

  async readMessage(): Promise<Said> {
    await this.sayAsides();
    const queued = this.#ahead.read();
    if (queued) {
      await this.#echo(queued);
      return { kind: "message", text: queued.text };
    }
    if (this.#hasEnded || this.#wantsToLeave) {
      this.#wantsToLeave = false;
      return { kind: "end-of-input" };
    }
    const said = await new Promise<Said>((resolve) => {
      this.#reader = resolve;
      this.tick();
    });
    this.#reader = undefined;
    this.tick();
    return said;
  }

  hasMessage(): boolean {
    return this.#ahead.waiting.length > 0 || this.#wantsToLeave;
  }

  onMessage(take: (message: TypedMessage) => boolean): Disposable {
    const listening = this.#ahead.listen(take);
    return {
      [Symbol.dispose]: () => {
        listening[Symbol.dispose]();
        this.tick();
      },
    };
  }

  delivered(message: TypedMessage): void {
    this.#ahead.delivered(message);
    this.tick();
  }

  putBack(text: string): void {
    const { text: written, cursor } = this.#editor;
    let editor = withText(this.#editor, "");
    for (const piece of [text, ...this.#ahead.takeBack().map((message) => message.text)]) {
      if (piece !== "") editor = insertPaste(separated(editor), piece);
    }
    const start = separated(editor).text;
    this.#editor =
      written === "" ? editor : withText(editor, start + written, start.length + cursor);
    // Whoever left now would lose it.
    if (this.#editor.text !== "") this.#wantsToLeave = false;
    this.tick();
  }

  choose(request: ChoiceRequest, signal: AbortSignal): Promise<Answered<number>> {
    const dialog = createSelectDialog(request, this.style);
    return this.#ask(dialog, { signal, isExpected: false });
  }

  pick(request: PickRequest, signal: AbortSignal): Promise<Answered<string>> {
    const dialog = createPickDialog(request, { style: this.style, onFound: () => this.tick() });
    return this.#ask(dialog, { signal, isExpected: true });
  }

  askText(
    signal: AbortSignal,
    { isExpected }: { readonly isExpected: boolean },
  ): Promise<Answered<string>> {
    return this.#ask(createTextDialog(this.style), { signal, isExpected });
  }

  onInterrupt(callback: () => void): Disposable {
    return this.#onInterrupt.put(callback);
  }

  interrupt(): void {
    this.#press(ctrlC);
  }

  async #ask<Value>(dialog: Dialog<Value>, options: DialogOptions): Promise<Answered<Value>> {
    if (this.#hasEnded) return { kind: "dismissed" };
    const answer = this.#dialog.ask(dialog, options);
    this.tick();
    try {
      return await answer;
    } finally {
      this.tick();
    }
  }

  #press(key: Key): void {
    const isCtrlC = key.type === "key" && key.name === "ctrl-c";
    if (!this.#dialog.press(key)) {
      if (isCtrlC && !this.#reader) this.#onInterrupt.call();
      else this.#edit(key);
    }
    this.tick();
  }

  #edit(key: Key): void {
    const before = this.#editor;
    const { state, effect } = editKey(before, key);
    // What is pressed after it takes it back.
    this.#wantsToLeave = false;
    this.#editor = state;
    this.#candidates = [];
    switch (effect?.type) {
      case "submit": {
        const shown = replaceMarks(before.text, before.pastes, pasteLabel);
        this.#editor = { ...state, history: [...state.history, effect.text] };
        this.#send({ text: effect.text, shown });
        return;
      }
      case "end-of-input":
        this.#wantsToLeave = this.#reader === undefined;
        this.#reader?.({ kind: effect.type });
        return;
      case "interrupt":
        this.#reader?.({ kind: effect.type });
        return;
      case "complete":
        void this.#complete();
        return;
      case "clear-screen":
        this.#screen.clear().catch(() => undefined);
        return;
      case "suspend":
        void this.#suspend();
        return;
      case "bell":
        this.#screen.control("\x07").catch(() => undefined);
        break;
      case undefined:
        break;
      default:
        effect satisfies never;
    }
  }

  #send(message: TypedMessage): void {
    const reader = this.#reader;
    if (!reader) {
      this.#ahead.send(message);
      return;
    }
    this.#reader = undefined;
    void this.#echo(message).then(
      () => reader({ kind: "message", text: message.text }),
      () => reader({ kind: "end-of-input" }),
    );
  }

  #echo({ shown }: TypedMessage): Promise<void> {
    return this.say(this.style.bold("> ") + shown.replaceAll("\n", "\n  "));
  }

  async #complete(): Promise<void> {
    const before = this.#editor;
    const completion = await this.#deps.complete(before.text, before.cursor).catch(() => undefined);
    // What was typed meanwhile is worth more.
    if (!completion || this.#editor !== before) return;
    this.#editor = withText(before, completion.text, completion.cursor);
    this.#candidates = completion.candidates;
    this.tick();
  }

  async #suspend(): Promise<void> {
    try {
      await this.#giveScreenBack();
      await this.#deps.terminal.suspend();
      await this.#takeScreen();
    } catch {
      // Whoever prints next hears of a terminal that cannot be written to.
    }
  }

  /** The terminal went away. */
  #end(): void {
    this.#hasEnded = true;
    this.#dialog.dismiss();
    this.#reader?.({ kind: "end-of-input" });
  }

  #draw(columns: number): Drawing | undefined {
    const dialog = this.#dialog.draw(columns);
    if (dialog) return dialog;
    const { dim, bold } = this.style;
    if (this.#reader) {
      const editor = drawEditor(this.#editor, { columns, prompt: bold("> "), promptWidth: 2, dim });
      const hint = this.#candidates.join("  ");
      return hint === ""
        ? editor
        : { ...editor, rows: [...editor.rows, dim(fitWidth(hint, columns - 1))] };
    }
    const leaving = this.#wantsToLeave ? [fitWidth(leavesText, columns - 1)] : [];
    const typed = [...this.#drawTyped(columns), ...leaving].map(dim);
    const status = this.#status ? [dim(fitWidth(this.#status(), columns - 1))] : [];
    return { rows: [...status, ...typed], below: typed.slice(-mostBelow) };
  }

  /** What waits and what is being typed, a row each. */
  #drawTyped(columns: number): readonly string[] {
    const { text, pastes } = this.#editor;
    const typed = [
      ...this.#ahead.waiting.map((message) => ({
        shown: message.shown,
        mark: this.#ahead.isSteering(message) ? steersMark : "",
      })),
      { shown: replaceMarks(text, pastes, pasteLabel), mark: "" },
    ];
    return typed
      .filter(({ shown }) => shown !== "")
      .map(({ shown, mark }) => {
        const line = fitWidth(`> ${shown.replaceAll("\n", " ")}`, columns - 1 - mark.length);
        return `${line}${mark}`;
      });
  }
}

/** Rows below a line that is being written: a window that is lower than they are would lose the place in it. */
const mostBelow = 3;

const editorKeys: readonly KeyHelp[] = [
  ["@path", "attaches a file: text, or a PNG, JPEG, GIF or WebP image"],
  ["Alt-Enter, \\ and Enter", "another line"],
  ["Enter while a turn runs", "says it to the turn: /queue TEXT and commands wait for its end"],
  ["Up, Ctrl-R", "what was sent before"],
  ["Tab", "completes commands and paths"],
  ["Ctrl-C", "clears the line, interrupts a turn; twice: leaves"],
  ["Ctrl-D", "leaves"],
];

const bracketedPasteOn = "\x1b[?2004h";
const bracketedPasteOff = "\x1b[?2004l";

/** What is told of a Ctrl-D that waits. */
const leavesText = "leaves when this is over, any key takes it back";

/** Behind a message that is said to the turn that runs. */
const steersMark = "  → steers the turn";

const ctrlC: Key = { type: "key", name: "ctrl-c" };

function separated(editor: EditorState): EditorState {
  return editor.text === "" ? editor : withText(editor, `${editor.text}\n`);
}
