import type { ModelEvent } from "../../core/event.ts";
import type { ModelItem } from "../../core/item.ts";
import type { DecoderContext } from "../decoder.ts";
import { reasoningReplay } from "./replay.ts";
import { createThinkSplitter, type Segment } from "../think_tags.ts";

/** What is being said: text or reasoning, one at a time. */
interface Open {
  readonly channel: "text" | "reasoning";
  readonly id: string;
  text: string;
  /** Reasoning from a field of its own goes back to endpoints that want it; what stood in tags does not. */
  readonly isField: boolean;
}

/** Text and reasoning of an answer, each piece in an item of its own, in the order they came. */
export class Said {
  readonly #context: DecoderContext;
  readonly #splitter = createThinkSplitter();
  #open: Open | undefined;
  #text = "";
  #hasLeak = false;

  constructor(context: DecoderContext) {
    this.#context = context;
  }

  /** All text for the user so far. */
  get text(): string {
    return this.#text;
  }

  /** Whether a tool call was written as text, and taken out of it. */
  get hasLeak(): boolean {
    return this.#hasLeak;
  }

  /** Content as it came, perhaps with reasoning between tags. */
  *pushContent(delta: string): Generator<ModelEvent> {
    for (const segment of this.#splitter.push(delta)) yield* this.#take(segment);
  }

  /** Reasoning that came in a field of its own. */
  *pushReasoning(delta: string): Generator<ModelEvent> {
    yield* this.#say("reasoning", delta, true);
  }

  /** A call begins: what was thought before it is complete. */
  *endReasoning(): Generator<ModelEvent> {
    if (this.#open?.channel === "reasoning") yield* this.#close();
  }

  *end(): Generator<ModelEvent> {
    for (const segment of this.#splitter.end()) yield* this.#take(segment);
    yield* this.#close();
  }

  *#take(segment: Segment): Generator<ModelEvent> {
    if (segment.channel === "leak") this.#hasLeak = true;
    else if (segment.endsPrefilled) yield* this.#turnIntoReasoning();
    else yield* this.#say(segment.channel, segment.text, false);
  }

  *#say(channel: Open["channel"], delta: string, isField: boolean): Generator<ModelEvent> {
    const isNew = this.#open?.channel !== channel || this.#open.isField !== isField;
    // Blank lines before an item are not part of it, and no reason to begin one.
    if (isNew && delta.trim() === "") return;
    if (isNew) yield* this.#close();
    if (this.#open === undefined) {
      this.#open = { channel, id: this.#context.newId(), text: "", isField };
      yield { type: "item-start", item: this.#itemOf(this.#open) };
    }
    const open = this.#open;
    open.text += delta;
    if (channel === "text") this.#text += delta;
    yield { type: "item-delta", itemId: open.id, channel, delta };
  }

  /** Text that was shown turns out to be reasoning. */
  *#turnIntoReasoning(): Generator<ModelEvent> {
    const open = this.#open;
    if (open?.channel !== "text") return;
    yield { type: "item-reset", itemIds: [open.id] };
    this.#open = undefined;
    this.#text = "";
    yield* this.#say("reasoning", open.text, false);
  }

  *#close(): Generator<ModelEvent> {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) yield { type: "item-end", item: this.#itemOf(open) };
  }

  #itemOf({ id, channel, text, isField }: Open): ModelItem {
    if (channel === "text") return { type: "assistant-message", id, text };
    const goesBack = isField && text !== "" && this.#context.dialect.reasoningContent !== "none";
    return {
      type: "reasoning",
      id,
      text: text.trim(),
      ...(goesBack && { replay: reasoningReplay(this.#context, text) }),
    };
  }
}
