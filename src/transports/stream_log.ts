import { counted } from "../core/counted.ts";
import type { HermesError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import type { Frame } from "./frames.ts";

/** Headers that a provider's support asks for: OpenAI and most others, Anthropic, Cloudflare. */
const idHeaders = ["x-request-id", "request-id", "cf-ray"] as const;
/** An id has no blank; what has one, or is longer, is none. */
const idPattern = /^[\w.:-]{1,80}$/;

/** What came of an answer, for the one line that tells how far it got. Holds no word of the answer. */
export class StreamLog {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #startedAt: number;
  #answer: { readonly status: number; readonly afterMs: number; readonly ids: string } | undefined;
  #bytes = 0;
  #events = 0;
  #last = "";

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
  }

  noteAnswer({ status, headers }: Response): void {
    const ids = idHeaders.flatMap((name) => {
      const id = headers.get(name) ?? "";
      return idPattern.test(id) ? [`${name} ${id}`] : [];
    });
    this.#answer = { status, afterMs: this.#elapsedMs(), ids: ids.join(", ") };
  }

  noteBytes(count: number): void {
    this.#bytes += count;
  }

  noteFrame(frame: Frame): void {
    if (frame.kind === "alive") return;
    this.#events++;
    this.#last = nameOf(frame);
  }

  /** `HTTP 200 after 0.4 s; 12 events, 3480 bytes in 2.1 s; last: response.output_text.delta; x-request-id req_1`. */
  line(): string {
    if (this.#answer === undefined) return `no answer within ${seconds(this.#elapsedMs())}`;
    const { status, afterMs, ids } = this.#answer;
    const got = `${counted(this.#events, "event")}, ${counted(this.#bytes, "byte")} in ${seconds(this.#elapsedMs())}`;
    return [
      `HTTP ${status} after ${seconds(afterMs)}`,
      got,
      ...(this.#last === "" ? [] : [`last: ${this.#last}`]),
      ...(ids === "" ? [] : [ids]),
    ].join("; ");
  }

  /** Tells the line with a failure of this answer; returns the failure. */
  explain(error: HermesError): HermesError {
    return error.explain(this.line());
  }

  #elapsedMs(): number {
    return this.#clock.monotonic() - this.#startedAt;
  }
}

/** The type of an event; chunks of chat completions name none, and what they hold is no matter of ours. */
function nameOf(frame: Frame): string {
  switch (frame.kind) {
    case "event": {
      const { type, object } = frame.data;
      const told = [frame.name, type, object].find(
        (name) => typeof name === "string" && name !== "",
      );
      return typeof told === "string" && /^[\w.-]{1,60}$/.test(told) ? told : "an event";
    }
    case "done":
      return "[DONE]";
    case "whole":
      return "a whole answer";
    case "alive":
      return "a comment";
    default:
      return frame satisfies never;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
