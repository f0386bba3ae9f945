import { describe, expect, test } from "bun:test";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCli } from "../../../src/cli/run_cli.ts";
import type { ApprovalRequest } from "../../../src/core/approval.ts";
import { AsyncQueue } from "../../../src/core/async_queue.ts";
import { HermesError } from "../../../src/core/errors.ts";
import type { TurnEvent } from "../../../src/core/event.ts";
import { answer, createFakeApp, createFakePorts, type FakeAppParts } from "../../fakes/app.ts";
import { startChat, type Chat } from "../../fakes/chat.ts";
import { createFakeTerminal } from "../../fakes/terminal.ts";

type Turn = NonNullable<FakeAppParts["turn"]>;

/** A turn that lasts until it is interrupted. */
function endlessTurn(): Turn {
  return async function* (_message, signal) {
    yield { type: "turn-start", turnId: "t1" };
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    yield { type: "turn-end", outcome: { status: "interrupted" } };
  };
}

/** The lines of the chat below its header. */
function talk(chat: Chat): readonly string[] {
  return chat.seen().slice(3);
}

describe("a chat", () => {
  test("begins with where it runs, answers, and says how to go on", async () => {
    await using chat = await startChat({ parts: { turn: answer("Hello **you**!\n\nBye.") } });
    expect(chat.seen()).toEqual(["hermes 1.2.3  m1 (lab)  ~", "session s1  /help", "", ">"]);
    chat.type("hi there\r");
    await chat.untilShown("Bye.");
    await chat.untilPrompt();
    expect(talk(chat)).toEqual(["> hi there", "Hello **you**!", "", "Bye.", "", ">"]);
    chat.type("\x04");
    expect(await chat.code).toBe(0);
    expect(talk(chat).slice(-2)).toEqual(["To go on: hermes --resume s1", ""]);
    expect(chat.app().messages.map(({ parts }) => parts)).toEqual([
      [{ type: "text", text: "hi there" }],
    ]);
    expect(chat.app().closed()).toBe(1);
    expect(chat.ports.signals.listeners()).toBe(0);
  });

  test("leaves without a hint when nothing was said", async () => {
    await using chat = await startChat();
    chat.type("/quit\r");
    expect(await chat.code).toBe(0);
    expect(talk(chat)).toEqual(["> /quit", ""]);
  });

  test("paints where colour is wanted", async () => {
    await using chat = await startChat({
      parts: { turn: answer("**bold**") },
      env: { TERM: "xterm" },
    });
    chat.type("x\r");
    await chat.untilShown("\x1b[1mbold\x1b[22m");
    await chat.untilPrompt();
    chat.type("\x04");
    expect(await chat.code).toBe(0);
  });

  test("gives the terminal back", async () => {
    await using chat = await startChat();
    expect(chat.ports.terminal.isRaw()).toBe(true);
    chat.type("\x04");
    await chat.code;
    expect(chat.ports.terminal.isRaw()).toBe(false);
    expect(chat.ports.terminal.screen()).toEndWith("\x1b[?2004l");
  });

  test("does not begin without a conversation, and leaves the terminal as it was", async () => {
    const ports = createFakePorts({
      env: { TERM: "xterm" },
      terminal: createFakeTerminal({ stdin: "tty", columns: 80 }),
    });
    const refusal = new HermesError("auth/missing", "No key", { hint: "set one" });
    const code = await runCli(["chat"], ports, () => createFakeApp(ports, { refusal }));
    expect([code, ports.terminal.screen()]).toEqual([
      4,
      "\x1b[31merror:\x1b[39m No key (auth/missing)\nhint: set one\n",
    ]);
  });

  test("ends with the terminal", async () => {
    await using chat = await startChat();
    chat.ports.terminal.hangUp();
    expect(await chat.code).toBe(0);
  });
});

describe("Ctrl-C", () => {
  test("interrupts a turn, and the session goes on", async () => {
    await using chat = await startChat({ parts: { turn: endlessTurn() } });
    chat.type("go\r");
    await chat.untilShown("waiting for the model");
    chat.type("\x03");
    await chat.untilShown("interrupted");
    await chat.untilPrompt();
    expect(talk(chat)).toEqual(["> go", "interrupted", "", ">"]);
    chat.type("\x04");
    expect(await chat.code).toBe(0);
  });

  test("twice leaves with 130, without waiting for a turn that does not end", async () => {
    const turn: Turn = async function* () {
      yield { type: "turn-start", turnId: "t1" };
      await new Promise(() => {});
    };
    await using chat = await startChat({ parts: { turn } });
    chat.type("go\r");
    await chat.untilShown("waiting for the model");
    chat.type("\x03\x03");
    expect(await chat.code).toBe(130);
  });

  test("as a signal does the same", async () => {
    await using chat = await startChat({ parts: { turn: endlessTurn() } });
    chat.type("go\r");
    await chat.untilShown("waiting for the model");
    chat.ports.signals.send("SIGINT");
    await chat.untilShown("interrupted");
    chat.ports.signals.send("SIGINT");
    expect(await chat.code).toBe(130);
  });

  test("clears the line first, then says how to leave, then leaves", async () => {
    await using chat = await startChat();
    chat.type("draft");
    await chat.untilShown("draft");
    chat.type("\x03\x03");
    await chat.untilShown("Ctrl-C again leaves");
    await chat.untilPrompt();
    expect(talk(chat)).toEqual(["Ctrl-C again leaves, as Ctrl-D and /quit do", ">"]);
    await chat.ports.clock.advance(2_001);
    chat.type("\x03");
    await chat.untilShown("Ctrl-C again leaves");
    chat.type("\x03");
    expect(await chat.code).toBe(130);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s ends the turn, then the session", async (signal, code) => {
    await using chat = await startChat({ parts: { turn: endlessTurn() } });
    chat.type("go\r");
    await chat.untilShown("waiting for the model");
    chat.ports.signals.send(signal);
    expect(await chat.code).toBe(code);
    expect(talk(chat)).toContain("interrupted");
    expect(chat.app().closed()).toBe(1);
  });
});

describe("what is typed during a turn", () => {
  test("is the next message", async () => {
    let turns = 0;
    const first = new AsyncQueue<TurnEvent>();
    const turn: Turn = (message, signal) =>
      turns++ === 0 ? first : answer("second answer")(message, signal);
    await using chat = await startChat({ parts: { turn } });
    chat.type("one\r");
    first.push({ type: "turn-start", turnId: "t1" });
    await chat.untilShown("waiting for the model");
    chat.type("two\rthr");
    await chat.untilShown("> thr");
    first.push({ type: "turn-end", outcome: { status: "completed", finalText: "first answer" } });
    first.end();
    // Between the pieces of an answer what is typed is drawn.
    await chat.untilShown("second ");
    await chat.untilShown("answer");
    await chat.settle();
    expect(talk(chat)).toEqual([
      "> one",
      "first answer",
      "",
      "> two",
      "second answer",
      "",
      "> thr",
    ]);
  });

  test("is put back into the line by an interrupt", async () => {
    await using chat = await startChat({ parts: { turn: endlessTurn() } });
    chat.type("one\r");
    await chat.untilShown("waiting for the model");
    chat.type("two\rthree");
    await chat.untilShown("> three");
    chat.type("\x03");
    await chat.untilShown("interrupted");
    await chat.untilShown("  three");
    expect(talk(chat)).toEqual(["> one", "interrupted", "", "> two", "  three"]);
    expect(chat.app().messages.length).toBe(1);
  });
});

describe("files in a message", () => {
  test("are sent with it", async () => {
    await using chat = await startChat();
    await writeFile(join(chat.cwd, "a.txt"), "content\n");
    chat.type("read @a.txt\r");
    await chat.untilShown("done");
    expect(chat.app().messages[0]?.parts).toEqual([
      { type: "text", text: "read @a.txt" },
      { type: "text", text: "a.txt:\n```txt\ncontent\n```" },
    ]);
  });

  test("that are not there keep it from being sent, and it can be mended", async () => {
    await using chat = await startChat();
    chat.type("read @none.txt\r");
    await chat.untilShown("backticks");
    await chat.settle();
    expect(talk(chat)).toEqual([
      "> read @none.txt",
      "error: No such file: none.txt (file/not_found)",
      "hint: check the path after @, or put it in `backticks` to send it as text",
      "",
      "> read @none.txt",
    ]);
    expect(chat.app().messages).toEqual([]);
  });

  test("of --image go with the first message", async () => {
    const ports = createFakePorts();
    const png = "iVBORw0KGgoAAAAA";
    const path = await ports.files.makeTemporaryDirectory("chat-image-");
    await writeFile(join(path, "shot.png"), Buffer.from(png, "base64"));
    await using chat = await startChat({ argv: ["--image", join(path, "shot.png")] });
    chat.type("one\r");
    await chat.untilShown("done");
    await chat.untilPrompt();
    chat.type("two\r");
    await chat.untilShown("done");
    await ports.files.remove(path, { recursive: true });
    expect(chat.app().messages.map((message) => message.parts)).toEqual([
      [
        { type: "text", text: "one" },
        { type: "image", mediaType: "image/png", data: png, name: "shot.png" },
      ],
      [{ type: "text", text: "two" }],
    ]);
  });
});

describe("a question to the person", () => {
  const request: ApprovalRequest = {
    subject: { kind: "command", command: "rm -rf build", cwd: "/project" },
    reason: "recursive delete",
    key: "rm",
  };

  /** A chat whose turns ask for an approval and answer with the verdict; the question has just been put. */
  async function startAsked(): Promise<Chat> {
    const turn: Turn = async function* (message, signal) {
      yield { type: "turn-start", turnId: "t1" };
      const verdict = await chat.app().opened[0]?.person?.decide(request, signal);
      if (verdict) yield { type: "approval-decided", subject: request.subject, verdict };
      yield* answer(JSON.stringify(verdict))(message, signal);
    };
    const chat = await startChat({ parts: { turn } });
    chat.type("go\r");
    await chat.untilShown("denies it");
    return chat;
  }

  /** The same, after nobody has typed for a while. */
  async function startAsking(): Promise<Chat> {
    const chat = await startAsked();
    await chat.ports.clock.advance(500);
    return chat;
  }

  test("shows all that is asked for", async () => {
    await using chat = await startAsking();
    expect(talk(chat)).toEqual([
      "> go",
      "Allow this? recursive delete",
      "  rm -rf build",
      "  in /project",
      "❯ o  allow once",
      "  s  allow for this session",
      "  a  always allow",
      "  d  deny",
      "no answer within 60 s denies it",
    ]);
    chat.type("d");
    await chat.untilShown('{"decision":"deny","by":"user"}');
  });

  test.each([
    ["o", "allow_once", "allowed once"],
    ["s", "allow_session", "allowed for this session"],
    ["\x1b[B\x1b[B\r", "allow_always", "allowed always"],
    ["\x1b[A\r", "deny", "denied"],
    ["\x04", "deny", "denied"],
  ])("the keys %j decide for %s", async (keys, decision, line) => {
    await using chat = await startAsking();
    chat.type(keys);
    await chat.untilShown(`{"decision":"${decision}","by":"user"}`);
    expect(talk(chat)).toContain(line);
    expect(talk(chat)).not.toContain("  d  deny");
  });

  test("silence is a denial", async () => {
    await using chat = await startAsking();
    await chat.ports.clock.advance(30_000);
    expect(talk(chat)).toContain("no answer within 30 s denies it");
    await chat.ports.clock.advance(30_000);
    await chat.untilShown('{"decision":"deny","by":"timeout"}');
    expect(talk(chat)).toContain("denied: nobody answered");
  });

  test("Ctrl-C denies, and interrupts the turn", async () => {
    await using chat = await startAsking();
    chat.type("\x03");
    await chat.untilShown("denied");
    expect(chat.app().messages.length).toBe(1);
    // A second one would leave.
    chat.type("\x03");
    expect(await chat.code).toBe(130);
  });

  test("keys of somebody who is still typing do not answer it", async () => {
    await using open = await startAsked();
    open.type("a ");
    await open.ports.clock.advance(300);
    open.type("s");
    await open.ports.clock.advance(300);
    open.type("o\r");
    await open.ports.clock.advance(500);
    expect(talk(open)).toContain("  a  always allow");
    open.type("o");
    await open.untilShown("allow_");
    await open.untilShown('once","by":"user"}');
    expect(open.app().messages.length).toBe(1);
  });

  test("of a tool is answered with a choice or in words", async () => {
    const turn: Turn = async function* (message, signal) {
      yield { type: "turn-start", turnId: "t1" };
      const ask = open.app().opened[0]?.ask;
      const answers = [
        await ask?.({ question: "Which?", choices: ["red", "green"] }, signal),
        await ask?.({ question: "And now?", choices: ["red", "green"] }, signal),
        await ask?.({ question: "Why?", choices: [] }, signal),
      ];
      yield* answer(JSON.stringify(answers))(message, signal);
    };
    await using open = await startChat({ parts: { turn } });
    const { clock } = open.ports;
    open.type("go\r");
    await open.untilShown("something else");
    await clock.advance(500);
    open.type("2");
    await open.untilShown("something else");
    await clock.advance(500);
    open.type("3");
    await open.untilShown("? ");
    open.type("blue\r");
    await open.untilShown("Why?");
    await open.untilShown("? ");
    await clock.advance(500);
    open.type("because\r");
    await open.untilShown('["green","blue","because"]');
  });
});

describe("the history", () => {
  test("is kept for the next session, only for its owner and without secrets", async () => {
    await using chat = await startChat();
    const home = join(chat.cwd, "home");
    const key = `sk-${"a1B2".repeat(12)}`;
    chat.type(`first ${key}\r`);
    await chat.untilShown("done");
    await chat.untilPrompt();
    chat.type("second\nline\r");
    await chat.untilShown("done");
    await chat.untilPrompt();
    chat.type(" not kept\r");
    await chat.untilShown("done");
    const text = await readFile(join(home, "history"), "utf8");
    expect(text).not.toContain(key);
    expect(text.split("\n").slice(1)).toEqual(['"second\\nline"', ""]);
    expect((await stat(join(home, "history"))).mode & 0o777).toBe(0o600);
    expect((await stat(home)).mode & 0o777).toBe(0o700);
  });

  test("that cannot be written is told, and the message is sent", async () => {
    await using chat = await startChat();
    await mkdir(join(chat.cwd, "home", "history"), { recursive: true });
    chat.type("hi\r");
    await chat.untilShown("done");
    await chat.untilPrompt();
    expect(talk(chat)).toEqual(["> hi", "The history cannot be kept: EISDIR", "done", "", ">"]);
  });
});
