import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ResponsesServer, startResponsesServer } from "../../fakes/responses_server.ts";
import { textAnswer } from "../../fakes/server_steps.ts";
import { configFor, createSandbox, type Sandbox, startChat } from "../sandbox.ts";
import { send } from "../terminal_chat.ts";
import { first, openStore, second, storeCompressed } from "./stored.ts";

let sandbox: Sandbox;
let server: ResponsesServer;
beforeEach(async () => {
  sandbox = await createSandbox();
  server = await startResponsesServer({ steps: [textAnswer("the answer")], repeat: true });
  await sandbox.configure(configFor(server.url));
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
});

/** Everything that a person and the model said in the last request. */
function lastRequest(): string {
  return JSON.stringify(server.requests.at(-1)?.body);
}

test("/undo takes a turn back and its message into the editor, where it can be mended", async () => {
  const chat = await startChat(sandbox);
  await send(chat, "the first question", "the answer");
  // Typed before that, it would be said to the first turn.
  await chat.untilShown("\x1b[1m> ");
  await send(chat, "the secnd question", "the answer");
  await send(chat, "/undo", "Took back 1 turn (2 items)");
  await chat.untilShown("the secnd question");
  await send(chat, " again", "the answer");
  await send(chat, "/usage", "the whole session:");
  await chat.untilShown("3 model calls, cost unknown");
  await send(chat, "/quit", "hermes --resume");
  await chat.exited;
  const sent = lastRequest();
  expect([
    sent.split("the first question").length,
    sent.split("the secnd question").length,
    sent.includes("the secnd question again"),
  ]).toEqual([2, 2, true]);
  await using store = openStore(sandbox);
  expect((await store.latest())?.messageCount).toBe(4);
});

test("/branch goes on in a second session, /resume finds the first one by what was said in it", async () => {
  await storeCompressed(sandbox, server.url);
  const chat = await startChat(sandbox);
  await send(chat, "/resume zoo", "It has tusks");
  await send(chat, "/branch farm", `The other one stays as it is: /resume ${second}`);
  await send(chat, "a cow", "the answer");
  await send(chat, "/resume", "Enter resumes");
  // Said before it was compressed, and in no title.
  chat.type("trunk");
  await chat.untilShown("[trunk]");
  await send(chat, "", "It has tusks");
  await send(chat, "a yak", "the answer");
  await send(chat, "/quit", `hermes --resume ${second}`);
  await chat.exited;
  expect([lastRequest().includes("a yak"), lastRequest().includes("a cow")]).toEqual([true, false]);
  await using store = openStore(sandbox);
  const sessions = await store.list({ limit: 9 });
  expect(sessions.map(({ title, messageCount }) => [title, messageCount])).toEqual([
    ["zoo", 6],
    ["farm", 6],
  ]);
});

test("sessions.auto_prune tidies up once a day, and says so", async () => {
  await storeCompressed(sandbox, server.url);
  await sandbox.configure(
    `${configFor(server.url)}sessions: {auto_prune: true, retention_days: 30}\n`,
  );
  await mkdir(join(sandbox.home, "results", first), { recursive: true });
  await mkdir(join(sandbox.home, "sessions"));
  await writeFile(join(sandbox.home, "sessions", `session_${second}.json`), "{}");
  const chat = await startChat(sandbox);
  await chat.untilShown("Deleted 1 session not used for 30 days (sessions.auto_prune)");
  await send(chat, "hello", "the answer");
  chat.type("/quit\r");
  await chat.exited;
  expect(await readdir(join(sandbox.home, "results"))).toEqual([]);
  expect(await readdir(join(sandbox.home, "sessions"))).toEqual([]);
  await storeCompressed(sandbox, server.url);
  const again = await startChat(sandbox);
  again.type("/quit\r");
  await again.exited;
  await using store = openStore(sandbox);
  expect((await store.whole(first)).ids).toEqual([first, second]);
});

test("/title names the session, tells its name, and refuses one that is taken", async () => {
  await storeCompressed(sandbox, server.url);
  const chat = await startChat(sandbox);
  await send(chat, "/title mine", "say something first");
  await send(chat, "hello", "the answer");
  await chat.untilShown("\x1b[1m> ");
  await send(chat, "/title zoo", "session/title_taken");
  await send(chat, "/title my farm", "called my farm");
  await send(chat, "/title", "my farm");
  chat.type("/quit\r");
  await chat.exited;
  await using store = openStore(sandbox);
  expect((await store.latest())?.title).toBe("my farm");
});
