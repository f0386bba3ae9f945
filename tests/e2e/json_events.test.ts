import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startResponsesServer } from "../fakes/responses_server.ts";
import { callTool, callTools, serverError, textAnswer } from "../fakes/server_steps.ts";
import {
  checkEvents,
  configFor,
  createSandbox,
  type EventItem,
  eventsOf,
  type Sandbox,
  wireApis,
} from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

function items(stdout: string): readonly EventItem[] {
  return eventsOf(stdout).flatMap(({ type, item }) =>
    type === "item.completed" && item ? [item] : [],
  );
}

describe.each(wireApis)("over %s", (wireApi) => {
  test("a turn with tools prints exactly the promised events", async () => {
    await writeFile(join(sandbox.work, "a.txt"), "hello\n");
    const tokens = { input: 100, cached: 40, output: 20, reasoning: 5 };
    const steps = [
      callTool("terminal", { command: "ls" }, { tokens }),
      textAnswer("One file: a.txt", { tokens }),
    ];
    await using server = await startResponsesServer({ steps });
    await sandbox.configure(configFor(server.url, wireApi));
    const { code, stdout, stderr } = await sandbox.run(["-z", "list the files here", "--json"]);
    expect([code, stderr]).toEqual([0, stderr]);
    const last = checkEvents(stdout);
    const events = eventsOf(stdout);
    expect(events[0]).toEqual({
      type: "session.started",
      schema_version: 1,
      session_id: expect.stringMatching(/^\d{8}_\d{6}_[0-9a-f]{6}$/),
      provider: "custom",
      model: "m1",
      runtime: "loop",
      cwd: sandbox.work,
      approval: "deny",
    });
    expect(events[1]).toEqual({ type: "turn.started", turn_id: last.turn_id ?? null });
    const [user, call, result, answer] = items(stdout);
    expect(user).toMatchObject({ type: "user_message", text: "list the files here" });
    expect(call).toMatchObject({ type: "tool_call", name: "terminal" });
    expect(JSON.parse(call?.arguments ?? "")).toEqual({ command: "ls" });
    expect(result).toMatchObject({
      type: "tool_result",
      call_id: call?.call_id ?? "",
      is_error: false,
      output: expect.stringContaining("a.txt"),
    });
    expect(answer).toMatchObject({ type: "assistant_message", text: "One file: a.txt" });
    expect(last).toMatchObject({
      type: "turn.completed",
      final_text: "One file: a.txt",
      usage: {
        input_tokens: expect.any(Number),
        cached_input_tokens: expect.any(Number),
        output_tokens: expect.any(Number),
        reasoning_tokens: expect.any(Number),
        total_tokens: expect.any(Number),
      },
    });
  });

  test("the deltas of an answer add up to it", async () => {
    const text = "Größe 猫 \u{1F642} and a long tail. ".repeat(20).trim();
    await using server = await startResponsesServer({
      steps: [textAnswer(text, { pieceSize: 3 })],
    });
    await sandbox.configure(configFor(server.url, wireApi));
    const { stdout } = await sandbox.run(["-z", "hi", "--json"]);
    const deltas = eventsOf(stdout).filter((event) => event.type === "item.delta");
    expect(deltas.map((event) => event.delta).join("")).toBe(text);
  });
});

test("a retry is told, and what it voided is closed as void", async () => {
  const cut = { afterFrames: 4, how: "reset" } as const;
  const steps = [serverError, textAnswer("half an answer", { cut }), textAnswer("whole")];
  await using server = await startResponsesServer({ steps });
  await sandbox.configure(
    configFor(server.url).replace("api_max_retries: 0", "api_max_retries: 3"),
  );
  const { code, stdout } = await sandbox.run(["-z", "hi", "--json"]);
  expect([code, stdout]).toEqual([0, stdout]);
  expect(checkEvents(stdout)).toMatchObject({ type: "turn.completed", final_text: "whole" });
  const retries = eventsOf(stdout).filter((event) => event.type === "retry");
  expect(retries.length).toBe(2);
  expect(retries[0]).toMatchObject({ attempt: 2, error: { code: "model/server_error" } });
  expect(items(stdout).some((item) => item.status === "void")).toBe(true);
});

test("decisions about dangerous commands are told", async () => {
  const remove = callTool("terminal", { command: "rm -rf ./gone" });
  await using server = await startResponsesServer({ steps: [remove, textAnswer("gone")] });
  await sandbox.configure(configFor(server.url));
  const { code, stdout } = await sandbox.run(["-z", "hi", "--json", "--yolo"]);
  expect(code).toBe(0);
  const decisions = eventsOf(stdout).filter((event) => event.type === "approval.decided");
  expect(decisions).toEqual([
    {
      type: "approval.decided",
      subject: { kind: "command", command: "rm -rf ./gone", cwd: sandbox.work },
      decision: "allow_once",
      by: "policy",
    },
  ]);
});

test("calls side by side each have their pair of events", async () => {
  const calls = ["a", "b", "c"].map((name) => ({
    name: "read_file",
    arguments: { path: `${name}.txt` },
  }));
  for (const name of ["a", "b", "c"]) {
    await writeFile(join(sandbox.work, `${name}.txt`), `text of ${name}\n`);
  }
  await using server = await startResponsesServer({
    steps: [callTools(calls), textAnswer("read")],
  });
  await sandbox.configure(configFor(server.url));
  const { code, stdout } = await sandbox.run(["-z", "hi", "--json"]);
  expect(code).toBe(0);
  checkEvents(stdout);
  const results = items(stdout).filter((item) => item.type === "tool_result");
  expect(results.map((item) => /text of (\w)/.exec(item.output ?? "")?.[1])).toEqual([
    "a",
    "b",
    "c",
  ]);
});

test("--image goes along with the prompt", async () => {
  // The smallest picture there is: one transparent dot.
  const dot =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
  await writeFile(join(sandbox.work, "dot.png"), Buffer.from(dot, "base64"));
  await using server = await startResponsesServer({ steps: [textAnswer("a dot")] });
  await sandbox.configure(configFor(server.url));
  const args = ["-z", "what is this?", "--image", "dot.png"];
  expect(await sandbox.run(args)).toEqual({ code: 0, stdout: "a dot\n", stderr: "" });
  expect(JSON.stringify(server.requests[0]?.body)).toContain(`data:image/png;base64,${dot}`);
  const missing = await sandbox.run(["-z", "hi", "--json", "--image", "no.png"]);
  expect(missing.code).toBe(2);
  expect(checkEvents(missing.stdout)).toMatchObject({ error: { code: "usage/invalid" } });
});

test("--output-schema is sent to the model and its answer is checked", async () => {
  const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
  await writeFile(join(sandbox.work, "schema.json"), JSON.stringify(schema));
  const steps = [textAnswer('{"n":3}'), textAnswer("three")];
  await using server = await startResponsesServer({ steps });
  await sandbox.configure(configFor(server.url));
  const args = ["-z", "how many?", "--output-schema", "schema.json"];
  const good = await sandbox.run([...args, "-o", "out.json"]);
  expect(good).toEqual({ code: 0, stdout: '{"n":3}\n', stderr: "" });
  expect(await readFile(join(sandbox.work, "out.json"), "utf8")).toBe('{"n":3}');
  expect(JSON.stringify(server.requests[0]?.body)).toContain('"n":{"type":"integer"}');
  const bad = await sandbox.run([...args, "--json"]);
  expect(bad.code).toBe(1);
  expect(checkEvents(bad.stdout)).toMatchObject({ error: { code: "turn/answer_invalid" } });
  expect(items(bad.stdout).at(-1)).toMatchObject({ type: "assistant_message", text: "three" });
  using store = new DatabaseSync(join(sandbox.home, "sessions.db"), { readOnly: true });
  const turns = store.prepare("SELECT status, error_code FROM turns ORDER BY started_at").all();
  expect(turns.map((turn) => Object.values(turn))).toEqual([
    ["completed", null],
    ["failed", "turn/answer_invalid"],
  ]);
});

test("a recorded run is replayed without a server", async () => {
  const steps = [callTool("terminal", { command: "echo recorded" }), textAnswer("done")];
  await using server = await startResponsesServer({ steps });
  await sandbox.configure(configFor(server.url));
  const recorded = await sandbox.run(["-z", "hi", "--record", "run.jsonl"]);
  expect([recorded.code, recorded.stdout]).toEqual([0, "done\n"]);
  await sandbox.configure(configFor("http://127.0.0.1:9/v1"));
  const replayed = await sandbox.run(["-z", "hi", "--replay", "run.jsonl", "--json"]);
  expect([replayed.code, replayed.stdout]).toEqual([0, replayed.stdout]);
  expect(checkEvents(replayed.stdout)).toMatchObject({ final_text: "done" });
  const other = await sandbox.run(["-z", "something else", "--replay", "run.jsonl", "--json"]);
  expect(other.code).toBe(1);
  expect(checkEvents(other.stdout)).toMatchObject({ error: { code: "replay/mismatch" } });
});
