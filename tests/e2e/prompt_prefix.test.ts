/** What a long conversation sends: each request begins with the bytes of the one before, or a prompt cache is lost. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject } from "../../src/core/json.ts";
import type { PtyProgram } from "../fakes/pty.ts";
import { type RecordedRequest, startResponsesServer } from "../fakes/responses_server.ts";
import { type AnswerStep, callTool, textAnswer } from "../fakes/server_steps.ts";
import { configFor, createSandbox, type Sandbox, startChat, wireApis } from "./sandbox.ts";

const dot =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
  await mkdir(join(sandbox.work, "part"));
  await writeFile(join(sandbox.work, "dot.png"), Buffer.from(dot, "base64"));
  await writeFile(join(sandbox.work, "part", "AGENTS.md"), "Speak low in here");
  await writeFile(join(sandbox.work, "part", "notes.txt"), "one\ntwo\n");
});
afterEach(() => sandbox[Symbol.asyncDispose]());

let thoughts = 0;
function thinking(step: AnswerStep): AnswerStep {
  thoughts++;
  const encryptedContent = `opaque-${thoughts}`;
  return { ...step, reasoning: `Thought ${thoughts}`, encryptedContent };
}

async function say(chat: PtyProgram, message: string, answer: string): Promise<void> {
  chat.type(`${message}\r`);
  await chat.untilShown(answer);
  await chat.untilShown("> ");
}

async function leave(chat: PtyProgram): Promise<void> {
  chat.type("\x04");
  expect(await chat.exited).toBe(0);
}

/** A request in two: what is said, as JSON without its end, and everything else. */
function split({ body }: RecordedRequest): readonly [said: string, rest: string] {
  if (!isJsonObject(body)) throw new TypeError("A request has a body");
  const { input, messages, ...rest } = body;
  const said = JSON.stringify(input ?? messages);
  return [said.replace(/["}\]]+$/, ""), JSON.stringify(rest)];
}

test.each(wireApis)("each request goes on where the one before ended (%s)", async (wireApi) => {
  const asked = Promise.withResolvers<void>();
  const free = Promise.withResolvers<void>();
  const hung = Promise.withResolvers<void>();
  const read = { path: "part/notes.txt" };
  await using server = await startResponsesServer({
    steps: [
      thinking({ ...callTool("read_file", read), text: "I look." }),
      thinking(textAnswer("ANSWER-1")),
      // Fails: the end of the turn says so.
      callTool("write_file", { path: "part", content: "x" }),
      thinking(textAnswer("ANSWER-2")),
      async () => {
        asked.resolve();
        await free.promise;
        return thinking(callTool("terminal", { command: "echo said; exit 3" }));
      },
      thinking(textAnswer("ANSWER-3")),
      () => {
        hung.resolve();
        return { kind: "silent", how: "hang" };
      },
      thinking(callTool("read_file", read)),
      // Nothing: asked for again with a nudge.
      textAnswer(""),
      textAnswer("ANSWER-5"),
      thinking(callTool("todo", {})),
      textAnswer("ANSWER-6"),
    ],
  });
  const settings = "memory: {nudge_interval: 0}\nskills: {creation_nudge_interval: 0}\n";
  await sandbox.configure(`${configFor(server.url, wireApi)}${settings}`);
  {
    await using chat = await startChat(sandbox);
    await say(chat, "what is @dot.png here?", "ANSWER-1");
    await say(chat, "write it down", "ANSWER-2");
    chat.type("run something\r");
    await asked.promise;
    chat.type("and be short\r");
    await chat.untilShown("→ steers the turn");
    free.resolve();
    await chat.untilShown("ANSWER-3");
    await chat.untilShown("> ");
    chat.type("never answered\r");
    await hung.promise;
    chat.type("\x03");
    await chat.untilShown("nterrupted");
    await say(chat, "read it again", "ANSWER-5");
    await leave(chat);
  }
  {
    await using chat = await startChat(sandbox, ["-c"]);
    await say(chat, "and what is left?", "ANSWER-6");
    await leave(chat);
  }
  const sent = server.requests.map(split);
  expect(sent).toHaveLength(12);
  const all = sent.at(-1)?.[0] ?? "";
  for (const text of ["Speak low", dot.slice(0, 40), "and be short", "never answered"]) {
    expect(all).toContain(text);
  }
  for (const [index, [said, rest]] of sent.slice(0, -1).entries()) {
    const next = sent[index + 1];
    expect([index, next?.[1]]).toEqual([index, rest]);
    expect([index, next?.[0].slice(0, said.length)]).toEqual([index, said]);
  }
});
