import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AsyncQueue } from "../../../src/core/async_queue.ts";
import type { TurnEvent } from "../../../src/core/event.ts";
import { startChat } from "../../fakes/chat.ts";
import { playOnScreen } from "../../fakes/vt.ts";

describe("RawTalk", () => {
  test("completes with Tab, and shows what else fits until the next key", async () => {
    await using chat = await startChat();
    await writeFile(join(chat.cwd, "main.ts"), "");
    await writeFile(join(chat.cwd, "map.ts"), "");
    chat.type("@m\t");
    await chat.untilShown("map.ts");
    expect(chat.seen().slice(3)).toEqual(["> @ma", "main.ts  map.ts"]);
    chat.type("i\t");
    await chat.untilShown("@main.ts");
    expect(chat.seen().slice(3)).toEqual(["> @main.ts"]);
  });

  test("recalls what was sent before", async () => {
    await using chat = await startChat();
    for (const message of ["one", "two"]) {
      chat.type(`${message}\r`);
      await chat.untilShown("done");
      await chat.untilPrompt();
    }
    chat.type("\x1b[A\x1b[A");
    await chat.untilShown("> one");
    expect(chat.seen().at(-1)).toBe("> one");
  });

  test("an escape by itself is a key after a while", async () => {
    await using chat = await startChat();
    chat.type("\x12");
    await chat.untilShown("search in what you sent");
    chat.type("\x1b");
    await chat.ports.clock.untilSleeping();
    await chat.ports.clock.advance(60);
    expect(chat.seen().slice(3)).toEqual([">"]);
  });

  test("a long paste is shown by its size, and sent whole", async () => {
    await using chat = await startChat();
    const paste = Array.from({ length: 120 }, (_, line) => `line ${line}`).join("\n");
    chat.type(`read \x1b[200~${paste.replaceAll("\n", "\r")}\x1b[201~ please\r`);
    await chat.untilShown("done");
    expect(chat.seen()[3]).toBe("> read [pasted 120 lines] please");
    expect(chat.app().messages[0]?.parts).toEqual([{ type: "text", text: `read ${paste} please` }]);
  });

  test("Ctrl-Z stops the program with a clean screen, and draws again afterwards", async () => {
    await using chat = await startChat();
    chat.type("draft");
    await chat.untilShown("draft");
    const before = chat.ports.terminal.screen().length;
    chat.type("\x1a");
    await chat.settle();
    expect(chat.ports.terminal.suspended()).toBe(1);
    expect(chat.ports.terminal.screen().slice(before)).toBe(
      "\r\x1b[J\x1b[?25h\x1b[?2004l\x1b[?2004h> draft\r\x1b[7C",
    );
  });

  test("Ctrl-L empties the screen", async () => {
    await using chat = await startChat();
    chat.type("draft\x0c");
    await chat.untilShown("\x1b[2J");
    expect(chat.seen()).toEqual(["> draft"]);
  });

  test("what is typed is seen while an answer is written within one line", async () => {
    const deltas = new AsyncQueue<string>();
    const text = (delta: string): TurnEvent => ({
      type: "item-delta",
      itemId: "a",
      channel: "text",
      delta,
    });
    await using chat = await startChat({
      columns: 60,
      parts: {
        async *turn(_message, _signal, steering) {
          yield { type: "item-start", item: { type: "assistant-message", id: "a", text: "" } };
          for await (const delta of deltas) yield text(delta);
          for (const said of steering?.waiting ?? []) steering?.take(said);
          yield { type: "turn-end", outcome: { status: "completed", finalText: "" } };
        },
      },
    });
    chat.type("go\r");
    deltas.push("Elephants 猫 have");
    await chat.untilShown("have");
    chat.type("how lo");
    await chat.untilShown("how lo");
    expect(chat.seen().slice(-2)).toEqual(["Elephants 猫 have", "> how lo"]);
    deltas.push(" trunks");
    chat.type("ng?\r");
    await chat.untilShown("steers the turn");
    await chat.settle();
    expect(chat.seen().slice(-2)).toEqual([
      "Elephants 猫 have trunks",
      "> how long?  → steers the turn",
    ]);
    const before = chat.seen().length;
    deltas.push(` of ${"flesh ".repeat(12)}and so on`);
    await chat.untilShown("so on");
    await chat.settle();
    expect([chat.seen().length - before, chat.seen().at(-1)]).toEqual([
      1,
      "> how long?  → steers the turn",
    ]);
    deltas.end();
    await chat.untilPrompt();
    expect(chat.seen().join("\n")).toContain("Elephants 猫 have trunks of flesh flesh");
  });

  test("Ctrl-D while a turn runs leaves after it, unless another key takes it back", async () => {
    const over = Promise.withResolvers<void>();
    await using chat = await startChat({
      parts: {
        async *turn() {
          await over.promise;
          yield { type: "turn-end", outcome: { status: "completed", finalText: "" } };
        },
      },
    });
    chat.type("go\r");
    await chat.untilShown("> go");
    chat.type("\x04");
    await chat.untilShown("leaves when this is over");
    chat.type("x\x7f");
    await chat.settle();
    expect(chat.seen().join("\n")).not.toContain("leaves when this is over");
    chat.type("\x04");
    await chat.untilShown("leaves when this is over");
    over.resolve();
    expect(await chat.code).toBe(0);
  });

  test("what an interrupt puts back keeps whoever asked to leave", async () => {
    await using chat = await startChat({
      parts: {
        async *turn(_message, signal) {
          await new Promise((resolve) => {
            signal.addEventListener("abort", resolve);
          });
          yield { type: "turn-end", outcome: { status: "interrupted" } };
        },
      },
    });
    chat.type("go\r");
    await chat.untilShown("waiting for the model");
    chat.type("and then this\r\x04");
    await chat.untilShown("leaves when this is over");
    chat.type("\x03");
    await chat.untilShown("interrupted");
    await chat.settle();
    expect(chat.seen().at(-1)).toBe("> and then this");
    chat.type("\x03");
    await chat.settle();
    chat.type("\x04");
    expect(await chat.code).toBe(0);
  });

  test("draws for the new width when the window changes", async () => {
    await using chat = await startChat({ columns: 60 });
    chat.type("x".repeat(50));
    await chat.settle();
    const before = chat.ports.terminal.screen().length;
    chat.ports.terminal.resize(30);
    await chat.settle();
    const drawn = chat.ports.terminal.screen().slice(before);
    // The row of 52 cells took two lines of the narrow window.
    expect(drawn).toStartWith("\x1b[1A\r\x1b[J");
    expect(playOnScreen(drawn, 30).lines).toEqual([`> ${"x".repeat(27)}`, `  ${"x".repeat(23)}`]);
  });
});
