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

/** A chat on a terminal that cannot be drawn on, to which these lines are typed. */
async function dumbChat(
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
    const { code, shown } = await dumbChat(["", "one \\", "two"]);
    expect(code).toBe(0);
    expect(shown).toBe(
      "hermes 1.2.3  m1 (lab)  ~\nsession s1  /help\n\n" +
        "> > . done\n\n> \nTo go on: hermes --resume s1\n",
    );
  });

  test("/help names the keys that work there", async () => {
    const { shown } = await dumbChat(["/help"]);
    expect(shown).toContain("Enter while a turn runs     sends it after the turn");
    expect(shown).not.toContain("Ctrl-R");
  });

  test("tells of a review before the next prompt", async () => {
    const changes = [{ subsystem: "memory", text: "Prefers pnpm", isStaged: false }] as const;
    const { shown } = await dumbChat(["go"], (app) => ({
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
    const { shown } = await dumbChat(["go", "maybe", "S", "2", "3", "blue"], (app) => ({
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

  test("the end of the input leaves a question without an answer", async () => {
    const { code, shown } = await dumbChat(["go"], (app) => ({
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
function openTalk(): { readonly talk: PlainTalk; readonly type: (line: string) => void } {
  const typed = new AsyncQueue<Uint8Array>();
  const terminal = createFakeTerminal({ stdin: "tty", columns: 80 });
  const stdin = { kind: "tty", chunks: () => typed } as const;
  return {
    talk: new PlainTalk({ ...terminal, stdin }, styleFor({}, { isTty: false })),
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
    const picked = talk.pick(request, new AbortController().signal);
    for (const line of lines) type(line);
    expect(await picked).toEqual(expected);
  });
});

describe("lines", () => {
  test("that were read leave nothing behind on the signal of their question", async () => {
    const { talk, type } = openTalk();
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
