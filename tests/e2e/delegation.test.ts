/** Work that is given to sub-agents, by the compiled program. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject, type Json, type JsonObject, parseJson } from "../../src/core/json.ts";
import {
  type RecordedRequest,
  type ResponsesServer,
  type ServerOptions,
  startResponsesServer,
} from "../fakes/responses_server.ts";
import {
  callTool,
  callTools,
  hangBeforeHeaders,
  refusal,
  type ServerStep,
  textAnswer,
} from "../fakes/server_steps.ts";
import {
  checkEvents,
  configFor,
  createSandbox,
  type Event,
  eventsOf,
  type Sandbox,
} from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

interface Told {
  readonly code: number;
  readonly events: readonly Event[];
  readonly last: Event;
  /** The results of the delegations, in order. */
  readonly results: readonly JsonObject[];
  readonly server: ResponsesServer;
}

/** A whole turn; what it told. */
async function delegate(
  scenario: ServerOptions,
  {
    flags = [],
    config = "",
  }: { readonly flags?: readonly string[]; readonly config?: string } = {},
): Promise<Told> {
  await using server = await startResponsesServer(scenario);
  await sandbox.configure(`${configFor(server.url)}${config}`);
  const { code, stdout } = await sandbox.run(["-z", "Do it", "--json", ...flags]);
  const events = eventsOf(stdout);
  const results = events.flatMap(({ type, item }) => {
    const output = type === "item.completed" ? item?.output : undefined;
    const value = output === undefined ? undefined : parseJson(output);
    return isJsonObject(value) ? [value] : [];
  });
  return { code, events, last: checkEvents(stdout), results, server };
}

/** The reports of a delegation, without the times. */
function reportsOf(result: JsonObject | undefined): readonly JsonObject[] {
  const reports = result?.["results"];
  if (!Array.isArray(reports)) throw new Error(`No reports: ${JSON.stringify(result)}`);
  return reports.filter(isJsonObject).map(({ duration_seconds: _, ...report }) => report);
}

function toolNames({ body }: RecordedRequest): readonly string[] {
  const tools = isJsonObject(body) ? body["tools"] : undefined;
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: Json) =>
    isJsonObject(tool) && typeof tool["name"] === "string" ? [tool["name"]] : [],
  );
}

function bodyText(request: RecordedRequest | undefined): string {
  return JSON.stringify(request?.body);
}

/** Answers that come when so many have been asked for. */
function together(count: number): (text: string) => () => Promise<ServerStep> {
  const all = Promise.withResolvers<void>();
  let asked = 0;
  return (text) => async () => {
    if (++asked === count) all.resolve();
    await all.promise;
    return textAnswer(text);
  };
}

test("three tasks are worked on at the same time, and their reports come in order", async () => {
  const answer = together(3);
  const tasks = ["Count the apples", "Count the pears", "Count the plums"];
  const told = await delegate({
    rules: tasks.map((goal, index) => ({ lastInput: goal, step: answer(`${index + 1} found`) })),
    steps: [
      callTool("delegate_task", {
        tasks: tasks.map((goal) => ({ goal, context: "In the cellar" })),
      }),
      textAnswer("Six in all"),
    ],
  });
  expect(told.code).toBe(0);
  expect(told.last["final_text"]).toBe("Six in all");
  expect(reportsOf(told.results[0])).toEqual(
    tasks.map((_, index) => ({
      task_index: index,
      status: "completed",
      summary: `${index + 1} found`,
      steps: 1,
      exit_reason: "completed",
      tokens: expect.anything(),
      tool_trace: [],
    })),
  );
  const children = told.server.requests.filter(
    (request) =>
      bodyText(request).includes("cellar") && !bodyText(request).includes("function_call"),
  );
  expect(children).toHaveLength(3);
  const parent = toolNames(told.server.requests[0]!);
  expect(parent).toContain("delegate_task");
  for (const child of children) {
    const gone = new Set(["delegate_task", "clarify", "memory", "skill_manage"]);
    expect(toolNames(child)).toEqual(parent.filter((name) => !gone.has(name)));
    expect(bodyText(child)).toContain("You are a sub-agent of Hermes");
    expect(bodyText(child)).not.toContain("Do it");
  }
  // What they did is told in the reports, and kept nowhere else.
  const { stdout } = await sandbox.run(["sessions", "list", "--json"]);
  const listed = parseJson(stdout);
  expect(
    isJsonObject(listed) && Array.isArray(listed["sessions"]) && listed["sessions"].length,
  ).toBe(1);
});

test("a recording of tasks at the same time is replayed, in whatever order they ended", async () => {
  const answer = together(2);
  const tasks = ["Count the apples", "Count the pears"];
  const flags = ["--record", "run.jsonl"];
  const scenario = {
    rules: tasks.map((goal, index) => ({ lastInput: goal, step: answer(`${index + 1} found`) })),
    steps: [
      callTool("delegate_task", { tasks: tasks.map((goal) => ({ goal })) }),
      textAnswer("Three in all"),
    ],
  };
  expect((await delegate(scenario, { flags })).last["final_text"]).toBe("Three in all");
  const { code, stdout } = await sandbox.run(["-z", "Do it", "--json", "--replay", "run.jsonl"]);
  expect([code, checkEvents(stdout)["final_text"]]).toEqual([0, "Three in all"]);
});

test("a sub-agent works with tools, and its tokens count", async () => {
  await writeFile(join(sandbox.work, "notes.txt"), "the answer is 42\n");
  const usage = { input: 100, output: 10 };
  const told = await delegate({
    rules: [
      {
        lastInput: "Read the notes",
        step: callTool("read_file", { path: "notes.txt" }, { tokens: usage }),
      },
      { lastInput: "the answer is 42", step: textAnswer("It says 42", { tokens: usage }) },
    ],
    steps: [
      callTool("delegate_task", { goal: "Read the notes", toolsets: ["file"] }, { tokens: usage }),
      textAnswer("42", { tokens: usage }),
    ],
  });
  expect(reportsOf(told.results[0])).toEqual([
    {
      task_index: 0,
      status: "completed",
      summary: "It says 42",
      steps: 2,
      exit_reason: "completed",
      tokens: { input: 200, cached_input: 0, output: 20 },
      tool_trace: [
        {
          tool: "read_file",
          arguments: '{"path":"notes.txt"}',
          status: "ok",
          result_chars: expect.any(Number),
        },
      ],
    },
  ]);
  expect(toolNames(told.server.requests[1]!)).toEqual([
    "read_file",
    "write_file",
    "patch",
    "search_files",
  ]);
  expect(told.last["usage"]).toMatchObject({ input_tokens: 400, output_tokens: 40 });
  const deltas = told.events.flatMap(({ type, delta }) => (type === "item.delta" ? [delta] : []));
  expect(deltas).toContain('[Read the notes] read_file {"path":"notes.txt"}\n');
});

test("one that fails, one with tools that there are not and one at its limit are no fault of the others", async () => {
  const told = await delegate(
    {
      rules: [
        { lastInput: "Fail now", step: refusal(400, "No such thing") },
        { lastInput: "Look around", step: callTool("search_files", { pattern: "x" }) },
        { lastInput: "total_count", step: callTool("search_files", { pattern: "y" }) },
        { lastInput: "limit of steps", step: textAnswer("Searched for x only") },
        { lastInput: "Do well", step: textAnswer("Well done") },
      ],
      steps: [
        callTool("delegate_task", {
          tasks: [
            { goal: "Fail now" },
            { goal: "Never begun", toolsets: ["telepathy"] },
            { goal: "Look around", toolsets: ["file"] },
            { goal: "Do well" },
          ],
        }),
        textAnswer("Partly"),
      ],
    },
    { config: "delegation: {max_iterations: 1, max_concurrent_children: 2}\n" },
  );
  const reports = reportsOf(told.results[0]);
  expect(reports.map(({ status, exit_reason: reason }) => [status, reason])).toEqual([
    ["failed", "model/bad_request"],
    ["failed", "not_started"],
    ["completed", "max_iterations"],
    ["completed", "completed"],
  ]);
  expect(reports[1]?.["error"]).toBe("No such toolset: telepathy");
  expect(reports[2]?.["summary"]).toBe("Searched for x only");
  expect(told.last["final_text"]).toBe("Partly");
});

test("not more than max_concurrent_children run at once, and not more calls of one step", async () => {
  let running = 0;
  let most = 0;
  const two = Promise.withResolvers<void>();
  const child = async (): Promise<ServerStep> => {
    most = Math.max(most, ++running);
    if (running === 2) two.resolve();
    await two.promise;
    // Long enough for another one to arrive, if there were a place for it.
    await Bun.sleep(40);
    running--;
    return textAnswer("done");
  };
  const told = await delegate(
    {
      rules: [{ lastInput: "Piece", step: child }],
      steps: [
        callTools([
          {
            name: "delegate_task",
            arguments: { tasks: [{ goal: "Piece 1" }, { goal: "Piece 2" }] },
          },
          {
            name: "delegate_task",
            arguments: { tasks: [{ goal: "Piece 3" }, { goal: "Piece 4" }] },
          },
          { name: "delegate_task", arguments: { goal: "Piece 5" } },
        ]),
        textAnswer("All done"),
      ],
    },
    { config: "delegation: {max_concurrent_children: 2}\n" },
  );
  expect(most).toBe(2);
  expect(told.results.map((result) => endsOf(result))).toEqual([
    '"completed" "completed"',
    '"completed" "completed"',
    "At most 2 calls of delegate_task run in one step: send this one again in the next",
  ]);
});

function endsOf(result: JsonObject): Json {
  const error = result["error"];
  if (typeof error === "string") return error;
  return reportsOf(result)
    .map(({ status }) => JSON.stringify(status))
    .join(" ");
}

test("an interrupt ends every sub-agent", async () => {
  await using server = await startResponsesServer({
    rules: [{ lastInput: "Wait for", step: hangBeforeHeaders }],
    steps: [
      callTool("delegate_task", { tasks: [{ goal: "Wait for Godot" }, { goal: "Wait for Ada" }] }),
    ],
  });
  await sandbox.configure(configFor(server.url));
  const run = sandbox.start(["-z", "hi", "--json"]);
  while (server.requests.length < 3) await Bun.sleep(5);
  run.signal("SIGINT");
  const { code, stdout } = await run.ended;
  expect(code).toBe(130);
  expect(checkEvents(stdout).type).toBe("turn.interrupted");
  const output = eventsOf(stdout).find(
    ({ item, type }) => type === "item.completed" && item?.output,
  )?.item?.output;
  const result = parseJson(output ?? "");
  expect(reportsOf(isJsonObject(result) ? result : undefined).map(({ status }) => status)).toEqual([
    "interrupted",
    "interrupted",
  ]);
  while (server.abandoned() < 2) await Bun.sleep(5);
  expect(server.abandoned()).toBe(2);
});

test.each([
  { flags: [], isAllowed: false },
  { flags: ["--allow", "rm -rf ./precious"], isAllowed: true },
])(
  "a sub-agent asks nobody: with $flags a delete is allowed: $isAllowed",
  async ({ flags, isAllowed }) => {
    const target = join(sandbox.work, "precious");
    await writeFile(target, "");
    const told = await delegate(
      {
        rules: [
          { lastInput: "Clean up", step: callTool("terminal", { command: "rm -rf ./precious" }) },
          { lastInput: "exit_code", step: textAnswer("Removed") },
          { lastInput: "BLOCKED", step: textAnswer("I could not remove it") },
        ],
        steps: [callTool("delegate_task", { goal: "Clean up" }), textAnswer("Thanks")],
      },
      { flags },
    );
    expect(existsSync(target)).toBe(!isAllowed);
    const [report] = reportsOf(told.results[0]);
    expect(report).toMatchObject(
      isAllowed
        ? { status: "completed", summary: "Removed", exit_reason: "completed" }
        : {
            status: "failed",
            summary: "I could not remove it",
            exit_reason: "approval/denied",
            denied: ["rm -rf ./precious"],
            denied_because: "a sub-agent asks nobody",
          },
    );
  },
);

test("sub-agents have shells of their own, and see that another one wrote the file they read", async () => {
  const shared = join(sandbox.work, "shared.txt");
  await writeFile(shared, "one\n");
  const hasRead = Promise.withResolvers<void>();
  const hasWritten = Promise.withResolvers<void>();
  const told = await delegate({
    rules: [
      { lastInput: "Be first", step: callTool("read_file", { path: "shared.txt" }) },
      {
        lastInput: "1|one",
        step: async () => {
          hasRead.resolve();
          await hasWritten.promise;
          return callTool("write_file", { path: "shared.txt", content: "of the first\n" });
        },
      },
      { lastInput: "_warning", step: textAnswer("Somebody else wrote it") },
      {
        lastInput: "Be second",
        step: async () => {
          await hasRead.promise;
          return callTool("write_file", { path: "shared.txt", content: "of the second, longer\n" });
        },
      },
      { lastInput: "bytes_written", step: callTool("terminal", { command: "cd / && pwd" }) },
      {
        lastInput: String.raw`\"output\":\"/\\n`,
        step: () => {
          hasWritten.resolve();
          return textAnswer("In the root");
        },
      },
    ],
    steps: [
      callTool("delegate_task", { tasks: [{ goal: "Be first" }, { goal: "Be second" }] }),
      callTool("terminal", { command: "pwd" }),
      textAnswer("Done"),
    ],
  });
  expect(reportsOf(told.results[0]).map(({ summary }) => summary)).toEqual([
    "Somebody else wrote it",
    "In the root",
  ]);
  expect(told.results[1]?.["output"]).toContain(sandbox.work);
  expect(await readFile(shared, "utf8")).toBe("of the first\n");
});
