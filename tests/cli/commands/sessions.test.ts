import { afterAll, expect, test } from "bun:test";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Item } from "../../../src/core/item.ts";
import type { FileStore } from "../../../src/core/ports.ts";
import { machineFiles } from "../../../src/platform/files.ts";
import { MemorySessionStore } from "../../../src/storage/memory_store.ts";
import { startCli, type CliRunOptions } from "../../fakes/cli.ts";

const directory = await mkdtemp(join(tmpdir(), "hermes-cli-"));
afterAll(() => rm(directory, { recursive: true, force: true }));

const start = Date.UTC(2026, 0, 1, 12);
const hour = 3_600_000;
const key = `sk-${"a1B2c3D4".repeat(5)}`;

const talk: readonly Item[] = [
  { type: "user-message", id: "u1", parts: [{ type: "text", text: "count the words" }] },
  { type: "reasoning", id: "g1", text: "easy" },
  {
    type: "tool-call",
    id: "c1",
    callId: "call_1",
    name: "terminal",
    arguments: '{"command":"wc -w a.txt"}',
  },
  { type: "tool-result", id: "r1", callId: "call_1", output: "7 ```a.txt```", isError: false },
  { type: "assistant-message", id: "a1", text: `Seven \x1b[31mwords\x1b[0m, and ${key}` },
];

async function store(): Promise<MemorySessionStore> {
  const sessions = new MemorySessionStore();
  for (const [index, id] of ["20260101_120000_aaaaaa", "20260101_130000_bbbbbb"].entries()) {
    const startedAt = start + index * hour;
    await sessions.create({
      id,
      source: index === 0 ? "cli" : "oneshot",
      provider: "lab",
      model: "m1",
      runtime: "loop",
      cwd: "/w",
      instructions: "be good",
      startedAt,
    });
    await sessions.startTurn({ turnId: `t${index}`, sessionId: id, startedAt });
    const items = index === 0 ? talk : talk.slice(0, 1);
    for (const item of items) await sessions.append(`t${index}`, item, startedAt);
    await sessions.endTurn({
      turnId: `t${index}`,
      outcome: { status: "completed", finalText: "" },
      usage: {
        inputTokens: 1,
        cachedInputTokens: 0,
        outputTokens: 2,
        reasoningTokens: 0,
        totalTokens: 3,
      },
      endedAt: startedAt,
    });
  }
  await sessions.rename("20260101_120000_aaaaaa", "word count");
  return sessions;
}

async function hermes(
  argv: readonly string[],
  options: CliRunOptions & { readonly sessions?: MemorySessionStore } = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const sessions = options.sessions ?? (await store());
  return await startCli(argv, {
    now: start + 2 * hour,
    cwd: directory,
    ...options,
    parts: { sessions },
  }).finish();
}

test("sessions list is tabs into a pipe", async () => {
  expect(await hermes(["sessions", "list"])).toEqual({
    code: 0,
    stdout:
      "20260101_130000_bbbbbb\t2026-01-01T13:00:00.000Z\t1\tm1\tcount the words\n" +
      "20260101_120000_aaaaaa\t2026-01-01T12:00:00.000Z\t2\tm1\tword count\n",
    stderr: "",
  });
});

test("sessions list is a table with relative times at a terminal", async () => {
  const { stdout } = await hermes(["sessions", "list", "-n", "1"], {
    terminal: { columns: 80 },
    env: { NO_COLOR: "1" },
  });
  expect(stdout).toBe(
    "SESSION                 UPDATED     MESSAGES  MODEL  TITLE\n" +
      "20260101_130000_bbbbbb  1 hour ago         1  m1     count the words\n",
  );
});

test.each([
  ["list", []],
  ["search", ["export"]],
  ["prune", ["--dry-run", "--older-than", "0"]],
])("sessions %s shows no secret at a terminal", async (command, operands) => {
  const sessions = new MemorySessionStore();
  const [id, startedAt] = ["20260101_120000_cccccc", start];
  await sessions.create({
    ...{ id, startedAt, source: "cli", provider: "lab", model: "m1", runtime: "loop" },
    ...{ cwd: "/w", instructions: "" },
  });
  await sessions.startTurn({ turnId: "t", sessionId: id, startedAt });
  const parts = [{ type: "text", text: `export ${key}` }] as const;
  await sessions.append("t", { type: "user-message", id: "u", parts }, start);
  const { stdout } = await hermes(["sessions", command, ...operands], {
    sessions,
    terminal: { columns: 160 },
    env: { NO_COLOR: "1" },
  });
  expect(stdout).toMatch(/export\]? sk-a1B\.\.\.c3D4/);
  expect(stdout).not.toContain(key);
});

test("sessions list --json is one document", async () => {
  const { stdout } = await hermes(["sessions", "list", "--source", "cli", "--json"]);
  expect(JSON.parse(stdout)).toEqual({
    sessions: [
      {
        id: "20260101_120000_aaaaaa",
        title: "word count",
        source: "cli",
        provider: "lab",
        model: "m1",
        base_url: null,
        runtime: "loop",
        cwd: "/w",
        parent_id: null,
        part_ids: ["20260101_120000_aaaaaa"],
        model_calls: 0,
        cost_usd: null,
        cost_status: "unknown",
        started_at: "2026-01-01T12:00:00.000Z",
        updated_at: "2026-01-01T12:00:00.000Z",
        message_count: 2,
        tool_call_count: 1,
        usage: {
          input_tokens: 1,
          cached_input_tokens: 0,
          output_tokens: 2,
          reasoning_tokens: 0,
          total_tokens: 3,
        },
        preview: "count the words",
      },
    ],
  });
});

test("sessions list of nothing says what to do, on stderr", async () => {
  const sessions = new MemorySessionStore();
  expect(await hermes(["sessions", "list"], { sessions })).toEqual({
    code: 0,
    stdout: "",
    stderr: "No sessions yet: hermes starts one\n",
  });
  expect((await hermes(["sessions", "list", "--json"], { sessions })).stdout).toBe(
    '{"sessions":[]}\n',
  );
});

test("sessions show is a transcript without secrets and escape sequences", async () => {
  expect((await hermes(["sessions", "show", "word count"])).stdout).toBe(
    [
      "word count",
      "20260101_120000_aaaaaa, m1 (lab), /w, 2 messages, 2 hours ago",
      "",
      "You",
      "count the words",
      "",
      "✓ terminal wc -w a.txt",
      "",
      "hermes",
      "Seven words, and sk-a1B...c3D4",
      "",
    ].join("\n"),
  );
});

test("sessions show --json is one document with every item as it was stored", async () => {
  const { stdout } = await hermes(["sessions", "show", "20260101_12", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    session: { id: "20260101_120000_aaaaaa" },
    items: [
      { type: "user_message", text: "count the words", turn_id: "t0" },
      { type: "reasoning" },
      { type: "tool_call", call_id: "call_1" },
      { type: "tool_result", output: "7 ```a.txt```" },
      { type: "assistant_message", at: "2026-01-01T12:00:00.000Z" },
    ],
  });
});

test("a session that is not there is 66, with --json as one document", async () => {
  const { code, stdout, stderr } = await hermes(["sessions", "show", "nope", "--json"]);
  expect(code).toBe(66);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "session/not_found" } });
  expect(stderr).toContain("(session/not_found)\n");
});

test("sessions search finds words of a person", async () => {
  const { stdout } = await hermes(["sessions", "search", "seven"]);
  expect(stdout.split("\t").slice(0, 3)).toEqual([
    "20260101_120000_aaaaaa",
    "2026-01-01T12:00:00.000Z",
    "assistant",
  ]);
  const none = await hermes(["sessions", "search", "elephant", "--json"]);
  expect(none).toEqual({ code: 0, stdout: '{"hits":[]}\n', stderr: "" });
});

test("sessions export is JSON lines by default, and lossless", async () => {
  const { stdout } = await hermes(["sessions", "export", "word count"]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
    "session",
    "user_message",
    "reasoning",
    "tool_call",
    "tool_result",
    "assistant_message",
  ]);
  expect(lines.at(-1)).toContain(key);
});

test("sessions export to a .md file is Markdown without secrets", async () => {
  const file = join(directory, "talk.md");
  expect(await hermes(["sessions", "export", "word count", "-o", "talk.md"])).toEqual({
    code: 0,
    stdout: "",
    stderr: `Wrote 5 items as Markdown: ${file}\n`,
  });
  expect(await readFile(file, "utf8")).toBe(
    [
      "# word count",
      "",
      "- Session: 20260101_120000_aaaaaa",
      "- Model: m1 (lab)",
      "- Directory: /w",
      "- Started: 2026-01-01T12:00:00.000Z",
      "",
      "## You",
      "",
      "count the words",
      "",
      "### Tool: terminal",
      "",
      "```json",
      '{"command":"wc -w a.txt"}',
      "```",
      "",
      "````",
      "7 ```a.txt```",
      "````",
      "",
      "## hermes",
      "",
      "Seven words, and sk-a1B...c3D4",
      "",
    ].join("\n"),
  );
});

test("sessions export says what it wrote to a file whose name tells no format", async () => {
  const { stderr } = await hermes(["sessions", "export", "word count", "-o", "talk.pdf"]);
  expect(stderr).toContain("Wrote 5 items as JSON lines: ");
});

test("sessions export refuses a format that is none", async () => {
  expect((await hermes(["sessions", "export", "word count", "-f", "pdf"])).code).toBe(2);
});

test("sessions rename gives a title by which the session is found", async () => {
  const sessions = await store();
  const renamed = await hermes(["sessions", "rename", "20260101_13", "release", "notes"], {
    sessions,
  });
  expect(renamed).toEqual({
    code: 0,
    stdout: "",
    stderr: "Renamed 20260101_130000_bbbbbb: release notes\n",
  });
  expect((await sessions.resolve("release notes")).id).toBe("20260101_130000_bbbbbb");
});

test("sessions rename tells what is kept of a long title", async () => {
  const sessions = await store();
  const renamed = await hermes(["sessions", "rename", "20260101_13", "x".repeat(120)], {
    sessions,
  });
  expect(renamed.stderr).toBe(`Renamed 20260101_130000_bbbbbb: ${"x".repeat(100)}\n`);
});

test("sessions delete needs a yes where nobody can be asked", async () => {
  const sessions = await store();
  const refused = await hermes(["sessions", "delete", "word count"], { sessions });
  expect(refused.code).toBe(2);
  expect((await sessions.list({ limit: 9 })).length).toBe(2);
  const deleted = await hermes(["sessions", "delete", "word count", "20260101_12", "-y"], {
    sessions,
  });
  expect(deleted).toEqual({ code: 0, stdout: "", stderr: "Deleted 20260101_120000_aaaaaa\n" });
  expect((await sessions.list({ limit: 9 })).map(({ id }) => id)).toEqual([
    "20260101_130000_bbbbbb",
  ]);
});

/** A home with whole results of these sessions; the directory for them. */
async function homeWithResults(ids: readonly string[]): Promise<string> {
  const home = await mkdtemp(join(directory, "home-"));
  for (const id of ids) {
    await mkdir(join(home, "results", id), { recursive: true });
    await writeFile(join(home, "results", id, "call_1.txt"), "all of it");
  }
  return home;
}

test("sessions delete takes the whole results of a session along", async () => {
  const home = await homeWithResults(["20260101_120000_aaaaaa", "20260101_130000_bbbbbb"]);
  const sessions = await store();
  const env = { HERMES_HOME: home };
  await hermes(["sessions", "delete", "word count", "nope", "-y"], { sessions, env });
  expect((await readdir(join(home, "results"))).length).toBe(2);
  const deleted = await hermes(["sessions", "delete", "word count", "-y"], { sessions, env });
  expect(deleted).toEqual({ code: 0, stdout: "", stderr: "Deleted 20260101_120000_aaaaaa\n" });
  expect(await readdir(join(home, "results"))).toEqual(["20260101_130000_bbbbbb"]);
});

test("sessions delete is done when the results cannot be removed, and says where they are", async () => {
  const home = await homeWithResults(["20260101_120000_aaaaaa"]);
  const place = join(home, "results", "20260101_120000_aaaaaa");
  const files: FileStore = {
    ...machineFiles,
    remove: () => Promise.reject(Object.assign(new Error("EACCES: no"), { code: "EACCES" })),
  };
  const sessions = await store();
  const env = { HERMES_HOME: home };
  const deleted = await hermes(["sessions", "delete", "word count", "20260101_13", "-y"], {
    sessions,
    env,
    files,
  });
  const warning = (id: string) =>
    [
      `warning: Results of ${id} were not removed (EACCES: no): ${join(home, "results", id)}\n`,
      `warning: The snapshot of ${id} was not removed (EACCES: no): `,
      `${join(home, "sessions", `session_${id}.json`)}\n`,
    ].join("");
  expect(deleted).toEqual({
    code: 0,
    stdout: "",
    stderr:
      `Deleted 20260101_120000_aaaaaa\n${warning("20260101_120000_aaaaaa")}` +
      `Deleted 20260101_130000_bbbbbb\n${warning("20260101_130000_bbbbbb")}`,
  });
  expect(await sessions.list({ limit: 9 })).toEqual([]);
  expect(await readdir(place)).toEqual(["call_1.txt"]);
});

test("sessions prune takes the whole results of what it deleted along", async () => {
  const ids = ["20260101_120000_aaaaaa", "20260101_130000_bbbbbb"];
  const home = await homeWithResults(ids);
  const sessions = await store();
  const options = {
    sessions,
    env: { HERMES_HOME: home },
    now: start + 10 * 24 * hour + hour / 2,
  };
  const prune = ["sessions", "prune", "--older-than", "10"];
  await hermes([...prune, "--dry-run"], options);
  expect((await readdir(join(home, "results"))).toSorted()).toEqual(ids);
  const pruned = await hermes([...prune, "--yes"], options);
  expect([pruned.code, pruned.stderr]).toEqual([0, "Deleted 1 session\n"]);
  expect(await readdir(join(home, "results"))).toEqual(["20260101_130000_bbbbbb"]);
});

test("sessions delete deletes nothing when one of them is not there", async () => {
  const sessions = await store();
  expect(
    (await hermes(["sessions", "delete", "word count", "nope", "-y"], { sessions })).code,
  ).toBe(66);
  expect((await sessions.list({ limit: 9 })).length).toBe(2);
});

test.each([
  ["y\n", 0, 1],
  ["YES\n", 0, 1],
  ["n\n", 1, 2],
  ["\n", 1, 2],
  ["yesterday\n", 1, 2],
])("sessions delete asks at a terminal: %j", async (typed, code, left) => {
  const sessions = await store();
  const terminal = { stdin: "tty", columns: 80, input: [typed], keepsOpen: true } as const;
  const run = await hermes(["sessions", "delete", "word count"], { sessions, terminal });
  expect(run.code).toBe(code);
  expect(run.stderr).toStartWith("Delete 20260101_120000_aaaaaa (word count) for good? [y/N] ");
  expect((await sessions.list({ limit: 9 })).length).toBe(left);
});

test("sessions prune lists what it deletes; --dry-run only lists", async () => {
  const sessions = await store();
  const now = start + 10 * 24 * hour + hour / 2;
  const dry = await hermes(["sessions", "prune", "--older-than", "10", "--dry-run"], {
    sessions,
    now,
  });
  expect(dry.stdout).toStartWith("20260101_120000_aaaaaa\t");
  expect(dry.stderr).toBe("");
  const pruned = await hermes(["sessions", "prune", "--older-than", "10", "--yes"], {
    sessions,
    now,
  });
  expect(pruned.stderr).toBe("Deleted 1 session\n");
  expect((await sessions.list({ limit: 9 })).length).toBe(1);
  const nothing = await hermes(["sessions", "prune"], { sessions, now });
  expect(nothing).toEqual({
    code: 0,
    stdout: "",
    stderr: "No session is older than 90 days\n",
  });
});
