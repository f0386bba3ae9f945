import { describe, expect, test } from "bun:test";
import type { ToolContext } from "../../src/core/tool.ts";
import { createProcessTool } from "../../src/tools/process.ts";
import { BackgroundProcesses } from "../../src/tools/shell/background_processes.ts";
import { ShellSessions } from "../../src/tools/shell/shell_sessions.ts";
import { createTerminalTool } from "../../src/tools/terminal.ts";
import { createFakeClock, settled } from "../fakes/clock.ts";
import { createFakeFiles } from "../fakes/files.ts";
import { createFakeSpawner, type FakeProgram } from "../fakes/spawner.ts";
import { createToolContext } from "../fakes/tool_context.ts";

function setUp(program: FakeProgram) {
  const clock = createFakeClock();
  const files = createFakeFiles();
  files.directory("/project");
  const spawner = createFakeSpawner(program);
  const processes = new BackgroundProcesses(clock);
  const shared = {
    clock,
    host: { homeDirectory: "/home/anna" },
    hermesHome: "/home/anna/.hermes",
    env: {},
    processes,
    timeoutMs: 180_000,
  };
  const terminal = createTerminalTool({
    ...shared,
    files,
    spawner,
    resultsDirectory: "/results",
    sessions: new ShellSessions(files),
    childEnv: {},
    maxOutputChars: 1_000,
    redact: (text) => text,
  });
  const tool = createProcessTool(shared);
  const context = createToolContext();
  return {
    clock,
    spawner,
    processes,
    start: async (command: string, where: ToolContext = context) => {
      const input = terminal.parse(JSON.stringify({ command, background: true }));
      const { text } = await terminal.run(input, where);
      await settled();
      return JSON.parse(text) as Readonly<Record<string, unknown>>;
    },
    call: async (input: object, where: ToolContext = context) => {
      const { text, isError } = await tool.run(tool.parse(JSON.stringify(input)), where);
      return { ...JSON.parse(text), isError } as Readonly<Record<string, unknown>>;
    },
    permission: (input: object) => tool.permission?.(tool.parse(JSON.stringify(input)), context),
  };
}

const forever = () => Promise.withResolvers<number>().promise;

describe("process", () => {
  test("terminal starts a process in the background, with an open input", async () => {
    const { start, spawner } = setUp(forever);
    expect(await start("serve")).toEqual({
      output: "Background process started",
      session_id: "proc_1",
      pid: 1,
      exit_code: 0,
      error: null,
      hint: expect.stringContaining("process tool"),
    });
    expect(spawner.requests).toEqual([
      {
        program: "/usr/bin/bash",
        arguments: ["-c", "serve"],
        cwd: "/project",
        env: {},
        stdin: "pipe",
      },
    ]);
  });

  test("poll tells status, uptime and the last of the output", async () => {
    const { start, call, clock } = setUp(({ print }) => {
      print(`${"x".repeat(2_000)}end`);
      return forever();
    });
    await start("serve");
    await clock.advance(2_600);
    expect(await call({ action: "poll", session_id: "proc_1" })).toEqual({
      session_id: "proc_1",
      command: "serve",
      status: "running",
      pid: 1,
      uptime_seconds: 3,
      output_preview: `${"x".repeat(997)}end`,
      isError: false,
    });
  });

  test("poll takes a bare number for an id, written as a number too", async () => {
    const { start, call } = setUp(forever);
    await start("serve");
    expect((await call({ action: "poll", session_id: 1 }))["session_id"]).toBe("proc_1");
    expect((await call({ action: "poll", session_id: "1" }))["session_id"]).toBe("proc_1");
  });

  test("list shows the processes of this session alone", async () => {
    const { start, call } = setUp(() => 4);
    await start("a");
    await start("b", createToolContext({ sessionId: "other" }));
    expect(await call({ action: "list" })).toEqual({
      processes: [
        {
          session_id: "proc_1",
          command: "a",
          status: "exited",
          pid: 1,
          uptime_seconds: 0,
          output_preview: "",
        },
      ],
      isError: false,
    });
    expect(await call({ action: "kill", session_id: "proc_2" })).toEqual({
      error: "No process proc_2 in this session: see action=list",
      status: "not_found",
      isError: true,
    });
  });

  test("log gives the last lines, or those from an offset on", async () => {
    const { start, call } = setUp(({ print }) => {
      for (let line = 0; line < 300; line++) print(`line ${line}\n`);
      return 0;
    });
    await start("count");
    expect(await call({ action: "log", session_id: "proc_1", limit: 2 })).toEqual({
      session_id: "proc_1",
      status: "exited",
      output: "line 298\nline 299",
      total_lines: 300,
      showing: "lines 298 to 299",
      isError: false,
    });
    const middle = await call({ action: "log", session_id: "proc_1", offset: 10, limit: 2 });
    expect([middle["output"], middle["showing"]]).toEqual(["line 10\nline 11", "lines 10 to 11"]);
    const beyond = await call({ action: "log", session_id: "proc_1", offset: 1_000_000 });
    expect([beyond["output"], beyond["showing"]]).toEqual(["", "no lines"]);
  });

  test("log says how much of a long output is no longer kept", async () => {
    const { start, call } = setUp(({ print }) => {
      for (let count = 0; count < 10; count++) print("x".repeat(50_000));
      return 0;
    });
    await start("flood");
    const { output, note } = await call({ action: "log", session_id: "proc_1" });
    expect([String(output).length, note]).toEqual([
      200_000,
      "The first 300000 characters are no longer kept",
    ]);
  });

  test("wait gives the exit code as soon as the process ends", async () => {
    const { start, call, clock } = setUp(async ({ print }) => {
      await clock.sleep(5_000);
      print("done\n");
      return 7;
    });
    await start("work");
    const waiting = call({ action: "wait", session_id: "proc_1" });
    await clock.advance(5_000);
    expect(await waiting).toEqual({
      status: "exited",
      session_id: "proc_1",
      output: "done\n",
      exit_code: 7,
      completion_reason: "exited",
      isError: false,
    });
    expect(clock.sleeping()).toBe(0);
  });

  test("wait honours a time longer than the default, and ends when that is over", async () => {
    const { start, call, clock } = setUp(forever);
    await start("work");
    const waiting = call({ action: "wait", session_id: "proc_1", timeout: 900 });
    await clock.advance(899_000);
    expect(clock.sleeping()).toBe(1);
    await clock.advance(1_000);
    expect(await waiting).toEqual({
      status: "timeout",
      session_id: "proc_1",
      output: "",
      note: "Still running after 900 s",
      isError: false,
    });
  });

  test("wait ends at once when the turn is interrupted; the process goes on", async () => {
    const { start, call, clock } = setUp(forever);
    await start("work");
    const controller = new AbortController();
    const context = createToolContext({ signal: controller.signal });
    const waiting = call({ action: "wait", session_id: "proc_1" }, context);
    await clock.advance(10);
    controller.abort();
    expect((await waiting)["status"]).toBe("interrupted");
    expect((await call({ action: "poll", session_id: "proc_1" }))["status"]).toBe("running");
  });

  test("kill ends the whole group, and tells who did it", async () => {
    const { start, call, spawner } = setUp(forever);
    await start("work");
    expect(await call({ action: "kill", session_id: "proc_1" })).toEqual({
      status: "killed",
      session_id: "proc_1",
      exit_code: 143,
      completion_reason: "killed",
      termination_source: "process.kill",
      isError: false,
    });
    expect(spawner.signals).toEqual(["SIGTERM", "SIGKILL"]);
    expect((await call({ action: "kill", session_id: "proc_1" }))["status"]).toBe("already_exited");
  });

  test("write, submit and close reach the input", async () => {
    let seen: readonly string[] = [];
    const { start, call } = setUp(({ input }) => {
      seen = input;
      return forever();
    });
    await start("cat");
    expect(await call({ action: "write", session_id: "proc_1", data: "é" })).toEqual({
      status: "ok",
      bytes_written: 2,
      isError: false,
    });
    await call({ action: "submit", session_id: "proc_1", data: "b" });
    await call({ action: "close", session_id: "proc_1" });
    expect(seen).toEqual(["é", "b\n", "<end>"]);
    expect(await call({ action: "write", session_id: "proc_1", data: "c" })).toEqual({
      error: "The input of proc_1 is closed",
      isError: true,
    });
  });

  test("permission() judges input as the command that a shell would make of it", async () => {
    const { start, call, permission } = setUp(forever);
    await start("bash");
    const submit = (data: string) => permission({ action: "submit", session_id: "proc_1", data });
    expect(await submit("ls")).toEqual({ kind: "allowed" });
    expect(await submit("rm -rf /")).toEqual({
      kind: "forbidden",
      reason: "delete of a system or home directory",
    });
    await call({ action: "write", session_id: "proc_1", data: "ls\nrm -r" });
    expect((await submit("f ~"))?.kind).toBe("forbidden");
    expect((await submit(" x"))?.kind).toBe("ask");
    expect(await permission({ action: "poll", session_id: "proc_1" })).toEqual({ kind: "allowed" });
  });

  test("permission() asks for any input of an interpreter", async () => {
    const { start, permission } = setUp(forever);
    await start("python3 -i");
    expect(await permission({ action: "submit", session_id: "proc_1", data: "1 + 1" })).toEqual({
      kind: "ask",
      request: {
        subject: { kind: "command", command: "1 + 1", cwd: "/project" },
        reason: "input to an interpreter",
        key: "input to an interpreter",
      },
    });
  });

  test("terminal refuses the 65th running process, and forgets ended ones", async () => {
    const { start, clock } = setUp(({ request }) =>
      request.arguments.includes("ends") ? 0 : forever(),
    );
    await start("ends");
    for (let count = 0; count < 64; count++) expect((await start("runs"))["exit_code"]).toBe(0);
    expect((await start("runs"))["error"]).toContain("Too many background processes");
    expect(clock.sleeping()).toBe(0);
  });

  test("list forgets a process half an hour after its end", async () => {
    const { start, call, clock } = setUp(({ request }) =>
      request.arguments.includes("ends") ? 0 : forever(),
    );
    await start("ends");
    await clock.advance(29 * 60_000);
    await start("runs");
    expect((await call({ action: "poll", session_id: "proc_1" }))["status"]).toBe("exited");
    await clock.advance(2 * 60_000);
    await start("runs");
    expect((await call({ action: "poll", session_id: "proc_1" }))["status"]).toBe("not_found");
  });

  test("disposing ends every group, also one that ignores SIGTERM", async () => {
    const { start, processes, clock, spawner } = setUp(({ ignoreSignals }) => {
      ignoreSignals();
      return forever();
    });
    await start("a");
    const disposing = processes[Symbol.asyncDispose]();
    await clock.advance(2_000);
    await disposing;
    expect(spawner.signals).toEqual(["SIGTERM", "SIGKILL"]);
  });

  test("run() says what is missing", async () => {
    const { call } = setUp(forever);
    expect(await call({ action: "poll" })).toEqual({
      error: "session_id is missing: see action=list",
      status: "not_found",
      isError: true,
    });
  });
});
