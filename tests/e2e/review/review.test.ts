import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { callTool, hangBeforeHeaders, serverError, textAnswer } from "../../fakes/server_steps.ts";
import { configFor, createSandbox, type Sandbox, startChat, wireApis } from "../sandbox.ts";
import { bodyOf, bytesOf, lastOf, listOf, say, startReviewLab } from "./lab.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const fact = { action: "add", target: "user", content: "Prefers pnpm" };
const remember = callTool("memory", fact);
const nothing = textAnswer("Nothing is worth keeping");

/** Reviews memory every `turns` messages. */
const every = (turns: number): string => `memory: {nudge_interval: ${turns}}\n`;

describe.each(wireApis)("after ten messages over %s", (wireApi) => {
  test("a review shares every byte of the conversation, and what it saves is in the next prompt", async () => {
    await using lab = await startReviewLab({
      turns: [
        textAnswer("Answer 1", { reasoning: "hm", encryptedContent: "opaque" }),
        callTool("terminal", { command: "echo working" }, { reasoning: "let me look" }),
      ],
      reviews: [remember, textAnswer("Saved")],
    });
    await sandbox.configure(configFor(lab.server.url, wireApi));
    await using chat = await startChat(sandbox);
    for (let turn = 1; turn <= 10; turn++) {
      // The second one takes two requests.
      await say(chat, `message ${turn}`, `Answer ${turn === 1 ? 1 : turn + 1}`);
    }
    await chat.untilShown("Saved to memory: Prefers pnpm");
    await say(chat, "message 11", "Answer 12");

    const [review, second, ...more] = lab.reviews();
    const [parent, next] = lab.turns().slice(-2);
    if (!review || !second || !parent || !next) throw new Error("Somebody was not asked");
    expect(more).toEqual([]);
    const [of, ofParent, ofNext] = [bytesOf(review), bytesOf(parent), bytesOf(next)];
    // All of what was said before, the tools in their order, the cache key and everything else.
    expect(of.said.startsWith(ofParent.said)).toBe(true);
    expect([of.rest, ofNext.rest]).toEqual([ofParent.rest, ofParent.rest]);
    expect(review.headers["session_id"]).toBe(parent.headers["session_id"]);
    // Of the request of the next turn, all but the message that came last.
    expect(listOf(review).slice(0, -1)).toEqual(listOf(next).slice(0, -1));
    const shared = ofNext.said.slice(0, ofNext.said.lastIndexOf(lastOf(next)));
    expect([shared.includes("Answer 11"), of.said.startsWith(shared)]).toEqual([true, true]);
    // The review goes on from its own first request in the same way.
    expect(bytesOf(second).said.startsWith(of.said)).toBe(true);

    chat.type("/quit\r");
    expect(await chat.exited).toBe(0);
    const { stdout } = await sandbox.run(["sessions", "export", await onlySession()]);
    expect(stdout).toContain("message 11");
    expect(stdout).not.toMatch(/review beside|pnpm/);
    await sandbox.run(["-z", "a new session"]);
    const last = lab.turns().at(-1);
    expect(JSON.stringify(last && bodyOf(last))).toContain("Prefers pnpm");
  });
});

test("tools that do not save are refused, and the review goes on", async () => {
  const skill = "---\nname: greet\ndescription: How to greet\n---\nSay hello.\n";
  await using lab = await startReviewLab({
    reviews: [
      callTool("terminal", { command: "touch escaped" }),
      callTool("skills_list", {}),
      callTool("skill_manage", { action: "create", name: "greet", content: skill }),
    ],
  });
  await sandbox.configure(configFor(lab.server.url) + every(1));
  await using chat = await startChat(sandbox);
  await say(chat, "hello", "Answer 1");
  await chat.untilShown("Saved to skills: create greet");
  expect(lastOf(lab.reviews()[1])).toContain("terminal does not run in a review");
  expect(lastOf(lab.reviews()[2])).not.toContain("does not run");
  expect(existsSync(join(sandbox.work, "escaped"))).toBe(false);
  expect(await readFile(join(sandbox.home, "skills/greet/SKILL.md"), "utf8")).toBe(skill);
});

test("ten steps with tools are followed by a review of skills, until one is written", async () => {
  const look = callTool("search_files", { pattern: "x" });
  await using lab = await startReviewLab({
    turns: [look, look, textAnswer("Answer 1"), look, textAnswer("Answer 2")],
    reviews: [nothing],
  });
  await sandbox.configure(`${configFor(lab.server.url)}skills: {creation_nudge_interval: 3}\n`);
  await using chat = await startChat(sandbox);
  await say(chat, "look", "Answer 1");
  expect(lab.reviews()).toEqual([]);
  await say(chat, "look again", "Answer 2");
  await lab.reviewed(1);
  expect(lastOf(lab.reviews()[0])).toMatch(/Skills: .*skills_list/);
  expect(lastOf(lab.reviews()[0])).not.toContain("Memory: ");
});

test("the user goes on while a review runs, and a turn runs beside it", async () => {
  const gate = Promise.withResolvers<void>();
  await using lab = await startReviewLab({
    reviews: [() => gate.promise.then(() => remember)],
  });
  await sandbox.configure(configFor(lab.server.url) + every(1));
  await using chat = await startChat(sandbox);
  await say(chat, "one", "Answer 1");
  await lab.reviewed(1);
  await say(chat, "two", "Answer 2");
  await say(chat, "three", "Answer 3");
  // One at a time.
  expect(lab.reviews()).toHaveLength(1);
  chat.type("half a mess");
  await chat.untilShown("mess");
  gate.resolve();
  await chat.untilShown("Saved to memory: Prefers pnpm");
  await chat.untilShown("half a mess");
});

test("an interrupted turn is not reviewed; the next one is", async () => {
  const asked = Promise.withResolvers<void>();
  await using lab = await startReviewLab({
    turns: [
      () => {
        asked.resolve();
        return hangBeforeHeaders;
      },
    ],
    reviews: [remember],
  });
  await sandbox.configure(configFor(lab.server.url) + every(1));
  await using chat = await startChat(sandbox);
  chat.type("one\r");
  await asked.promise;
  chat.type("\x03");
  await chat.untilShown("interrupted");
  expect(lab.reviews()).toEqual([]);
  await say(chat, "two", "Answer 2");
  await chat.untilShown("Saved to memory: Prefers pnpm");
});

describe("a session that is left while a review runs", () => {
  test("waits for it", async () => {
    const gate = Promise.withResolvers<void>();
    await using lab = await startReviewLab({ reviews: [() => gate.promise.then(() => remember)] });
    await sandbox.configure(configFor(lab.server.url) + every(1));
    await using chat = await startChat(sandbox);
    await say(chat, "one", "Answer 1");
    await lab.reviewed(1);
    chat.type("\x04");
    await chat.untilShown("Keeping what was learned");
    gate.resolve();
    await chat.untilShown("Saved to memory: Prefers pnpm");
    await chat.untilShown("hermes --resume");
    expect(await chat.exited).toBe(0);
    expect(await readFile(join(sandbox.home, "memories/USER.md"), "utf8")).toBe("Prefers pnpm");
  });

  test("ends it with Ctrl-C", async () => {
    await using lab = await startReviewLab({ reviews: [hangBeforeHeaders] });
    await sandbox.configure(configFor(lab.server.url) + every(1));
    await using chat = await startChat(sandbox);
    await say(chat, "one", "Answer 1");
    await lab.reviewed(1);
    chat.type("/quit\r");
    await chat.untilShown("Keeping what was learned");
    chat.type("\x03");
    await chat.untilShown("hermes --resume");
    expect(await chat.exited).toBe(0);
  });

  test("goes on in another one meanwhile", async () => {
    const gate = Promise.withResolvers<void>();
    await using lab = await startReviewLab({ reviews: [() => gate.promise.then(() => remember)] });
    await sandbox.configure(configFor(lab.server.url) + every(1));
    await using chat = await startChat(sandbox);
    await say(chat, "one", "Answer 1");
    await lab.reviewed(1);
    chat.type("/new\r");
    await chat.untilShown("/help");
    gate.resolve();
    await chat.untilShown("Saved to memory: Prefers pnpm");
  });
});

test("what needs an approval waits for it, and the user decides", async () => {
  await using lab = await startReviewLab({ reviews: [remember] });
  await sandbox.configure(
    `${configFor(lab.server.url)}memory: {nudge_interval: 1, write_approval: true}\n`,
  );
  await using chat = await startChat(sandbox);
  await say(chat, "one", "Answer 1");
  await chat.untilShown("Waits for you in /memory: Prefers pnpm");
  const [name = ""] = await readdir(join(sandbox.home, "pending/memory"));
  const staged = await readFile(join(sandbox.home, "pending/memory", name), "utf8");
  expect(JSON.parse(staged)).toMatchObject({ origin: "background_review", payload: fact });
  chat.type(`/memory approve ${name.replace(".json", "")}\r`);
  await chat.untilShown("Done: add user: Prefers pnpm");
  expect(await readFile(join(sandbox.home, "memories/USER.md"), "utf8")).toBe("Prefers pnpm");
});

test("a review that fails is one line, and none where nobody wants to hear of reviews", async () => {
  await using lab = await startReviewLab({ reviews: [serverError, serverError, nothing] });
  await sandbox.configure(configFor(lab.server.url) + every(1));
  await using chat = await startChat(sandbox);
  await say(chat, "one", "Answer 1");
  await chat.untilShown("The review beside the session failed:");
  await say(chat, "two", "Answer 2");
  await lab.reviewed(2);
  chat.type("/quit\r");
  expect(await chat.exited).toBe(0);

  await sandbox.configure(
    `${configFor(lab.server.url)}${every(1)}display: {memory_notifications: off}\n`,
  );
  await using silent = await startChat(sandbox);
  await say(silent, "three", "Answer 3");
  await lab.reviewed(3);
  silent.type("/quit\r");
  expect(await silent.exited).toBe(0);
  expect(silent.screen()).not.toContain("review beside");
});

test("a resumed session counts on, and a script's run is never reviewed", async () => {
  await using lab = await startReviewLab({ reviews: [nothing] });
  await sandbox.configure(configFor(lab.server.url) + every(3));
  await sandbox.run(["-z", "one"]);
  await sandbox.run(["-z", "two", "-c"]);
  await sandbox.run(["chat", "-q", "three", "-c"]);
  expect(lab.reviews()).toEqual([]);
  await using chat = await startChat(sandbox, ["-c"]);
  for (const [message, answer] of [
    ["four", 4],
    ["five", 5],
  ]) {
    await say(chat, String(message), `Answer ${answer}`);
  }
  expect(lab.reviews()).toEqual([]);
  await say(chat, "six", "Answer 6");
  await lab.reviewed(1);
});

/** The id of the one session that there is. */
async function onlySession(): Promise<string> {
  const { stdout } = await sandbox.run(["sessions", "list", "--json"]);
  const { sessions } = JSON.parse(stdout) as { sessions: readonly { id: string }[] };
  expect(sessions).toHaveLength(1);
  return sessions[0]?.id ?? "";
}
