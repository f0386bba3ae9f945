import { describe, expect, test } from "bun:test";
import type { Host } from "../../src/core/ports.ts";
import { MemorySessionStore } from "../../src/storage/memory_store.ts";
import { createMemoryFiles } from "../../src/tools/memory/memory_files.ts";
import { createTools, type ToolDeps } from "../../src/tools/registry.ts";
import { createSessionTools } from "../../src/tools/session_tools.ts";
import { selectTools, toolsetNames, toolsOfToolset } from "../../src/tools/toolsets.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createFakeFiles } from "../fakes/files.ts";
import { createFakeSpawner, type FakeProgram } from "../fakes/spawner.ts";
import { createToolContext } from "../fakes/tool_context.ts";

const host: Host = {
  homeDirectory: "/home/anna",
  temporaryDirectory: "/tmp",
  cwd: "/project",
  operatingSystem: "linux",
  architecture: "x64",
  pid: 1,
  userId: 1_000,
  hostName: "machine",
  version: "0.0.0",
};

function setUp(
  program: FakeProgram = () => 0,
  programs: readonly string[] = ["bash"],
  more: Pick<ToolDeps, "memory" | "sessions" | "delegation" | "cron"> = {},
) {
  const files = createFakeFiles();
  files.directory("/project");
  const clock = createFakeClock();
  const spawner = createFakeSpawner(program, { programs });
  const set = createTools({
    files,
    spawner,
    clock,
    host,
    env: { PATH: "/usr/bin", OPENAI_API_KEY: "secret", LAB_KEY: "secret", KEPT_KEY: "kept" },
    hermesHome: "/home/anna/.hermes",
    resultsDirectory: "/home/anna/.hermes/results",
    limits: { terminalTimeoutMs: 180_000, maxOutputChars: 50_000, maxLineChars: 2_000 },
    envPassthrough: ["KEPT_KEY"],
    secretEnv: ["OPENAI_API_KEY", "LAB_KEY", "KEPT_KEY"],
    skills: { externalDirectories: [], approval: "none" },
    ...more,
  });
  const tool = (name: string) => set.tools.find(({ spec }) => spec.name === name)!;
  return { files, clock, spawner, set, tool };
}

const openSessions = () => Promise.resolve(new MemorySessionStore());

/** With all that tools can be made of. */
function setUpWhole() {
  const memory = createMemoryFiles(
    { files: createFakeFiles(), clock: createFakeClock(), redact: (text) => text },
    { directory: "/memories", limits: { memory: 10 } },
  );
  return setUp(undefined, undefined, {
    memory: { memory, approval: "none", origin: "cli" },
    sessions: openSessions,
    delegation: { delegate: () => Promise.resolve([]), maxConcurrent: 3 },
    cron: {
      book: () => Promise.reject(new Error("No jobs are looked at here")),
      parseTarget: () => ({ kind: "local" }),
      targetText: () => "local",
    },
  });
}

const allNames = [
  "terminal",
  "process",
  "read_file",
  "write_file",
  "patch",
  "search_files",
  "todo",
  "skills_list",
  "skill_view",
  "skill_manage",
  "clarify",
];

test("createTools() keeps its order, in which models see the tools", () => {
  const { set } = setUp();
  expect(set.tools.map(({ spec }) => spec.name)).toEqual(allNames);
  expect(setUpWhole().set.tools.map(({ spec }) => spec.name)).toEqual([
    ...allNames,
    "memory",
    "session_search",
    "delegate_task",
    "cronjob",
  ]);
});

test("createTools() makes no tool for memory without any, nor for sessions, nor for jobs", () => {
  const { set } = setUp();
  const names = set.tools.map(({ spec }) => spec.name);
  expect(names.filter((name) => /memory|session|cron/.test(name))).toEqual([]);
});

test("createTools() describes every tool and every argument to the model", () => {
  const { set } = setUpWhole();
  for (const { spec } of set.tools) {
    expect(spec.description.length).toBeGreaterThan(20);
    // Not by matchers: bun writes them into the value that they match, which all tests share.
    expect(spec.parameters["type"]).toBe("object");
    expect(Object.keys(spec.parameters["properties"] ?? {}).length).toBeGreaterThan(0);
    // What the model sees is JSON, without what a schema library keeps beside it.
    expect(JSON.parse(JSON.stringify(spec.parameters))).toEqual(spec.parameters);
    expect(Object.keys(spec.parameters)).not.toContain("$schema");
  }
});

test("createTools() runs commands alone, and reads beside one another", () => {
  const { tool } = setUp();
  const access = (name: string, input: object) => {
    const one = tool(name);
    return one.access?.(one.parse(JSON.stringify(input)), "/project") ?? { mode: "exclusive" };
  };
  expect(access("terminal", { command: "ls" })).toEqual({ mode: "exclusive" });
  expect(access("process", { action: "list" })).toEqual({ mode: "exclusive" });
  expect(access("todo", {})).toEqual({ mode: "exclusive" });
  expect(access("clarify", { question: "?" })).toEqual({ mode: "exclusive" });
  expect(access("skills_list", {})).toEqual({ mode: "shared" });
  expect(access("skill_view", { name: "a" })).toEqual({ mode: "shared" });
  expect(access("skill_manage", { action: "delete", name: "a" })).toEqual({ mode: "exclusive" });
  expect(access("read_file", { path: "a" })).toEqual({ mode: "read", paths: ["/project/a"] });
  expect(access("search_files", { pattern: "a" })).toEqual({ mode: "read", paths: ["/project"] });
});

test("createTools() gives commands an environment without keys, but with what the user lets through", async () => {
  const { tool, spawner } = setUp();
  const terminal = tool("terminal");
  await terminal.run(terminal.parse('{"command":"env"}'), createToolContext());
  expect(spawner.requests.map(({ env }) => env)).toEqual([{ PATH: "/usr/bin", KEPT_KEY: "kept" }]);
});

test("createTools() gives ripgrep no more of the environment than commands get", async () => {
  const { tool, spawner } = setUp(undefined, ["rg"]);
  const search = tool("search_files");
  await search.run(search.parse('{"pattern":"a"}'), createToolContext());
  expect(spawner.requests.map(({ program, env }) => ({ program, env }))).toEqual([
    { program: "/usr/bin/rg", env: { PATH: "/usr/bin", KEPT_KEY: "kept" } },
  ]);
});

test("disposing ends the background processes and takes temporary files away", async () => {
  const { tool, spawner, set, files } = setUp(({ request }) =>
    request.stdin === "pipe" ? Promise.withResolvers<number>().promise : 0,
  );
  const terminal = tool("terminal");
  await terminal.run(terminal.parse('{"command":"ls"}'), createToolContext());
  await terminal.run(terminal.parse('{"command":"serve","background":true}'), createToolContext());
  expect(files.paths()).toContain("/tmp/hermes-shell-1");
  await set[Symbol.asyncDispose]();
  expect(spawner.signals).toEqual(["SIGTERM", "SIGKILL"]);
  expect(files.paths()).not.toContain("/tmp/hermes-shell-1");
});

describe("selectTools()", () => {
  const select = (toolsets: readonly string[] | undefined, disabled: readonly string[] = []) => {
    const { tools, unknown } = selectTools(setUp().set.tools, { toolsets, disabled });
    return { names: tools.map(({ spec }) => spec.name), unknown };
  };

  test("takes all tools where nothing is chosen", () => {
    expect(select(undefined)).toEqual({ names: allNames, unknown: [] });
    expect(select(["all"])).toEqual({ names: allNames, unknown: [] });
    expect(select(["*"])).toEqual({ names: allNames, unknown: [] });
  });

  test("gives a conversation the sessions tools only by their name", () => {
    const { set, clock } = setUpWhole();
    const deps = { sessions: openSessions, clock, redact: (text: string) => text };
    const tools = [...set.tools, ...createSessionTools(deps)];
    const names = (toolsets: readonly string[] | undefined) =>
      selectTools(tools, { toolsets, disabled: [] }).tools.map(({ spec }) => spec.name);
    const usual = [...allNames, "memory", "session_search", "delegate_task", "cronjob"];
    for (const chosen of [undefined, ["all"], ["*"], ["coding"]]) {
      expect(names(chosen)).toEqual(usual);
    }
    expect(names(["sessions"])).toEqual([...toolsOfToolset("sessions")]);
    expect(names(["sessions_wait"])).toEqual(["sessions_wait"]);
    expect(names(["codex"]).toSorted()).toEqual(toolsOfToolset("codex").toSorted());
    expect(names(["all", "sessions"])).toEqual([...usual, ...toolsOfToolset("sessions")]);
  });

  test("keeps the fixed order, whatever the order of the names", () => {
    expect(select(["todo", "terminal"]).names).toEqual(["terminal", "process", "todo"]);
  });

  test("takes a single tool by its name", () => {
    expect(select(["read_file"])).toEqual({ names: ["read_file"], unknown: [] });
  });

  test("leaves out what is disabled", () => {
    expect(select(undefined, ["terminal", "patch"]).names).toEqual([
      "read_file",
      "write_file",
      "search_files",
      "todo",
      "skills_list",
      "skill_view",
      "skill_manage",
      "clarify",
    ]);
  });

  test("reports the names that mean nothing", () => {
    expect(select(["file", "web"], ["browser"])).toEqual({
      names: ["read_file", "write_file", "patch", "search_files"],
      unknown: ["web", "browser"],
    });
    expect(select(["constructor"])).toEqual({ names: [], unknown: ["constructor"] });
  });

  test("knows every toolset by the name that help shows", () => {
    expect(select(toolsetNames).unknown).toEqual([]);
  });
});

test("createTools() moves what it keeps of a session to the one in which that goes on", async () => {
  const { set, tool } = setUp();
  const todo = tool("todo");
  const todos = [
    { id: "1", content: "paint", status: "in_progress" },
    { id: "2", content: "measure", status: "completed" },
  ];
  await todo.run(todo.parse(JSON.stringify({ todos })), createToolContext({ sessionId: "old" }));
  expect([set.stateOf("old"), set.stateOf("other")]).toEqual([
    "The open entries of your todo list:\n- 1 (in_progress): paint",
    undefined,
  ]);
  set.move("old", "new");
  expect([set.stateOf("old"), set.stateOf("new")?.includes("paint")]).toEqual([undefined, true]);
  const read = await todo.run(todo.parse("{}"), createToolContext({ sessionId: "new" }));
  expect(read.text).toContain("measure");
});
