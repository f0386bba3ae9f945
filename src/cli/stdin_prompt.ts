import { joinBytes } from "../core/bytes.ts";
import { abortError, errnoOf, HermesError, throwIfAborted } from "../core/errors.ts";
import type { Clock, InputStream } from "../core/ports.ts";
import { usageError } from "./flags.ts";

/** How long a pipe beside a prompt argument may take for its first byte, in milliseconds. */
const pipePatienceMs = 1_000;

/** The longest text that is taken from stdin, in bytes. */
export const maxStdinBytes = 10 * 1024 * 1024;

export interface StdinPromptDeps {
  readonly stdin: InputStream;
  readonly clock: Clock;
}

/** The text of a turn's message, and what the user should know about how it was read. */
export interface PromptText {
  readonly text: string;
  readonly notices: readonly string[];
}

/**
 * The prompt of a one-shot run. Without an argument, or with `-`, it is stdin up to its end. Beside an argument, stdin
 * is context: a regular file is read to its end, a pipe only if it says something within a second, and a terminal,
 * `/dev/null` or a closed descriptor not at all.
 * @throws {HermesError} `usage/invalid` when there is no text, or too much of it
 */
export async function readPrompt(
  deps: StdinPromptDeps,
  argument: string | undefined,
  signal: AbortSignal,
): Promise<PromptText> {
  if (argument === undefined || argument === "-") return await promptFromStdin(deps, signal);
  requireText(argument, "pass the prompt in quotes: hermes -z 'list the files here'");
  const context = await contextFromStdin(deps, signal);
  const text =
    context.text === "" ? argument : `${argument}\n\n<stdin>\n${context.text.trimEnd()}\n</stdin>`;
  return { text, notices: context.notices };
}

/**
 * All of stdin as a prompt; `hint` says how to pass one.
 * @throws {HermesError} `usage/invalid` when there is no text, or too much of it
 */
export async function promptFromStdin(
  deps: Pick<StdinPromptDeps, "stdin">,
  signal: AbortSignal,
  hint = "pass a prompt, or pipe one in: hermes -z < prompt.txt",
): Promise<PromptText> {
  const { kind } = deps.stdin;
  if (kind === "tty" || kind === "null") {
    const source = kind === "tty" ? "a terminal" : "empty";
    throw usageError(`No prompt: there is no argument, and stdin is ${source}`, hint);
  }
  const prompt = decode(await readToEnd(deps.stdin.chunks(signal), signal));
  requireText(prompt.text, hint);
  return prompt;
}

function requireText(text: string, hint: string): void {
  if (text.trim() === "") throw usageError("The prompt is empty", hint);
}

async function contextFromStdin(deps: StdinPromptDeps, signal: AbortSignal): Promise<PromptText> {
  const { stdin } = deps;
  switch (stdin.kind) {
    case "tty":
    case "null":
      return { text: "", notices: [] };
    case "file":
      return decode(await readToEnd(stdin.chunks(signal), signal));
    case "pipe":
      return await contextFromPipe(deps, signal);
    default:
      return stdin.kind satisfies never;
  }
}

/** Many parents leave a pipe on stdin that they never write to or close; waiting for its end would hang. */
async function contextFromPipe(
  { stdin, clock }: StdinPromptDeps,
  signal: AbortSignal,
): Promise<PromptText> {
  const patience = new AbortController();
  const reading = new AbortController();
  const chunks = stdin.chunks(AbortSignal.any([signal, reading.signal]))[Symbol.asyncIterator]();
  const first = chunks.next();
  const silence = clock.sleep(pipePatienceMs, AbortSignal.any([signal, patience.signal]));
  // Whichever loses the race is ended below, and nobody hears how.
  silence.catch(() => undefined);
  first.catch(() => undefined);
  const winner = await Promise.race([first, silence.then(() => "silence" as const)])
    .catch((error: unknown) => {
      throw readFailure(error, signal);
    })
    .finally(() => patience.abort());
  if (winner === "silence") {
    reading.abort();
    const text =
      "Nothing came from stdin within 1 s: going on without it (< /dev/null avoids the wait)";
    return { text: "", notices: [text] };
  }
  if (winner.done === true) return { text: "", notices: [] };
  return decode(await readToEnd(prepend(winner.value, chunks), signal));
}

async function* prepend(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}

async function readToEnd(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > maxStdinBytes) {
        throw usageError(
          `The text on stdin is longer than ${maxStdinBytes / 1024 / 1024} MiB`,
          "write it to a file and name the file in the prompt",
        );
      }
      parts.push(chunk);
    }
  } catch (error) {
    throw readFailure(error, signal);
  }
  throwIfAborted(signal);
  return joinBytes(parts);
}

function readFailure(error: unknown, signal: AbortSignal): HermesError {
  if (signal.aborted) return abortError(signal);
  if (error instanceof HermesError) return error;
  return new HermesError(
    "file/unreadable",
    `Cannot read stdin: ${errnoOf(error) ?? String(error)}`,
    {
      cause: error,
      hint: "run with < /dev/null to go on without it",
    },
  );
}

/** UTF-8 as text; what is malformed is replaced, and said. NUL is replaced too: stores and servers cut text there. */
function decode(bytes: Uint8Array): PromptText {
  const notices: string[] = [];
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    text = new TextDecoder("utf-8").decode(bytes);
    notices.push("The text on stdin is not valid UTF-8: malformed bytes were replaced");
  }
  if (text.includes("\0")) {
    text = text.replaceAll("\0", "\uFFFD");
    notices.push("The text on stdin holds NUL bytes: they were replaced");
  }
  return { text, notices };
}
