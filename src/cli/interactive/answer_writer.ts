import { createMarkdownStream, type MarkdownStream } from "../render/markdown.ts";
import type { Talk } from "./talk.ts";

/** A message of the model that is being written. */
interface OpenMessage {
  readonly id: string;
  readonly markdown: MarkdownStream;
  /** What was written of it. */
  readonly text: string;
}

/** Writes the messages of a turn, each as it comes, one after the other. */
export class AnswerWriter {
  readonly #talk: Talk;
  #message: OpenMessage | undefined;
  #hasWritten = false;

  constructor(talk: Talk) {
    this.#talk = talk;
  }

  /** Whether anything of any message was written. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** Whether this message is open and something of it was written. */
  isShowing(id: string): boolean {
    return this.#message?.id === id && this.#message.text.trim() !== "";
  }

  /** Writes the next part of a message; `separate` is called before the first one, when there is something to see. */
  async write(id: string, delta: string, separate: () => Promise<void>): Promise<void> {
    if (this.#message?.id !== id) await this.end();
    const message = this.#message ?? { id, markdown: openMarkdown(this.#talk), text: "" };
    // Blank lines at the beginning say nothing.
    const isFirst = message.text.trim() === "";
    const text = isFirst ? delta.trimStart() : delta;
    this.#message = { ...message, text: message.text + delta };
    if (text === "") return;
    if (isFirst) await separate();
    this.#hasWritten = true;
    await this.#talk.answer(message.markdown.push(text));
  }

  /** Writes what is missing of a whole message, and ends it. */
  async finish(id: string, text: string, separate: () => Promise<void>): Promise<void> {
    const written = this.#message?.id === id ? this.#message.text : "";
    // What was shown on the way may be a part of it, or nothing.
    if (text.startsWith(written)) await this.write(id, text.slice(written.length), separate);
    await this.end();
  }

  /** Ends the message that is open. */
  async end(): Promise<void> {
    if (this.#message) await this.#talk.answer(this.#message.markdown.end());
    this.#message = undefined;
    await this.#talk.freshLine();
  }
}

/** Markdown for the person's terminal. */
export function openMarkdown({ style, columns }: Pick<Talk, "style" | "columns">): MarkdownStream {
  return createMarkdownStream(style, { isPlain: style.bold("x") === "x", columns });
}
