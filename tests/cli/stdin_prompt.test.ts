import { expect, test } from "bun:test";
import { maxStdinBytes, readPrompt } from "../../src/cli/stdin_prompt.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { InputStream } from "../../src/core/ports.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createFakeTerminal } from "../fakes/terminal.ts";

/** stdin of that kind; a pipe that nobody closes where `keepsOpen`. */
function fakeInput(
  kind: InputStream["kind"],
  input: readonly (string | Uint8Array)[] = [],
  keepsOpen = false,
): InputStream {
  return createFakeTerminal({ stdin: kind, input, keepsOpen }).stdin;
}

const live = new AbortController().signal;

function read(
  argument: string | undefined,
  stdin: InputStream,
): Promise<{ readonly text: string; readonly notices: readonly string[] }> {
  return readPrompt({ stdin, clock: createFakeClock() }, argument, live);
}

async function failureOf(promise: Promise<unknown>): Promise<readonly [string, string]> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HermesError)) throw new Error(`no failure: ${String(error)}`);
  return [error.code, error.message];
}

const context = "ask\n\n<stdin>\nbody\n</stdin>";

test.each<readonly [string, string | undefined, InputStream, string]>([
  ["an argument beside a terminal", "ask", fakeInput("tty", [], true), "ask"],
  ["an argument beside /dev/null", "ask", fakeInput("null", [], true), "ask"],
  ["an argument beside a file", "ask", fakeInput("file", ["bo", "dy\n"]), context],
  ["an argument beside an empty file", "ask", fakeInput("file"), "ask"],
  ["an argument beside a pipe that says something", "ask", fakeInput("pipe", ["body"]), context],
  ["an argument beside a pipe that closes", "ask", fakeInput("pipe"), "ask"],
  ["no argument and a file", undefined, fakeInput("file", ["body\n"]), "body\n"],
  ["no argument and a pipe", undefined, fakeInput("pipe", ["bo", "dy"]), "body"],
  ["a dash and a pipe", "-", fakeInput("pipe", ["body"]), "body"],
  ["a dash and a file", "-", fakeInput("file", ["body"]), "body"],
])("readPrompt() with %s", async (_, argument, stdin, text) => {
  expect(await read(argument, stdin)).toEqual({ text, notices: [] });
});

test("readPrompt() gives a silent pipe one second, and says so", async () => {
  const clock = createFakeClock();
  const stdin = fakeInput("pipe", [], true);
  const reading = readPrompt({ stdin, clock }, "ask", live);
  await clock.untilSleeping();
  await clock.advance(999);
  let isDone = false;
  void reading.then(() => (isDone = true));
  await clock.advance(0);
  expect(isDone).toBe(false);
  await clock.advance(1);
  expect(await reading).toEqual({
    text: "ask",
    notices: [
      "Nothing came from stdin within 1 s: going on without it (< /dev/null avoids the wait)",
    ],
  });
});

test("readPrompt() waits for the end of a pipe that has begun", async () => {
  const clock = createFakeClock();
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const stdin: InputStream = {
    kind: "pipe",
    async *chunks() {
      yield new TextEncoder().encode("bo");
      await gate;
      yield new TextEncoder().encode("dy");
    },
  };
  const reading = readPrompt({ stdin, clock }, "ask", live);
  await clock.advance(60_000);
  release();
  expect(await reading).toEqual({ text: context, notices: [] });
});

test("readPrompt() waits for a pipe without limit when it is the prompt", async () => {
  const clock = createFakeClock();
  const abort = new AbortController();
  const reading = readPrompt({ stdin: fakeInput("pipe", [], true), clock }, "-", abort.signal);
  await clock.advance(3_600_000);
  expect(clock.slept).toEqual([]);
  abort.abort(new HermesError("turn/deadline", "Too late"));
  expect(await failureOf(reading)).toEqual(["turn/deadline", "Too late"]);
});

test("readPrompt() ends with the signal's failure while it waits for a first byte", async () => {
  const clock = createFakeClock();
  const abort = new AbortController();
  const reading = readPrompt({ stdin: fakeInput("pipe", [], true), clock }, "ask", abort.signal);
  await clock.untilSleeping();
  abort.abort();
  expect(await failureOf(reading)).toEqual(["turn/interrupted", "Interrupted"]);
});

test.each<readonly [string, string | undefined, InputStream, string]>([
  ["an empty argument", "", fakeInput("pipe", ["x"]), "The prompt is empty"],
  ["a blank argument", " \n", fakeInput("null"), "The prompt is empty"],
  ["an empty file", "-", fakeInput("file"), "The prompt is empty"],
  ["a blank pipe", undefined, fakeInput("pipe", ["\n"]), "The prompt is empty"],
  [
    "nothing at a terminal",
    undefined,
    fakeInput("tty", [], true),
    "No prompt: there is no argument, and stdin is a terminal",
  ],
  [
    "a dash and /dev/null",
    "-",
    fakeInput("null"),
    "No prompt: there is no argument, and stdin is empty",
  ],
])("readPrompt() refuses %s", async (_, argument, stdin, message) => {
  expect(await failureOf(read(argument, stdin))).toEqual(["usage/invalid", message]);
});

test("readPrompt() stops reading above the limit", async () => {
  const block = new Uint8Array(1024 * 1024).fill(97);
  let reads = 0;
  const stdin: InputStream = {
    kind: "pipe",
    async *chunks() {
      for (; reads < 50; reads++) yield block;
    },
  };
  expect(await failureOf(read("ask", stdin))).toEqual([
    "usage/invalid",
    "The text on stdin is longer than 10 MiB",
  ]);
  expect(reads).toBe(maxStdinBytes / block.length);
});

test("readPrompt() takes exactly the limit", async () => {
  const stdin = fakeInput("file", [new Uint8Array(maxStdinBytes).fill(97)]);
  expect((await read("-", stdin)).text.length).toBe(maxStdinBytes);
});

test("readPrompt() replaces malformed bytes and NUL, and says so", async () => {
  const stdin = fakeInput("file", [Uint8Array.of(0x61, 0xff, 0x00, 0x62)]);
  expect(await read("-", stdin)).toEqual({
    text: "a\uFFFD\uFFFDb",
    notices: [
      "The text on stdin is not valid UTF-8: malformed bytes were replaced",
      "The text on stdin holds NUL bytes: they were replaced",
    ],
  });
});

test("readPrompt() reads a character that is cut between chunks, and drops a byte order mark", async () => {
  const bytes = new TextEncoder().encode("\uFEFF猫");
  const stdin = fakeInput("pipe", [bytes.slice(0, 4), bytes.slice(4)]);
  expect(await read("-", stdin)).toEqual({ text: "猫", notices: [] });
});

test("readPrompt() says in words that stdin cannot be read", async () => {
  const stdin: InputStream = {
    kind: "file",
    // oxlint-disable-next-line require-yield
    async *chunks() {
      throw Object.assign(new Error("EISDIR: illegal operation"), { code: "EISDIR" });
    },
  };
  expect(await failureOf(read("ask", stdin))).toEqual([
    "file/unreadable",
    "Cannot read stdin: EISDIR",
  ]);
});
