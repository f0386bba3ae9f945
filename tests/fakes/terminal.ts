import type { InputStream, OutputStream, Terminal } from "../../src/core/ports.ts";
import { AsyncQueue } from "../../src/core/async_queue.ts";

export interface FakeTerminalOptions {
  /** What stdin is; `null` where absent. */
  readonly stdin?: InputStream["kind"];
  /** What stdin holds. */
  readonly input?: readonly (string | Uint8Array)[];
  /** Whether stdin stays open behind `input`, as a pipe that nobody closes does; a TTY has then what is typed. */
  readonly keepsOpen?: boolean;
  /** Cells of a line: stdout and stderr are terminals. Pipes where absent. */
  readonly columns?: number;
}

/** An output whose text is kept. */
export interface FakeOutput extends OutputStream {
  /** All that was written. */
  text(): string;
  /** The reader goes away. */
  close(): void;
}

/** A terminal without a screen: what is typed comes from the test, what is written is kept. */
export interface FakeTerminal extends Terminal {
  readonly stdout: FakeOutput;
  readonly stderr: FakeOutput;
  /** stdout and stderr in the order in which they were written: what a person sees. */
  screen(): string;
  /** Text as the keyboard sends it: `\r` for Enter, `\x1b[A` for the up arrow. */
  type(text: string): void;
  /** The terminal goes away. */
  hangUp(): void;
  /** How often the process was stopped. */
  suspended(): number;
  /** Whether somebody reads raw keys. */
  isRaw(): boolean;
  /** Whether stdout was reserved. */
  isReserved(): boolean;
  resize(columns: number): void;
  /** Resolves as soon as the screen holds `text` behind what an earlier call found. */
  untilShown(text: string): Promise<void>;
}

/** A fake terminal; see `FakeTerminalOptions` for what it looks like from inside. */
export function createFakeTerminal(options: FakeTerminalOptions = {}): FakeTerminal {
  let columns = options.columns;
  let readers = 0;
  let suspended = 0;
  let isReserved = false;
  let screen = "";
  let seen = 0;
  const typed = new AsyncQueue<string>();
  const typedValues = typed[Symbol.asyncIterator]();
  // Shared by all readers: what one of them did not wait for any longer is for the next.
  let nextTyped: Promise<IteratorResult<string, void>> | undefined;
  const resized = new Set<() => void>();
  const watchers = new Set<() => void>();

  const output = (): FakeOutput => {
    let text = "";
    let isClosed = false;
    return {
      isTty: options.columns !== undefined,
      columns: () => columns,
      isClosed: () => isClosed,
      text: () => text,
      close() {
        isClosed = true;
      },
      write(addition) {
        if (isClosed) return Promise.resolve();
        text += addition;
        screen += addition;
        for (const check of watchers) check();
        return Promise.resolve();
      },
    };
  };

  async function* keys(signal: AbortSignal): AsyncGenerator<string, void> {
    readers++;
    const aborted = new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    try {
      while (true) {
        nextTyped ??= typedValues.next();
        const next = await Promise.race([nextTyped, aborted]);
        if (next === undefined) return;
        nextTyped = undefined;
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      readers--;
    }
  }

  return {
    stdin: fakeInput(options, keys),
    stdout: output(),
    stderr: output(),
    screen: () => screen,
    type: (text) => typed.push(text),
    hangUp: () => typed.end(),
    isRaw: () => readers > 0,
    isReserved: () => isReserved,
    reserveStdout() {
      isReserved = true;
    },
    suspended: () => suspended,
    suspend() {
      suspended++;
      return Promise.resolve();
    },
    resize(next) {
      columns = next;
      for (const callback of resized) callback();
    },
    onResize(callback) {
      resized.add(callback);
      return {
        [Symbol.dispose]() {
          resized.delete(callback);
        },
      };
    },
    keys,
    untilShown(text) {
      return new Promise((resolve) => {
        const check = (): void => {
          const at = screen.indexOf(text, seen);
          if (at < 0) return;
          seen = at + text.length;
          watchers.delete(check);
          resolve();
        };
        watchers.add(check);
        check();
      });
    },
  };
}

function fakeInput(
  { stdin = "null", input = [], keepsOpen = false }: FakeTerminalOptions,
  keys: Terminal["keys"],
): InputStream {
  return {
    kind: stdin,
    async *chunks(signal) {
      for (const chunk of input) {
        signal?.throwIfAborted();
        yield typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
      }
      if (!keepsOpen) return;
      if (stdin === "tty") {
        const never = new AbortController().signal;
        for await (const typed of keys(signal ?? never)) yield new TextEncoder().encode(typed);
        return;
      }
      await new Promise((_, reject) => {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors
        const fail = (): void => reject(signal?.reason);
        if (signal?.aborted) fail();
        signal?.addEventListener("abort", fail, { once: true });
      });
    },
  };
}
