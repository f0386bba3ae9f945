import { expect } from "bun:test";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject, type Json } from "../../../src/core/json.ts";
import { runs } from "../../fakes/codex_cases.ts";
import { textAnswer } from "../../fakes/server_steps.ts";
import { configFor } from "../sandbox.ts";
import { type CodexLab, onEveryCodex, openLab, said } from "./sandbox.ts";

const done = textAnswer("All done.", { phase: "final_answer" });

/** What the model was asked last, with everything that was said before. */
function lastAsked({ server }: CodexLab): Json {
  const body = server.requests.at(-1)?.body ?? null;
  return (isJsonObject(body) ? body["input"] : undefined) ?? null;
}

/** The words of one side in what the model was asked. */
function wordsOf(asked: Json, role: "user" | "assistant"): readonly string[] {
  const messages = Array.isArray(asked) ? asked.filter(isJsonObject) : [];
  return messages
    .filter((message) => message["role"] === role)
    .flatMap(({ content }) => (Array.isArray(content) ? content.filter(isJsonObject) : []))
    .map(({ text }) => text)
    .filter((text) => typeof text === "string")
    .filter((text) => !text.startsWith("<"));
}

/** By `prompt_cache_key` codex names its thread to the model's endpoint. */
function threads({ server }: CodexLab): ReadonlySet<Json | undefined> {
  return new Set(
    server.requests.map(({ body }) => (isJsonObject(body) ? body["prompt_cache_key"] : undefined)),
  );
}

onEveryCodex("the next run goes on in the same thread", async (codex) => {
  const steps = [textAnswer("Hello, Ada."), textAnswer("Ada.")];
  await using lab = await openLab(codex, { steps });
  const first = await lab.turn("My name is Ada");
  const second = await lab.turn("What is my name?", "-c");
  expect([first.code, second.code, second.items]).toEqual([0, 0, [said("Ada.")]]);
  expect(second.sessionId).toBe(first.sessionId);
  expect(threads(lab).size).toBe(1);
  const asked = lastAsked(lab);
  expect(wordsOf(asked, "user")).toEqual(["My name is Ada", "What is my name?"]);
  expect(wordsOf(asked, "assistant")).toEqual(["Hello, Ada."]);
});

onEveryCodex("-c needs no --runtime: the session knows its own", async (codex) => {
  await using lab = await openLab(codex, { steps: [textAnswer("One."), textAnswer("Two.")] });
  await lab.turn("Count");
  const { code, items, events } = await lab.ended(lab.start(["-z", "Go on", "--json", "-c"]));
  expect([code, items]).toEqual([0, [said("Two.")]]);
  expect(events[0]).toMatchObject({ runtime: "codex_app_server" });
});

onEveryCodex("--resume names the session", async (codex) => {
  const steps = [textAnswer("One."), textAnswer("Other."), textAnswer("Two.")];
  await using lab = await openLab(codex, { steps });
  const first = await lab.turn("Count");
  await lab.turn("Something else");
  const { code, sessionId } = await lab.turn("Go on", "--resume", first.sessionId);
  expect([code, sessionId]).toEqual([0, first.sessionId]);
  expect(wordsOf(lastAsked(lab), "user")).toEqual(["Count", "Go on"]);
});

onEveryCodex("a turn, the next one and the session tell one story", async (codex) => {
  const steps = [
    runs("sleep 0.2; echo one"),
    textAnswer("One is there."),
    textAnswer("It was one."),
  ];
  await using lab = await openLab(codex, { steps });
  const first = await lab.turn("Make one");
  const second = await lab.turn("What was it?", "-c");
  const stored = await lab.storedItems(first.sessionId);
  const told = [first, second].flatMap(({ events }) =>
    events.flatMap(({ type, item }) => (type === "item.completed" && item ? [item.id] : [])),
  );
  expect(stored.map(({ id }) => id)).toEqual(told);
  const { stdout } = await lab.run(["sessions", "show", first.sessionId]);
  for (const text of ["Make one", "One is there.", "What was it?", "It was one."]) {
    expect(stdout).toContain(text);
  }
});

onEveryCodex("codex hears what was said before it took over", async (codex) => {
  const steps = [textAnswer("Hello, Ada."), textAnswer("Ada.")];
  await using lab = await openLab(codex, { steps });
  await lab.hermes.configure(configFor(lab.server.url));
  const first = await lab.ended(lab.start(["-z", "My name is Ada", "--json"]));
  expect(first.events[0]).toMatchObject({ runtime: "loop" });
  const onCodex = ["--provider", "openai-codex"];
  const second = await lab.turn("What is my name?", "-c", ...onCodex);
  expect([second.code, second.items]).toEqual([0, [said("Ada.")]]);
  const asked = lastAsked(lab);
  expect(wordsOf(asked, "user")).toEqual(["My name is Ada", "What is my name?"]);
  expect(wordsOf(asked, "assistant")).toEqual(["Hello, Ada."]);
});

onEveryCodex("our own loop hears what was said on codex", async (codex) => {
  const steps = [textAnswer("Hello, Ada."), textAnswer("Ada.")];
  await using lab = await openLab(codex, { steps });
  await lab.turn("My name is Ada");
  await lab.hermes.configure(configFor(lab.server.url));
  const args = ["-z", "What is my name?", "--json", "-c", "--runtime", "auto"];
  const own = ["--provider", "custom", "--model", "m1"];
  const second = await lab.ended(lab.start([...args, ...own]));
  expect([second.code, second.items]).toEqual([0, [said("Ada.")]]);
  expect(JSON.stringify(lastAsked(lab))).toContain("Hello, Ada.");
});

onEveryCodex("a conversation stays in one thread and one codex", async (codex) => {
  const steps = [textAnswer("One."), textAnswer("Two.")];
  await using lab = await openLab(codex, { steps });
  const pids = new Set<number>();
  const items = await lab.chat(async (person) => {
    person.says("Count");
    await person.sees("One.", "> ");
    for (const { pid, command } of await lab.processes())
      if (command[1] === "app-server") pids.add(pid);
    person.says("Go on");
    await person.sees("Two.");
    for (const { pid, command } of await lab.processes())
      if (command[1] === "app-server") pids.add(pid);
  });
  expect(items).toEqual([said("One."), said("Two.")]);
  expect([threads(lab).size, pids.size]).toEqual([1, 1]);
});

onEveryCodex("a thread that codex lost is begun again from the session", async (codex) => {
  const steps = [textAnswer("Hello, Ada."), textAnswer("Ada.")];
  await using lab = await openLab(codex, { steps });
  await lab.turn("My name is Ada");
  await using other = await openLab(codex, { steps: [textAnswer("Ada.")] });
  const env = { CODEX_HOME: other.home.directory };
  const args = ["-z", "What is my name?", "--json", "-c", "--runtime", "codex_app_server"];
  const { code, items, events } = await lab.ended(lab.start(args, { env }));
  expect([code, items]).toEqual([0, [said("Ada.")]]);
  expect(events.filter(({ type }) => type === "notice")).toHaveLength(1);
  expect(wordsOf(lastAsked(other), "user")).toEqual(["My name is Ada", "What is my name?"]);
});

onEveryCodex(
  "a thread that another codex works in is told as that",
  async (codex) => {
    const slow = textAnswer("Once upon a time", { cut: { afterFrames: 4, how: "hang" } });
    await using lab = await openLab(codex, { steps: [done, slow, done] });
    await lab.turn("Say hello");
    const first = lab.startTurn("Tell me a story", "-c");
    await first.until("item.delta");
    const args = ["-z", "And now?", "-c"];
    const { code, stdout, stderr } = await lab.run(args);
    expect([code, stdout]).toEqual([0, "All done.\n"]);
    expect(stderr).toMatch(
      /^warning: codex does not go on in this session's thread \(.* has an active writer\): a new one /,
    );
    first.signal("SIGINT");
    expect((await first.ended).code).toBe(130);
  },
  { since: "0.169.0" },
);

onEveryCodex("--ephemeral keeps no session", async (codex) => {
  await using lab = await openLab(codex, { steps: [done] });
  const args = ["-z", "Say hello", "--runtime", "codex_app_server", "--ephemeral", "--quiet"];
  expect(await lab.run(args)).toEqual({ code: 0, stdout: "All done.\n", stderr: "" });
  const { stdout } = await lab.run(["sessions", "list", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ sessions: [] });
});

onEveryCodex("a session that goes on elsewhere works there", async (codex) => {
  const steps = [textAnswer("Here."), runs("pwd > place.txt"), done];
  await using lab = await openLab(codex, { steps });
  await lab.turn("Where are you?");
  const other = join(lab.work, "other");
  await mkdir(other);
  const { code } = await lab.turn("And now?", "-c", "--cwd", other);
  expect([code, await readFile(join(other, "place.txt"), "utf8")]).toEqual([0, `${other}\n`]);
  expect(threads(lab).size).toBe(1);
});

onEveryCodex("codex hears of the turns that it had no part in", async (codex) => {
  const steps = [textAnswer("One."), textAnswer("Blue."), textAnswer("Three.")];
  await using lab = await openLab(codex, { steps });
  await lab.turn("First");
  await lab.hermes.configure(configFor(lab.server.url));
  const own = ["-z", "My colour is blue", "-c", "--json", "--runtime", "auto"];
  const second = await lab.ended(lab.start([...own, "--provider", "custom", "--model", "m1"]));
  const third = await lab.turn("And third", "-c", "--provider", "openai-codex");
  expect([second.code, third.code]).toEqual([0, 0]);
  const asked = lastAsked(lab);
  expect(wordsOf(asked, "user")).toEqual(["First", "My colour is blue", "And third"]);
  expect(wordsOf(asked, "assistant")).toEqual(["One.", "Blue."]);
});
