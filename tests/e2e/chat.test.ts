import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { callTool, hangBeforeHeaders, textAnswer } from "../fakes/server_steps.ts";
import { createSandbox, type Sandbox } from "./sandbox.ts";
import { hanging, leave, withChat } from "./terminal_chat.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

test("a conversation at a terminal is answered, kept and gone on with", async () => {
  await withChat({ sandbox, steps: [textAnswer("The first answer")] }, async (chat) => {
    chat.type("hello there\r");
    await chat.untilShown("The first answer");
    chat.type("/quit\r");
    await chat.untilShown("hermes --resume");
    expect(await chat.exited).toBe(0);
  });
  const { stdout } = await sandbox.run(["sessions", "list"]);
  expect(stdout).toContain("hello there");
});

test("a dangerous command waits for the person, who denies and then allows it", async () => {
  const target = join(sandbox.work, "precious");
  await writeFile(target, "");
  const danger = callTool("terminal", { command: "rm -rf ./precious" });
  const steps = [danger, textAnswer("It stays"), danger, textAnswer("It is gone")];
  await withChat({ sandbox, steps }, async (chat) => {
    chat.type("remove it\r");
    await chat.untilShown("rm -rf ./precious");
    await chat.untilShown("deny");
    // Keys count as an answer only after a pause, so that what was typed ahead allows nothing.
    await chat.untilShown("no answer within 59 s");
    chat.type("d");
    await chat.untilShown("It stays");
    expect(existsSync(target)).toBe(true);
    chat.type("remove it now\r");
    await chat.untilShown("rm -rf ./precious");
    await chat.untilShown("no answer within 59 s");
    chat.type("o");
    await chat.untilShown("It is gone");
    expect(existsSync(target)).toBe(false);
    await leave(chat);
  });
});

test("Ctrl-C interrupts the turn, and the session goes on", async () => {
  const hang = hanging();
  await withChat({ sandbox, steps: [hang.step, textAnswer("Here again")] }, async (chat) => {
    chat.type("wait for me\r");
    await chat.untilShown("waiting for the model");
    // What is shown comes before the request: interrupted between the two, the first answer would be the second turn's.
    await hang.asked;
    chat.type("\x03");
    await chat.untilShown("interrupted");
    chat.type("and now\r");
    await chat.untilShown("Here again");
    await leave(chat);
  });
});

test("a message that is sent right after Ctrl-C is the next one", async () => {
  const hang = hanging();
  await withChat({ sandbox, steps: [hang.step, textAnswer("Here again")] }, async (chat) => {
    chat.type("wait for me\r");
    await hang.asked;
    chat.type("\x03and now\r");
    await chat.untilShown("interrupted");
    await chat.untilShown("Here again");
    await leave(chat);
  });
});

test("Ctrl-C twice leaves", async () => {
  await withChat({ sandbox, steps: [hangBeforeHeaders] }, async (chat) => {
    chat.type("wait for me\r");
    await chat.untilShown("waiting for the model");
    chat.type("\x03\x03");
    expect(await chat.exited).toBe(130);
  });
});
