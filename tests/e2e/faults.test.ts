import { afterEach, beforeEach, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { startResponsesServer, type StepSource } from "../fakes/responses_server.ts";
import { callTool, rateLimited, serverError, textAnswer } from "../fakes/server_steps.ts";
import { checkEvents, configFor, createSandbox, eventsOf, type Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

/** Runs a turn over these answers with retries allowed; the results of its tools, parsed. */
async function turn(steps: readonly StepSource[], args: readonly string[] = []) {
  await using server = await startResponsesServer({ steps });
  await sandbox.configure(
    configFor(server.url).replace("api_max_retries: 0", "api_max_retries: 3"),
  );
  const ended = await sandbox.run(["-z", "go", "--json", ...args]);
  const last = checkEvents(ended.stdout);
  const results = eventsOf(ended.stdout)
    .filter(({ type, item }) => type === "item.completed" && item?.type === "tool_result")
    .map(({ item }) => JSON.parse(item?.output ?? "") as Record<string, unknown>);
  return { ...ended, last, results, requests: server.requests.length };
}

test("a server error that heals costs a retry", async () => {
  const { code, requests, last } = await turn([serverError, textAnswer("healed")]);
  expect([code, requests, last["final_text"]]).toEqual([0, 2, "healed"]);
});

test("a rate limit is waited for as long as the server asks", async () => {
  const { code, requests, stdout } = await turn([rateLimited(0), textAnswer("healed")]);
  expect([code, requests]).toEqual([0, 2]);
  expect(stdout).toContain('"type":"retry"');
});

test("a stream that is cut in the middle of a frame is read again, and the first one is void", async () => {
  const cut = textAnswer("hello world", { cut: { afterFrames: 4, how: "half-frame" } });
  const { code, last, requests } = await turn([cut, textAnswer("whole")]);
  expect([code, requests, last["final_text"]]).toEqual([0, 2, "whole"]);
});

test("arguments that are no JSON are told to the model, and nothing is run", async () => {
  const { code, results } = await turn([
    callTool("terminal", '{"command": "touch made'),
    textAnswer("sorry"),
  ]);
  expect(code).toBe(0);
  expect(results[0]?.["error"]).toContain("Nothing was executed");
  expect(existsSync(join(sandbox.work, "made"))).toBe(false);
});

test("a flood of output is cut for the model and kept whole on disk", async () => {
  const bytes = 64_000_000;
  const flood = `head -c ${bytes} /dev/zero | tr '\\0' x; echo end`;
  const { code, results } = await turn([
    callTool("terminal", { command: flood }),
    textAnswer("ok"),
  ]);
  expect(code).toBe(0);
  const output = String(results[0]?.["output"]);
  expect(output.length).toBeLessThan(60_000);
  expect(output.trimEnd()).toEndWith("end");
  const [, path = ""] = / is in (\S+): use read_file/.exec(output) ?? [];
  const [session = ""] = await readdir(join(sandbox.home, "results"));
  expect(dirname(path)).toBe(join(sandbox.home, "results", session));
  const kept = await stat(path);
  expect([kept.size, kept.mode & 0o777]).toEqual([bytes + 4, 0o600]);
  expect((await sandbox.run(["sessions", "delete", session, "--yes"])).code).toBe(0);
  expect(await readdir(join(sandbox.home, "results"))).toEqual([]);
});

test("a command that ignores SIGTERM is ended all the same, with its group", async () => {
  const command = `trap "" TERM; echo $$ > pid; sh -c 'trap "" TERM; sleep 1000' & wait`;
  const { code, results } = await turn(
    [callTool("terminal", { command, timeout: 1 }), textAnswer("ok")],
    ["--yolo"],
  );
  expect(code).toBe(0);
  expect(results[0]?.["exit_code"]).toBe(124);
  const pid = (await Bun.file(join(sandbox.work, "pid")).text()).trim();
  expect(await aliveInGroup(Number(pid))).toEqual([]);
});

test("a background child that keeps the pipes does not hold the result", async () => {
  const { code, results } = await turn([
    callTool("terminal", { command: "(sleep 1000 &) ; echo done" }),
    textAnswer("ok"),
  ]);
  expect(code).toBe(0);
  expect(String(results[0]?.["output"] ?? results[0]?.["error"])).toMatch(/done|background/);
});

/** Processes of a group that still run; the dead ones that nobody has waited for yet do not count. */
async function aliveInGroup(group: number): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const alive = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
      // proc(5): the fields behind the name in parentheses are the state, the parent, and the group.
      const [state, , pgrp] = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return Number(pgrp) === group && state !== "Z" ? [pid] : [];
    }),
  );
  return alive.flat();
}

// Only root may mount; a disk of its own is the only one that can be filled.
const canMount = process.getuid?.() === 0 && process.platform === "linux";

test.skipIf(!canMount)("a full disk is a typed failure, and what was stored stays", async () => {
  const home = join(sandbox.root, "small");
  await mkdir(home);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=400k", "none", home]);
  if (mounted.status !== 0) {
    process.stderr.write(`skipped: cannot mount a small disk: ${String(mounted.stderr)}\n`);
    return;
  }
  try {
    await using server = await startResponsesServer({
      steps: [textAnswer("x".repeat(500_000))],
      repeat: true,
    });
    const where = ["--base-url", server.url, "-m", "m1"];
    const { code, stdout } = await sandbox.run(["-z", "go", "--json", ...where], {
      env: { HERMES_HOME: home },
    });
    expect(checkEvents(stdout)).toMatchObject({
      type: "turn.failed",
      error: { code: "store/full" },
    });
    expect(code).toBe(78);
    const listed = await sandbox.run(["sessions", "list"], { env: { HERMES_HOME: home } });
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain("go");
  } finally {
    spawnSync("umount", [home]);
  }
});

test.each([["config.yaml"], [".env"]])("a %s that is a directory is 78", async (name) => {
  await mkdir(join(sandbox.home, name));
  const { code, stderr } = await sandbox.run([
    "-z",
    "go",
    "--base-url",
    "http://127.0.0.1:9/v1",
    "-m",
    "m",
  ]);
  expect([code, stderr]).toEqual([78, stderr]);
  expect(stderr).toContain("(config/unreadable)");
});

test("an unknown key of the configuration is told and stops nothing", async () => {
  await using server = await startResponsesServer({ steps: [textAnswer("hello")] });
  await writeFile(join(sandbox.home, "config.yaml"), `${configFor(server.url)}agnet: {}\n`);
  const { code, stdout, stderr } = await sandbox.run(["-z", "go"]);
  expect([code, stdout]).toEqual([0, "hello\n"]);
  expect(stderr).toContain("agnet");
});
