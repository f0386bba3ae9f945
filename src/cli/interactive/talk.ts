import type { Style } from "../render/style.ts";
import type { PickRequest } from "./pick.ts";
import type { Choice } from "./select.ts";

/** What a person said at the prompt. */
export type Said =
  | { readonly kind: "message"; readonly text: string }
  /** Ctrl-C with nothing written. */
  | { readonly kind: "interrupt" }
  /** Ctrl-D with nothing written, or the terminal went away. */
  | { readonly kind: "end-of-input" };

/** A message as it is sent and as it was seen when it was written. */
export interface TypedMessage {
  readonly text: string;
  readonly shown: string;
}

/** Something that can be typed, and what it does. */
export type KeyHelp = readonly [keys: string, summary: string];

/** An answer to a question. */
export type Answered<Value> =
  | { readonly kind: "answer"; readonly value: Value }
  /** Left without an answer: Escape, Ctrl-D, or the end of the input. */
  | { readonly kind: "dismissed" }
  /** Ctrl-C. */
  | { readonly kind: "interrupted" };

export interface ChoiceRequest {
  readonly choices: readonly Choice[];
  /** Where the pointer stands first. */
  readonly initial?: number;
  /** Below the choices; made anew for each drawing. */
  readonly footer?: () => string;
}

/** How a session talks with its person: at a terminal that can be drawn on, or line by line. */
export interface Talk {
  readonly style: Style;
  /** Cells of a line. */
  readonly columns: number;
  /** What can be typed besides commands. */
  readonly keys: readonly KeyHelp[];
  /** Prints lines that are no answer of the model. */
  say(text: string): Promise<void>;
  /** Prints lines between messages: at once where one is being written, else before the next one. */
  aside(text: string): void;
  /** Prints now what waits for the next message. */
  sayAsides(): Promise<void>;
  /** Prints a part of an answer. */
  answer(text: string): Promise<void>;
  /** Ends a line that an answer left open. */
  freshLine(): Promise<void>;
  /** What is shown below everything while something runs, made anew for each drawing; undefined: nothing. */
  setStatus(status: (() => string) | undefined): void;
  /** Draws again what changes with time. */
  tick(): void;
  /** The next message; one that was typed ahead is there at once. */
  readMessage(): Promise<Said>;
  /** Whether a message was typed ahead, or a wish to leave: the next `readMessage` does not wait. */
  hasMessage(): boolean;
  /**
   * Tells of each message that is sent while none is read. What is taken on (`true`) is shown as said to the turn until
   * it is `delivered`; when the call is disposed, it waits to be read like the others.
   */
  onMessage(take: (message: TypedMessage) => boolean): Disposable;
  /** A message that was taken on has reached the turn: it is not read any more. */
  delivered(message: TypedMessage): void;
  /** Puts text back where messages are written, with what was typed ahead; nothing of it is sent by itself. */
  putBack(text: string): void;
  /** @throws the signal's reason when it aborts */
  choose(request: ChoiceRequest, signal: AbortSignal): Promise<Answered<number>>;
  /** One of many, with a search; the answer is its key. @throws the signal's reason when it aborts */
  pick(request: PickRequest, signal: AbortSignal): Promise<Answered<string>>;
  /** Free text. `isExpected`: the person has just asked to write it. @throws the signal's reason when it aborts */
  askText(
    signal: AbortSignal,
    options: { readonly isExpected: boolean },
  ): Promise<Answered<string>>;
  /** Calls back for Ctrl-C while no message is read and no question is open. */
  onInterrupt(callback: () => void): Disposable;
  /** Ctrl-C, as a signal that was sent to the process. */
  interrupt(): void;
}
