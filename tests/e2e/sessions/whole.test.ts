import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ResponsesServer, startResponsesServer } from "../../fakes/responses_server.ts";
import { textAnswer } from "../../fakes/server_steps.ts";
import { configFor, createSandbox, type Sandbox } from "../sandbox.ts";
import { first, openStore, second, storeCompressed, user } from "./stored.ts";

let sandbox: Sandbox;
let server: ResponsesServer;
beforeEach(async () => {
  sandbox = await createSandbox();
  server = await startResponsesServer({ steps: [textAnswer("the answer")], repeat: true });
  await sandbox.configure(configFor(server.url));
  await storeCompressed(sandbox, server.url);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
});

async function hermes(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await sandbox.run(args);
  expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
  return stdout;
}

interface ShownItem {
  readonly type: string;
  readonly text?: string;
}

async function shown(id: string): Promise<{
  readonly session: Readonly<Record<string, unknown>>;
  readonly items: readonly ShownItem[];
}> {
  return JSON.parse(await hermes("sessions", "show", id, "--json")) as never;
}

/** What was said, in order; a compression is a line. */
async function told(id: string): Promise<readonly string[]> {
  return (await shown(id)).items.map(({ type, text }) => text ?? type);
}

const everything = [
  "an elephant walks in",
  "It has a trunk",
  "and a walrus 海象",
  "compaction",
  "It has tusks",
];

describe("a session that was compressed", () => {
  test("is listed once, as what it is in all", async () => {
    const { sessions } = JSON.parse(await hermes("sessions", "list", "--json"));
    const { side_usage: sides, ...facts } = (await shown("zoo")).session;
    expect(sides).toEqual([]);
    expect(sessions).toEqual([
      {
        ...facts,
        id: second,
        title: "zoo",
        part_ids: [first, second],
        started_at: "2026-01-01T12:00:00.000Z",
        message_count: 4,
        model_calls: 2,
        cost_usd: null,
        cost_status: "unknown",
      },
    ]);
    expect(sessions[0].usage.input_tokens).toBe(25);
  });

  test.each([first, second, "zoo", "zoo #2", "20260101_12"])(
    "is shown whole, once and in order, by %s",
    async (name) => {
      expect(await told(name)).toEqual(everything);
      const text = await hermes("sessions", "show", name);
      expect(text.match(/elephant|trunk|walrus|context compressed|tusks/g)).toEqual([
        "elephant",
        "trunk",
        "walrus",
        "context compressed",
        "tusks",
      ]);
    },
  );

  test.each(["md", "html", "json", "jsonl"])("is exported whole as %s", async (format) => {
    const text = await hermes("sessions", "export", first, "-f", format);
    const words = text.slice(text.indexOf("trunk") - 60).match(/trunk|海象|tusks/g);
    expect([text.includes("elephant"), words]).toEqual([true, ["trunk", "海象", "tusks"]]);
    // The summary is for the model, and data.
    expect(text.includes("SUMMARY")).toBe(format.startsWith("json"));
  });

  test("is found where it was said, and named by what goes on", async () => {
    for (const [words, role] of [
      ["elephant", "user"],
      ["tusks", "assistant"],
      ["海象", "user"],
    ]) {
      const { hits } = JSON.parse(await hermes("sessions", "search", words ?? "", "--json"));
      expect(hits).toMatchObject([{ resume_id: second, role }]);
      expect(await hermes("sessions", "search", words ?? "")).toStartWith(`${second}\t`);
    }
    expect(JSON.parse(await hermes("sessions", "search", "SUMMARY", "--json"))).toEqual({
      hits: [],
    });
  });

  test("is renamed and deleted whole", async () => {
    await hermes("sessions", "rename", first, "animals");
    expect((await shown("animals")).session).toMatchObject({ id: second, title: "animals" });
    expect((await sandbox.run(["sessions", "show", "zoo"])).code).toBe(66);
    await hermes("sessions", "delete", first, "--yes");
    expect(JSON.parse(await hermes("sessions", "list", "--json"))).toEqual({ sessions: [] });
  });

  test("goes on from its summary, by any of its ids", async () => {
    await hermes("-z", "what now?", "-r", first);
    const sent = JSON.stringify(server.requests.at(-1)?.body);
    expect([sent.includes("SUMMARY of the zoo"), sent.includes("elephant")]).toEqual([true, false]);
    expect(await told("zoo")).toEqual([...everything, "what now?", "the answer"]);
  });
});

describe("sessions rewind", () => {
  test("takes the last turn back: the model does not get it, and nobody finds it", async () => {
    await hermes("-z", "forget this 秘密", "-r", "zoo");
    const rewound = await sandbox.run(["sessions", "rewind", "zoo"]);
    expect(rewound).toEqual({
      code: 0,
      stdout: "forget this 秘密\n",
      stderr: `Took back 1 turn (2 items) of ${second}\n`,
    });
    expect(await told("zoo")).toEqual(everything);
    for (const words of ["forget", "秘密", "秘"]) {
      expect(JSON.parse(await hermes("sessions", "search", words, "--json"))).toEqual({ hits: [] });
    }
    await hermes("-z", "something else", "-r", "zoo");
    expect(JSON.stringify(server.requests.at(-1)?.body)).not.toContain("forget this");
  });

  test("goes back behind a compression: the part before it goes on, with its own items", async () => {
    const { stdout, stderr } = await sandbox.run(["sessions", "rewind", second, "--to", "a2"]);
    expect([stdout, stderr]).toEqual([
      "and a walrus 海象\n",
      `Took back 1 turn (3 items) of ${second}; it goes on in ${first}, from before it was compressed\n`,
    ]);
    expect(await told(second)).toEqual(everything.slice(0, 2));
    await hermes("-z", "and a tapir?", "-r", second);
    const sent = JSON.stringify(server.requests.at(-1)?.body);
    expect([sent.includes("elephant"), sent.includes("SUMMARY"), sent.includes("walrus")]).toEqual([
      true,
      false,
      false,
    ]);
    expect(await told("zoo")).toEqual([...everything.slice(0, 2), "and a tapir?", "the answer"]);
  });

  test("is refused while a turn runs", async () => {
    await using store = openStore(sandbox);
    await store.startTurn({ turnId: "t9", sessionId: second, startedAt: Date.now() });
    await store.append("t9", user("u9", "running"), Date.now());
    const { code, stderr } = await sandbox.run(["sessions", "rewind", "zoo"]);
    expect([code, stderr.includes("session/busy"), stderr.includes("--force")]).toEqual([
      75,
      true,
      true,
    ]);
    expect((await told("zoo")).at(-1)).toBe("running");
    expect(await hermes("sessions", "rewind", "zoo", "--force")).toBe("running\n");
  });

  test.each([
    [["--turns", "3"], "The session has only 2 turns"],
    [["--to", "nothing"], "No turn of the session holds it: nothing"],
    [["--turns", "1", "--to", "u1"], "exclude one another"],
  ])("says what is wrong with %j", async (flags, expected) => {
    const { code, stderr } = await sandbox.run(["sessions", "rewind", "zoo", ...flags]);
    expect([code, stderr.includes(expected)]).toEqual([2, true]);
  });
});

test("sessions branch makes a second session; both go on by themselves", async () => {
  const { stdout, stderr } = await sandbox.run(["sessions", "branch", first, "--title", "farm"]);
  const id = stdout.trimEnd();
  expect(stderr).toBe(`Branched (farm): hermes --resume ${id} goes on with it\n`);
  await hermes("-z", "a cow", "-r", "farm");
  const sent = JSON.stringify(server.requests.at(-1)?.body);
  expect([sent.includes("SUMMARY of the zoo"), sent.includes("elephant")]).toEqual([true, false]);
  await hermes("-z", "a yak", "-r", "zoo");
  expect(await told("farm")).toEqual([...everything, "a cow", "the answer"]);
  expect(await told("zoo")).toEqual([...everything, "a yak", "the answer"]);
  expect((await shown("farm")).session).toMatchObject({ id, parent_id: second, model_calls: 1 });
  await hermes("sessions", "delete", "zoo", "--yes");
  expect(await told("farm")).toEqual([...everything, "a cow", "the answer"]);
});

test("whole results stay as long as a branch tells of them", async () => {
  const path = join(sandbox.home, "results", second, "call.txt");
  await mkdir(join(sandbox.home, "results", second), { recursive: true });
  await writeFile(path, "long");
  {
    await using store = openStore(sandbox);
    await store.startTurn({ turnId: "t3", sessionId: second, startedAt: 0 });
    const output = `The whole text is in ${path}`;
    const result = { type: "tool-result", id: "r3", callId: "c3", output, isError: false } as const;
    await store.append("t3", result, 1);
  }
  await hermes("sessions", "branch", "zoo", "--title", "farm");
  await hermes("sessions", "delete", "zoo", "--yes");
  expect(await readFile(path, "utf8")).toBe("long");
});

describe("snapshots", () => {
  test("are written after a turn where they are wanted, for nobody else, without secrets", async () => {
    const key = `sk-${"a1B2c3D4".repeat(5)}`;
    await sandbox.configure(`${configFor(server.url)}sessions: {write_json_snapshots: true}\n`);
    await hermes("-z", `my key is ${key}`, "-r", "zoo");
    const path = join(sandbox.home, "sessions", `session_${second}.json`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = await readFile(path, "utf8");
    expect([text.includes(key), text.includes("elephant")]).toEqual([false, true]);
    const snapshot = JSON.parse(text);
    expect(snapshot).toMatchObject({ session_id: second, model: "m1", message_count: 7 });
    expect(snapshot.messages.map(({ role }: { role: string }) => role)).toEqual([
      ...["user", "assistant", "user", "system", "assistant", "user", "assistant"],
    ]);
    // One that holds less does not take its place.
    await hermes("sessions", "rewind", "zoo", "--turns", "2");
    await hermes("-z", "short", "-r", "zoo");
    await hermes("-z", "long", "-r", "zoo");
    const others = await readdir(join(sandbox.home, "sessions"));
    expect(others.toSorted()).toEqual([`session_${first}.json`, `session_${second}.json`]);
    expect(JSON.parse(await readFile(path, "utf8")).message_count).toBe(7);
    await hermes("sessions", "delete", "zoo", "--yes");
    expect(await readdir(join(sandbox.home, "sessions"))).toEqual([]);
  });

  test("are not written where nobody wants them, or of an ephemeral session", async () => {
    await hermes("-z", "hello");
    await sandbox.configure(`${configFor(server.url)}sessions: {write_json_snapshots: true}\n`);
    await hermes("-z", "hello", "--ephemeral");
    expect(await readdir(sandbox.home)).not.toContain("sessions");
  });

  test("that cannot be written are told of, and the turn is as good", async () => {
    await sandbox.configure(`${configFor(server.url)}sessions: {write_json_snapshots: true}\n`);
    await writeFile(join(sandbox.home, "sessions"), "in the way");
    const { code, stdout, stderr } = await sandbox.run(["-z", "hello"]);
    expect([code, stdout]).toEqual([0, "the answer\n"]);
    expect(stderr).toContain("The session was not written as JSON");
  });
});

test("sessions prune takes a whole session with the files beside it", async () => {
  for (const id of [first, second]) {
    await mkdir(join(sandbox.home, "results", id), { recursive: true });
    await writeFile(join(sandbox.home, "results", id, "call.txt"), "long");
  }
  const { stderr } = await sandbox.run(["sessions", "prune", "--older-than", "1", "--yes"]);
  expect(stderr).toBe("Deleted 1 session\n");
  expect(await readdir(join(sandbox.home, "results"))).toEqual([]);
  expect(JSON.parse(await hermes("sessions", "list", "--json"))).toEqual({ sessions: [] });
});

describe("the cost of a session", () => {
  test("is told by the user's prices, in the turn and of the session", async () => {
    await sandbox.configure(
      `${configFor(server.url)}prices: {m1: {input: 1000, cached_input: 100, output: 5000}}\n`,
    );
    const { stdout } = await sandbox.run(["-z", "hello", "--json"]);
    const end = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    const { input_tokens: input, cached_input_tokens: cached, output_tokens: output } = end.usage;
    const expected = ((input - cached) * 1000 + cached * 100 + output * 5000) / 1e6;
    expect(end.usage.cost_usd).toBeCloseTo(expected, 9);
    const [{ id }] = JSON.parse(await hermes("sessions", "list", "--json")).sessions;
    expect((await shown(id)).session).toMatchObject({
      cost_status: "known",
      model_calls: 1,
      cost_usd: end.usage.cost_usd,
    });
    expect(await hermes("sessions", "show", id)).toContain("$");
  });

  test("of some calls says so", async () => {
    await sandbox.configure(`${configFor(server.url)}prices: {m1: {input: 1, output: 1}}\n`);
    await hermes("-z", "hello", "-r", "zoo");
    expect((await shown("zoo")).session).toMatchObject({
      cost_status: "partly_known",
      model_calls: 3,
    });
    expect(await hermes("sessions", "show", "zoo")).toContain("2 more calls of unknown cost");
  });
});
