/** What is typed while a turn runs, at a terminal of the compiled program. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { isJsonObject, type Json } from "../../src/core/json.ts";
import {
  type RecordedRequest,
  type ResponsesServer,
  startResponsesServer,
} from "../fakes/responses_server.ts";
import { callTool, textAnswer } from "../fakes/server_steps.ts";
import { configFor, createSandbox, type Sandbox, startChat, wireApis } from "./sandbox.ts";
import { hanging, held, leave, storedLines, withChat } from "./terminal_chat.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

/** The input items of a request, each as its kind and its text. */
function inputOf({ body }: RecordedRequest): readonly string[] {
  if (!isJsonObject(body)) return [];
  const items = body["input"] ?? body["messages"];
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: Json) => {
    if (!isJsonObject(item) || item["role"] === "system") return [];
    const { role, type } = item;
    const kind = typeof role === "string" ? role : type;
    const said = JSON.stringify(item["content"] ?? item["output"] ?? item["name"]);
    return typeof kind === "string" ? [`${kind}: ${said}`] : [];
  });
}

/** The last thing that the second request tells the model. */
function lastInput({ requests: [, second] }: ResponsesServer): string | undefined {
  return second && inputOf(second).at(-1);
}

test.each(wireApis)(
  "a message to a turn that runs is behind the results of its tools (%s)",
  async (wireApi) => {
    const first = held(callTool("todo", {}));
    await withChat(
      { sandbox, steps: [first.step, textAnswer("Short as you wish")], wireApi },
      async (chat, server) => {
        chat.type("write much\r");
        await first.asked;
        chat.type("shorter, please\r");
        await chat.untilShown("> shorter, please  → steers the turn");
        first.release();
        await chat.untilShown("→ the turn");
        await chat.untilShown("Short as you wish");
        await leave(chat);
        expect(server.requests).toHaveLength(2);
        const [before = [], after = []] = server.requests.map(inputOf);
        // What was sent before stays byte for byte: the cache of the prompt holds.
        expect(after.slice(0, before.length)).toEqual([...before]);
        expect(after.at(-2)).toStartWith(
          wireApi === "codex_responses" ? "function_call_output" : "tool",
        );
        expect(after.at(-1)).toContain("shorter, please");
        expect(after.at(-1)).toStartWith("user");
      },
    );
    expect(await storedLines(sandbox)).toEqual([
      "user_message write much",
      "tool_call",
      "tool_result",
      "user_message shorter, please",
      "assistant_message Short as you wish",
    ]);
  },
);

test("a message that comes with the final answer makes the turn go on behind it", async () => {
  const first = held(textAnswer("The long answer"));
  await withChat(
    { sandbox, steps: [first.step, textAnswer("The short answer")] },
    async (chat, server) => {
      chat.type("write much\r");
      await first.asked;
      chat.type("shorter\r");
      await chat.untilShown("→ steers the turn");
      chat.type("and in German\r");
      await chat.untilShown("> and in German  → steers the turn");
      first.release();
      await chat.untilShown("The long");
      await chat.untilShown("The short answer");
      await leave(chat);
      expect(server.requests).toHaveLength(2);
    },
  );
  expect(await storedLines(sandbox)).toEqual([
    "user_message write much",
    "assistant_message The long answer",
    "user_message shorter",
    "user_message and in German",
    "assistant_message The short answer",
  ]);
});

test("/queue and commands wait for the end of the turn", async () => {
  const first = held(textAnswer("The first answer"));
  await withChat(
    { sandbox, steps: [first.step, textAnswer("The second answer")] },
    async (chat, server) => {
      chat.type("begin\r");
      await first.asked;
      chat.type("/queue and then this\r/usage\r");
      await chat.untilShown("> /usage");
      first.release();
      await chat.untilShown("The first");
      await chat.untilShown("The second");
      await chat.untilShown("tokens in");
      await leave(chat);
      expect(lastInput(server)).toContain("and then this");
    },
  );
  expect(await storedLines(sandbox)).toEqual([
    "user_message begin",
    "assistant_message The first answer",
    "user_message and then this",
    "assistant_message The second answer",
  ]);
});

test("an interrupt leaves what the turn did not take to be written on", async () => {
  const hang = hanging();
  await withChat(
    { sandbox, steps: [hang.step, textAnswer("Here again")] },
    async (chat, server) => {
      chat.type("wait for me\r");
      await hang.asked;
      chat.type("or rather\r");
      await chat.untilShown("→ steers the turn");
      chat.type("\x03");
      await chat.untilShown("interrupted");
      await chat.untilShown("> or rather");
      chat.type(" go on\r");
      await chat.untilShown("Here again");
      await leave(chat);
      expect(lastInput(server)).toContain("or rather go on");
    },
  );
  expect(await storedLines(sandbox)).toEqual([
    "user_message wait for me",
    "user_message or rather go on",
    "assistant_message Here again",
  ]);
});

test("blank lines and a file that is not there do not steer", async () => {
  const first = held(textAnswer("The answer"));
  await withChat({ sandbox, steps: [first.step] }, async (chat, server) => {
    chat.type("begin\r");
    await first.asked;
    chat.type("\r");
    chat.type("see @missing.txt\r");
    await chat.untilShown("> see @missing.txt");
    first.release();
    await chat.untilShown(" answer");
    await chat.untilShown("file/not_found");
    // At the prompt: before that nobody reads it, and Ctrl-C would clear nothing.
    await chat.untilShown("\x1b[1m> \x1b[22msee @missing.txt");
    chat.type("\x03\x04");
    expect(await chat.exited).toBe(0);
    expect(server.requests).toHaveLength(1);
  });
});

test("under TERM=dumb too, what is typed while a turn runs is a part of it", async () => {
  const first = held(callTool("todo", {}));
  await using server = await startResponsesServer({ steps: [first.step, textAnswer("Short")] });
  await sandbox.configure(configFor(server.url));
  await using chat = await startChat(sandbox, [], { TERM: "dumb" });
  chat.type("write much\r");
  await first.asked;
  chat.type("shorter, please\r");
  await chat.untilShown("-> steers the turn");
  chat.type("/usage\r");
  await chat.untilShown("-> waits for the end of the turn");
  first.release();
  await chat.untilShown("→ the turn");
  await chat.untilShown("tokens in");
  await leave(chat);
  expect(server.requests.map(inputOf).at(-1)?.at(-1)).toContain("shorter, please");
  expect(chat.screen()).not.toContain("\x1b");
});
