import { HermesError } from "../core/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../core/json.ts";
import type { Clock } from "../core/ports.ts";
import { createSseParser, type SseMessage } from "../wire/sse.ts";
import { isPage, plainText } from "./failure_body.ts";

/** One thing that an endpoint said in an answer with status 200. */
export type Frame =
  | { readonly kind: "event"; readonly name: string; readonly data: JsonObject }
  /** The sentinel `[DONE]`. */
  | { readonly kind: "done" }
  /** The whole answer at once, from a server that does not stream. */
  | { readonly kind: "whole"; readonly body: JsonObject }
  /** Nothing but a sign of life. */
  | { readonly kind: "alive" };

/** Characters of an answer that is not a stream. */
const maxWholeChars = 64 * 1024 * 1024;
/** Characters of a strange answer that are shown. */
const maxShown = 80;

/** Where an answer comes from. */
export interface FrameSource {
  /** For messages. */
  readonly url: string;
  readonly signal: AbortSignal;
  /** Told of each piece of the body, by its length. */
  readonly onBytes?: (count: number) => void;
}

/**
 * Reads the body of an answer. What it is shows its first character, which is more reliable than the content type: no
 * line of an event stream begins with `{`, `[` or `<`.
 * @throws {HermesError} `stream/invalid` for a page, for text, and for broken JSON
 */
export async function* readFrames(
  response: Response,
  { url, signal, onBytes }: FrameSource,
): AsyncGenerator<Frame, void> {
  const contentType = response.headers.get("content-type") ?? "no content type";
  const answer: Answer = { url, contentType };
  const decoder = new TextDecoder();
  const head: Uint8Array[] = [];
  const chunks = bodyChunks(response, signal, onBytes);
  try {
    let first = "";
    while (first === "") {
      const { done, value } = await chunks.next();
      if (done) break;
      head.push(value);
      first = decoder.decode(value, { stream: true }).trimStart().charAt(0);
    }
    if ("[{<".includes(first) && first !== "")
      yield readWhole(await readText(head, chunks), answer);
    else yield* readStream(head, chunks, answer);
  } finally {
    await chunks.return();
  }
}

/** Characters of a refusal's body that are read. */
const maxRefusalChars = 1024 * 1024;

/** How long the body of a refusal is read, in milliseconds: its status has said the most. */
const maxRefusalMs = 5_000;

/** The text of a refusal's body, as much of it as comes: a body that breaks off or never ends takes nothing from its status. */
export async function readRefusal(
  response: Response,
  clock: Pick<Clock, "sleep">,
  signal: AbortSignal,
): Promise<string> {
  const late = new AbortController();
  const isRead = new AbortController();
  void clock.sleep(maxRefusalMs, isRead.signal).then(
    () => late.abort(),
    () => {},
  );
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of bodyChunks(response, AbortSignal.any([signal, late.signal]))) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > maxRefusalChars) break;
    }
  } catch {
    // What came before it broke is all that there is.
  } finally {
    isRead.abort();
  }
  return (text + decoder.decode()).slice(0, maxRefusalChars);
}

/** The text of a body, up to `maxChars`. */
export function readBody(
  response: Response,
  maxChars: number,
  signal: AbortSignal,
): Promise<string> {
  return readText([], bodyChunks(response, signal), maxChars);
}

interface Answer {
  readonly url: string;
  readonly contentType: string;
}

async function* readStream(
  head: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
  answer: Answer,
): AsyncGenerator<Frame, void> {
  const parser = createSseParser();
  let messages = 0;
  function* framesOf(parsed: readonly SseMessage[]): Generator<Frame, void> {
    for (const message of parsed) {
      if (message.kind === "message") messages++;
      const frame = frameOf(message, answer);
      if (frame !== undefined) yield frame;
    }
  }
  for (const chunk of head) yield* framesOf(parser.push(chunk));
  for await (const chunk of rest) yield* framesOf(parser.push(chunk));
  yield* framesOf(parser.end());
  if (messages === 0 && head.length > 0 && !answer.contentType.includes("event-stream")) {
    throw invalid(answer, decode(head));
  }
}

function frameOf(message: SseMessage, answer: Answer): Frame | undefined {
  if (message.kind === "alive") return message;
  if (message.data.trim() === "[DONE]") return { kind: "done" };
  const data = parseJson(message.data);
  if (isJsonObject(data)) return { kind: "event", name: message.event, data };
  // Half a message at the end says that the stream was cut, which its reader finds out from what is missing.
  if (message.isCut || data !== undefined) return undefined;
  throw new HermesError(
    "stream/invalid",
    `Event that is no JSON in the answer of ${answer.url}: ${excerpt(message.data)}`,
    { retryable: true },
  );
}

function readWhole(text: string, answer: Answer): Frame {
  const body = parseJson(text.replace(/^\uFEFF/, ""));
  if (isJsonObject(body)) return { kind: "whole", body };
  throw invalid(answer, text);
}

function invalid({ url, contentType }: Answer, text: string): HermesError {
  return new HermesError(
    "stream/invalid",
    `Expected an event stream from ${url}, got ${contentType}: ${excerpt(text)}`,
    isPage(text)
      ? { hint: "check the address: hermes config set model.base_url URL" }
      : { retryable: true },
  );
}

function excerpt(text: string): string {
  const shown = plainText(text.slice(0, 20_000));
  return shown.length > maxShown ? `${Array.from(shown).slice(0, maxShown).join("")}...` : shown;
}

function decode(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
}

async function readText(
  head: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
  maxChars: number = maxWholeChars,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = head.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
  for await (const chunk of rest) {
    if (text.length > maxChars) return text.slice(0, maxChars);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The body's bytes. The connection is given up when the signal aborts and when the iteration ends early. */
async function* bodyChunks(
  response: Response,
  signal: AbortSignal,
  onBytes?: (count: number) => void,
): AsyncGenerator<Uint8Array, void> {
  const body: ReadableStream<Uint8Array> | null = response.body;
  if (body === null) return;
  const reader = body.getReader();
  // Why it is given up is known to the one who does it, and a body that has failed already has nothing to cancel.
  const cancel = (): Promise<void> => reader.cancel().catch(() => {});
  const onAbort = (): void => void cancel();
  signal.addEventListener("abort", onAbort, { once: true });
  let isRead = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      isRead = done;
      if (done) return;
      onBytes?.(value.length);
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (!isRead) await cancel();
  }
}
