import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseSlash, slashCommands } from "../../../src/cli/interactive/slash_commands.ts";
import { HermesError } from "../../../src/core/errors.ts";
import type { Item } from "../../../src/core/item.ts";
import { MemorySessionStore } from "../../../src/storage/memory_store.ts";
import { answer, type FakeAppParts } from "../../fakes/app.ts";
import { startChat, type Chat, type ChatOptions } from "../../fakes/chat.ts";

/** The lines below the header. */
function talk(chat: Chat): readonly string[] {
  return chat.seen().slice(3);
}

/** A chat after these lines were sent, one after the other. */
async function chatAfter(lines: readonly string[], options: ChatOptions = {}): Promise<Chat> {
  const chat = await startChat(options);
  for (const line of lines) {
    chat.type(`${line}\r`);
    await chat.untilShown(line);
    await chat.settle();
    await chat.untilPrompt();
  }
  return chat;
}

async function storeWith(
  ...sessions: readonly {
    readonly id: string;
    readonly at: number;
    readonly items: readonly Item[];
  }[]
): Promise<MemorySessionStore> {
  const store = new MemorySessionStore();
  for (const { id, at, items } of sessions) {
    await store.create({
      id,
      source: "cli",
      provider: "lab",
      model: "m1",
      runtime: "loop",
      cwd: "/",
      instructions: "",
      startedAt: at,
    });
    await store.startTurn({ turnId: `turn-${id}`, sessionId: id, startedAt: at });
    for (const item of items) await store.append(`turn-${id}`, item, at);
  }
  return store;
}

function question(text: string): Item {
  return { type: "user-message", id: "u", parts: [{ type: "text", text }] };
}

function reply(text: string): Item {
  return { type: "assistant-message", id: "a", text };
}

describe("parseSlash()", () => {
  test.each([
    ["/help", "/help", ""],
    ["  /help  ", "/help", ""],
    ["/q", "/quit", ""],
    ["/exit", "/quit", ""],
    ["/resume  release notes ", "/resume", "release notes"],
    ["/model m2\tlab", "/model", "m2\tlab"],
  ])("%j is %s with %j", (text, name, operands) => {
    const call = parseSlash(text);
    expect([call?.command.name, call?.operands]).toEqual([name, operands]);
  });

  test.each(["hello", "see /help", "/etc/hosts is odd", "/usr/bin/env", "@/a"])(
    "%j is a message",
    (text) => {
      expect(parseSlash(text)).toBeUndefined();
    },
  );

  test.each([
    ["/resum", "did you mean /resume?"],
    ["/quti", "did you mean /quit?"],
    ["/zzzzzz", "/help tells what there is"],
    ["/", "/help tells what there is"],
  ])("%j is refused with: %s", (text, hint) => {
    let error: unknown;
    try {
      parseSlash(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error instanceof HermesError && [error.code, error.hint]).toEqual([
      "usage/invalid",
      hint,
    ]);
  });

  test("no name stands for two commands", () => {
    const names = slashCommands.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("slash commands", () => {
  test.each([40, 60, 100])(
    "/help names every command at %d columns, no word cut",
    async (columns) => {
      await using chat = await chatAfter(["/help"], { columns });
      const words = talk(chat).join(" ").split(/\s+/).join(" ");
      for (const { name, operands = "", summary } of slashCommands) {
        expect(words).toContain(`${name} ${operands} ${summary}`.replace(/\s+/g, " "));
      }
      expect(words).toContain("Enter while a turn runs says it to the turn:");
    },
  );

  test.each(["/new and look at the tests", "/quit now", "/usage x"])(
    "%s is refused: what was written behind the command would be lost",
    async (line) => {
      await using chat = await chatAfter([line]);
      const [name = "", ...rest] = line.split(" ");
      expect(talk(chat)).toEqual([
        `> ${line}`,
        `error: ${name} takes nothing behind it: ${rest.join(" ")} (usage/invalid)`,
        `hint: send ${name} alone`,
        "",
        ">",
      ]);
    },
  );

  test("an unknown one is told, and nothing is sent", async () => {
    await using chat = await chatAfter(["/modle"]);
    expect(talk(chat)).toEqual([
      "> /modle",
      "error: Unknown command: /modle (usage/invalid)",
      "hint: did you mean /model?",
      "",
      ">",
    ]);
    expect(chat.app().messages).toEqual([]);
  });

  test("/usage counts the tokens of the session", async () => {
    const usage = {
      inputTokens: 1_000,
      cachedInputTokens: 200,
      outputTokens: 30,
      reasoningTokens: 10,
      totalTokens: 1_030,
    };
    const turn: NonNullable<FakeAppParts["turn"]> = async function* (message, signal) {
      yield { type: "usage", usage };
      yield* answer("ok")(message, signal);
    };
    await using chat = await chatAfter(["one", "two", "/usage"], { parts: { turn } });
    expect(talk(chat)).toContain("2,000 tokens in (400 cached), 60 out (20 of them reasoning)");
  });

  test("/reasoning shows what the model thought", async () => {
    const turn: NonNullable<FakeAppParts["turn"]> = async function* (message, signal) {
      const item = { type: "reasoning", id: "r", text: "First this,\nthen that." } as const;
      yield { type: "item-start", item: { ...item, text: "" } };
      yield { type: "item-end", item };
      yield* answer("ok")(message, signal);
    };
    await using chat = await chatAfter(["/reasoning", "one", "/reasoning"], { parts: { turn } });
    expect(talk(chat)).toEqual([
      "> /reasoning",
      "The model told nothing of it",
      "",
      "> one",
      "ok",
      "",
      "> /reasoning",
      "First this,",
      "then that.",
      "",
      ">",
    ]);
  });

  test("/new and /model open another conversation, and close the one before", async () => {
    await using chat = await chatAfter(["one", "/model m2", "/new", "/model m3 lab"]);
    const opened = chat.app().opened.map(({ model, provider, resume }) => ({
      model,
      provider,
      resume,
    }));
    expect(opened).toEqual([
      { model: undefined, provider: undefined, resume: undefined },
      { model: "m2", provider: undefined, resume: { kind: "named", idOrTitle: "s1" } },
      { model: "m2", provider: undefined, resume: undefined },
      { model: "m3", provider: "lab", resume: undefined },
    ]);
    expect(chat.app().closed()).toBe(3);
  });

  test("/resume takes no model of the session before along", async () => {
    await using chat = await chatAfter(["one", "/model m2 lab", "/resume s9"]);
    const { model, provider, resume } = chat.app().opened.at(-1) ?? {};
    expect([model, provider, resume]).toEqual([
      undefined,
      undefined,
      { kind: "named", idOrTitle: "s9" },
    ]);
  });

  test("/model shows what the endpoint offers", async () => {
    await using chat = await chatAfter(["/model"], { parts: { models: ["m0", "m1"] } });
    expect(talk(chat)).toEqual([
      "> /model",
      "m1 (lab)",
      "  m0",
      "• m1",
      "/model MODEL goes on with another one",
      "",
      ">",
    ]);
  });

  test("/codex-runtime tells what was set just before, and what this session runs on", async () => {
    await using chat = await chatAfter(["/codex-runtime on", "/codex-runtime"], {
      parts: { codex: { version: "0.169.0", failure: undefined } },
    });
    expect(talk(chat).slice(1, 9)).toEqual([
      "model.openai_runtime: auto → codex_app_server",
      "Nothing to change in /home/me/.codex/config.toml",
      "holds for new sessions: /new",
      "",
      "> /codex-runtime",
      "this session: hermes's own loop",
      "model.openai_runtime: codex_app_server",
      "codex 0.169.0",
    ]);
  });

  test.each([
    ["loop", [], "No tools"],
    ["loop", ["terminal", "todo"], "terminal, todo"],
    ["codex_app_server", [], "codex's own tools"],
    ["codex_app_server", ["todo", "clarify"], "codex's own tools, and of hermes: todo, clarify"],
  ] as const)("/tools on %s with %j", async (runtime, toolNames, told) => {
    await using chat = await chatAfter(["/tools"], {
      parts: { conversation: { runtime, toolNames } },
    });
    expect(talk(chat)[1]).toBe(told);
  });

  test("/model on codex asks no endpoint", async () => {
    const models = new HermesError("auth/missing", "No model endpoint is configured");
    await using chat = await chatAfter(["/model"], {
      parts: { models, conversation: { runtime: "codex_app_server" } },
    });
    expect(talk(chat)).toEqual([
      "> /model",
      "m1 (lab)",
      "codex asks its models itself; /model MODEL goes on with another one",
      "",
      ">",
    ]);
  });

  test("a failure of a command leaves the session as it was", async () => {
    const models = new HermesError("network/unreachable", "Cannot reach the endpoint");
    await using chat = await chatAfter(["/model", "one"], { parts: { models } });
    expect(talk(chat)).toContain("error: Cannot reach the endpoint (network/unreachable)");
    expect(chat.app().messages.length).toBe(1);
  });

  test("/approvals shows the mode and changes it", async () => {
    await using chat = await chatAfter(["/approvals", "/approvals yolo", "/approvals yes"], {
      parts: { config: { command_allowlist: ["git push"] } },
    });
    expect(talk(chat).slice(0, 6)).toEqual([
      "> /approvals",
      "ask: dangerous commands are asked about",
      "always allowed: git push",
      "/approvals smart: a small model allows what is harmless, the rest is asked about",
      "/approvals deny: dangerous commands are denied",
      "/approvals yolo: everything is allowed",
    ]);
    expect(talk(chat)).toContain("error: No such mode: yes (usage/invalid)");
    expect(chat.app().opened.map(({ approval }) => approval)).toEqual(["ask", "yolo"]);
  });

  test("/codex-runtime shows, turns on and off what new sessions run on", async () => {
    await using chat = await chatAfter(
      ["/codex-runtime", "/codex-runtime on", "/new", "/codex-runtime OFF", "/codex-runtime x"],
      { parts: { codex: { version: "0.169.0", failure: undefined } } },
    );
    const shown = talk(chat).filter((line) => /runtime|codex 0/.test(line));
    expect(shown).toEqual([
      "> /codex-runtime",
      "model.openai_runtime: auto",
      "codex 0.169.0",
      "> /codex-runtime on",
      "model.openai_runtime: auto → codex_app_server",
      "> /codex-runtime OFF",
      "model.openai_runtime: codex_app_server → auto",
      "> /codex-runtime x",
      "error: No such runtime: x (usage/invalid)",
      "hint: /codex-runtime on, or /codex-runtime off",
    ]);
    expect(chat.app().opened.map(({ runtime }) => runtime)).toEqual([
      undefined,
      "codex_app_server",
    ]);
    expect(await readFile(join(chat.cwd, "home/config.yaml"), "utf8")).toBe(
      "model:\n  openai_runtime: auto\n",
    );
  });

  test("/codex-runtime on holds where codex's configuration cannot be written", async () => {
    const migration = new HermesError("codex/config_invalid", "config.toml is no TOML: line 2", {
      hint: "correct it, then: hermes codex migrate",
    });
    await using chat = await chatAfter(["/codex-runtime on"], {
      parts: { codex: { version: "0.169.0", failure: undefined }, migration },
    });
    expect(talk(chat).slice(1, 4)).toEqual([
      "model.openai_runtime: auto → codex_app_server",
      "warning: codex's configuration was left as it is: config.toml is no TOML: line 2",
      "correct it, then: hermes codex migrate",
    ]);
  });

  test("/codex-runtime on can come before the sign-in, which is told", async () => {
    const failure = new HermesError("auth/missing", "codex is not signed in");
    await using chat = await chatAfter(["/codex-runtime on"], {
      parts: { codex: { version: "0.169.0", failure } },
    });
    expect(talk(chat).slice(1, 5)).toEqual([
      "model.openai_runtime: auto → codex_app_server",
      "Nothing to change in /home/me/.codex/config.toml",
      "warning: codex is not signed in: codex login",
      "holds for new sessions: /new",
    ]);
  });

  test("/codex-runtime is not turned on without a codex", async () => {
    await using chat = await chatAfter(["/codex-runtime on"]);
    expect(talk(chat)).toContain("error: The codex program is not on PATH: codex (codex/missing)");
    expect(existsSync(join(chat.cwd, "home/config.yaml"))).toBe(false);
  });

  test("an ephemeral session with turns cannot go on with another model", async () => {
    await using chat = await chatAfter(["one", "/model m2"], { argv: ["--ephemeral"] });
    expect(talk(chat)).toContain("hint: /new begins another one");
    expect(chat.app().opened.length).toBe(1);
  });

  test("/config tells where the file is", async () => {
    await using chat = await chatAfter(["/config"]);
    expect(talk(chat)[1]).toStartWith(`file              ${chat.cwd}/home/config.yaml (not th`);
  });

  test("/sessions lists them, /resume goes on with one and shows its last exchange", async () => {
    const sessions = await storeWith(
      { id: "s0", at: 0, items: [question("the first\nquestion"), reply("An answer")] },
      { id: "s1", at: 60_000, items: [question("current")] },
    );
    await using chat = await chatAfter(["/sessions", "/resume s0"], { parts: { sessions } });
    expect(talk(chat).slice(0, 3)).toEqual([
      "> /sessions",
      "• s1  just now, 1 message: current",
      "  s0  just now, 2 messages: the first",
    ]);
    expect(chat.app().opened.at(-1)?.resume).toEqual({ kind: "named", idOrTitle: "s0" });
  });

  test("/resume alone lets one choose", async () => {
    const sessions = await storeWith(
      { id: "s0", at: 0, items: [question("older")] },
      { id: "s2", at: 1, items: [question("newer")] },
    );
    await using chat = await startChat({ parts: { sessions } });
    chat.type("/resume\r");
    await chat.untilShown("older");
    expect(talk(chat)).toEqual([
      "> /resume",
      "Search:",
      "❯ newer                                                       just now · m1 · 1",
      "  older                                                       just now · m1 · 1",
      "1 of 2 · Enter resumes · Esc leaves",
    ]);
    chat.type("old");
    await chat.untilShown("1 of 1");
    chat.type("\r");
    await chat.untilShown("hermes 1.2.3");
    expect(chat.app().opened.at(-1)?.resume).toEqual({ kind: "named", idOrTitle: "s0" });
  });

  test("a session that is resumed from the command line begins with its last exchange", async () => {
    const sessions = await storeWith({
      id: "s1",
      at: 0,
      items: [
        question("too old"),
        reply("Too old"),
        question("line 1\nline 2"),
        reply("An \x1b[2Janswer"),
      ],
    });
    await using chat = await startChat({ parts: { sessions }, argv: ["--resume", "s1"] });
    await chat.untilPrompt();
    expect(chat.seen()).toEqual([
      "hermes 1.2.3  m1 (lab)  ~",
      "session s1  /help",
      "",
      "> line 1",
      "  line 2",
      "An answer",
      "",
      ">",
    ]);
  });

  test("/title tells what is kept of a long one", async () => {
    const sessions = await storeWith({ id: "s1", at: 1_000, items: [question("Hi")] });
    await using chat = await startChat({
      parts: { sessions },
      argv: ["--resume", "s1"],
      columns: 200,
    });
    chat.type(`/title ${"x".repeat(120)}\r`);
    await chat.untilShown("called");
    await chat.settle();
    expect(chat.seen()).toContain(`called ${"x".repeat(100)}`);
  });
});
