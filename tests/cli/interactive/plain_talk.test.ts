import { describe, expect, test } from "bun:test";
import { getEventListeners } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PlainTalk } from "../../../src/cli/interactive/plain_talk.ts";
import { styleFor } from "../../../src/cli/render/style.ts";
import { AsyncQueue } from "../../../src/core/async_queue.ts";
import { noUsage } from "../../../src/core/event.ts";
import { HermesError } from "../../../src/core/errors.ts";
import { answer as answerWith, type FakeApp, type FakeAppParts } from "../../fakes/app.ts";
import { startCli } from "../../fakes/cli.ts";
import { settled } from "../../fakes/clock.ts";
import { createFakeTerminal } from "../../fakes/terminal.ts";
import { thrown } from "../../fakes/thrown.ts";

/** A chat on a terminal that cannot be drawn on, with what is typed when something is shown. */
async function dumbChat(
  typed: readonly (readonly [shown: string, line: string])[],
  partsOf: (app: () => FakeApp | undefined) => FakeAppParts = () => ({}),
): Promise<{ readonly code: number; readonly shown: string; readonly app: FakeApp | undefined }> {
  const cwd = await mkdtemp(join(tmpdir(), "chat-"));
  try {
    const run = startCli(["chat"], {
      parts: partsOf(() => run.app()),
      cwd,
      env: { TERM: "dumb", HERMES_HOME: join(cwd, "home") },
      terminal: { stdin: "tty", columns: 80, keepsOpen: true },
    });
    const { terminal } = run.ports;
    for (const [shown, line] of typed) {
      await terminal.untilShown(shown);
      terminal.type(`${line}\n`);
    }
    if (typed.length > 0) await terminal.untilShown("> ");
    terminal.hangUp();
    return { code: await run.code, shown: terminal.screen(), app: run.app() };
  } finally {
    await rm(cwd, { recursive: true });
  }
}

/** A chat to which these lines were typed before it began, and nothing more. */
async function endedChat(
  input: readonly string[],
  partsOf: (app: () => FakeApp | undefined) => FakeAppParts = () => ({}),
): Promise<{ readonly code: number; readonly shown: string }> {
  const cwd = await mkdtemp(join(tmpdir(), "chat-"));
  try {
    const run = startCli(["chat"], {
      parts: partsOf(() => run.app()),
      cwd,
      env: { TERM: "dumb", HERMES_HOME: join(cwd, "home") },
      terminal: { stdin: "tty", columns: 80, input: input.map((line) => `${line}\n`) },
    });
    return { code: await run.code, shown: run.ports.terminal.screen() };
  } finally {
    await rm(cwd, { recursive: true });
  }
}

describe("a chat with TERM=dumb", () => {
  test("reads lines and draws nothing", async () => {
    const { code, shown } = await dumbChat([
      ["> ", ""],
      ["> ", "one \\"],
      [". ", "two"],
    ]);
    expect(code).toBe(0);
    expect(shown).toBe(
      "hermes 1.2.3  m1 (lab)  ~\nsession s1  /help\n\n" +
        "> > . done\n\n> \nTo go on: hermes --resume s1\n",
    );
  });

  test("/help names the keys that work there", async () => {
    const { shown } = await dumbChat([["> ", "/help"]]);
    expect(shown).toContain("Enter while a turn runs     says it to the turn");
    expect(shown).not.toContain("Ctrl-R");
  });

  test("tells of a review before the next prompt", async () => {
    const changes = [{ subsystem: "memory", text: "Prefers pnpm", isStaged: false }] as const;
    const { shown } = await dumbChat([["> ", "go"]], (app) => ({
      async *turn(message, signal) {
        app()?.opened[0]?.onReview?.({ kind: "done", changes, usage: noUsage });
        yield* answerWith("done")(message, signal);
      },
    }));
    expect(shown).toContain("> done\n\nSaved to memory: Prefers pnpm\n> \n");
  });

  test("asks in lines, until one of them is an answer", async () => {
    const request = {
      subject: { kind: "command", command: "rm -rf build", cwd: "/project" },
      reason: "recursive delete",
      key: "rm",
    } as const;
    const approvalTalk = [
      ["> ", "go"],
      ["[o/s/a/d]", "maybe"],
      ["[o/s/a/d]", "S"],
      ["[1/2/3]: ", "2"],
      ["[1/2/3]: ", "3"],
      ["? ", "blue"],
    ] as const;
    const { shown } = await dumbChat(approvalTalk, (app) => ({
      async *turn(_, signal) {
        const { person, ask } = app()?.opened[0] ?? {};
        const question = { question: "Which?", choices: ["red", "green"] };
        const answers = [
          (await person?.decide(request, signal))?.decision,
          await ask?.(question, signal),
          await ask?.(question, signal),
        ];
        yield {
          type: "turn-end",
          outcome: { status: "completed", finalText: JSON.stringify(answers) },
        };
      },
    }));
    expect(shown).toContain("[o/s/a/d] (no answer within 60 s denies it): [o/s/a/d]");
    expect(shown).toContain('["allow_session","green","blue"]');
    expect(shown).not.toContain("\x1b");
  });

  test("what is typed while a turn runs steers it; commands wait, a question has its own line", async () => {
    const request = {
      subject: { kind: "command", command: "rm -rf build", cwd: "/project" },
      reason: "recursive delete",
      key: "rm",
    } as const;
    const typed = [
      ["> ", "go"],
      ["working", "left \\"],
      ["", "then right"],
      ["-> steers the turn", "/usage"],
      ["-> waits for the end of the turn", "stop there"],
      ["[o/s/a/d]", "o"],
    ] as const;
    const decided: unknown[] = [];
    const { shown, app } = await dumbChat(typed, (of) => ({
      async *turn(message, signal, steering) {
        if (!steering) throw new TypeError("Nothing steers");
        yield { type: "item-end", item: message };
        yield { type: "notice", level: "info", text: "working" };
        while (steering.waiting.length < 2) await steering.added(signal);
        for (const said of steering.waiting) {
          steering.take(said);
          yield { type: "item-end", item: said };
        }
        decided.push((await of()?.opened[0]?.person?.decide(request, signal))?.decision);
        yield { type: "turn-end", outcome: { status: "completed", finalText: "done" } };
      },
    }));
    expect(shown).toContain("-> steers the turn\n");
    expect(shown).toContain("> left \n  then right → the turn\n");
    expect(shown).toContain("> stop there → the turn\n");
    expect([decided, app?.messages.length]).toEqual([["allow_once"], 1]);
    // The command had waited for the end.
    expect(shown.indexOf("> /usage")).toBeGreaterThan(shown.indexOf("done"));
  });

  test("what the turn did not take is the next message", async () => {
    let turns = 0;
    const { shown, app } = await dumbChat(
      [
        ["> ", "go"],
        ["working", "too late"],
      ],
      () => ({
        async *turn(message, signal, steering) {
          turns += 1;
          yield { type: "notice", level: "info", text: "working" };
          if (turns === 1) await steering?.added(signal);
          yield* answerWith("done")(message, signal);
        },
      }),
    );
    expect(app?.messages.map(({ parts }) => parts)).toEqual([
      [{ type: "text", text: "go" }],
      [{ type: "text", text: "too late" }],
    ]);
    expect(shown).toContain("> too late\n");
  });

  test("the end of the input leaves a question without an answer", async () => {
    const { code, shown } = await endedChat(["go"], (app) => ({
      async *turn(_, signal) {
        const answered = await app()?.opened[0]?.ask?.({ question: "Why?", choices: [] }, signal);
        yield {
          type: "turn-end",
          outcome: { status: "completed", finalText: answered ?? "nothing" },
        };
      },
    }));
    expect([code, shown.includes("nothing")]).toEqual([0, true]);
  });
});

/** A talk whose lines come when the test types them. */
function openTalk(): {
  readonly talk: PlainTalk;
  readonly type: (line: string) => void;
  readonly shown: () => string;
} {
  const typed = new AsyncQueue<Uint8Array>();
  const terminal = createFakeTerminal({ stdin: "tty", columns: 80 });
  const stdin = {
    kind: "tty",
    chunks(signal?: AbortSignal) {
      signal?.addEventListener("abort", () => typed.end(), { once: true });
      return typed;
    },
  } as const;
  return {
    talk: new PlainTalk({ ...terminal, stdin }, styleFor({}, { isTty: false })),
    shown: () => terminal.screen(),
    type: (line) => typed.push(new TextEncoder().encode(`${line}\n`)),
  };
}

describe("a pick", () => {
  const rows = ["An elephant", "A walrus"].map((label, index) => ({
    key: `k${index}`,
    label,
    facts: "1 day ago",
    text: "",
  }));
  const request = {
    rows,
    search: (query: string) =>
      Promise.resolve([{ key: "found", label: `Said: ${query}`, facts: "now", text: "" }]),
  };

  test.each([
    [["2"], { kind: "answer", value: "k1" }],
    [["wal", "1"], { kind: "answer", value: "k1" }],
    [["wal", "2"], { kind: "answer", value: "found" }],
    [["9", "1"], { kind: "answer", value: "found" }],
    [[""], { kind: "dismissed" }],
  ] as const)("by the lines %j", async (lines, expected) => {
    const { talk, type } = openTalk();
    await using _ = talk;
    await talk.open();
    const picked = talk.pick(request, new AbortController().signal);
    for (const line of lines) type(line);
    expect(await picked).toEqual(expected);
  });
});

describe("lines", () => {
  test("that wait when the turn is interrupted are not sent by themselves, and that is told", async () => {
    const { talk, type, shown } = openTalk();
    await using _ = talk;
    await talk.open();
    using _listening = talk.onMessage(() => true);
    type("one \\");
    type("two");
    await settled();
    expect([talk.hasMessage(), shown()]).toEqual([true, "-> steers the turn\n"]);
    talk.putBack();
    const said = talk.readMessage();
    await settled();
    type("three");
    expect([await said, shown()]).toEqual([
      { kind: "message", text: "three" },
      "-> steers the turn\nnot sent: one \n  two\n> ",
    ]);
  });

  test("that were read leave nothing behind on the signal of their question", async () => {
    const { talk, type } = openTalk();
    await talk.open();
    const turn = new AbortController();
    const choice = talk.choose({ choices: [{ hotkey: "y", label: "yes" }] }, turn.signal);
    for (const line of ["no", "maybe", "y"]) type(line);
    expect(await choice).toEqual({ kind: "answer", value: 0 });
    const interrupted = talk.askText(turn.signal);
    await settled();
    talk.interrupt();
    expect(await interrupted).toEqual({ kind: "interrupted" });
    expect(getEventListeners(turn.signal, "abort")).toEqual([]);
  });

  test("that come after their question was withdrawn are for the next reader", async () => {
    const { talk, type } = openTalk();
    await talk.open();
    const question = new AbortController();
    const answer = thrown(() => talk.askText(question.signal));
    await settled();
    question.abort(new HermesError("approval/denied", "Nobody answered in time"));
    expect(await answer).toMatchObject({ code: "approval/denied" });
    type("late");
    await settled();
    expect(await talk.readMessage()).toEqual({ kind: "message", text: "late" });
  });
});
