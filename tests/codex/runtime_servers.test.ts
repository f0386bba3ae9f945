import { expect, test } from "bun:test";
import type { CodexServers } from "../../src/codex/server_entries.ts";
import type { TurnEvent } from "../../src/core/event.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import { settled } from "../fakes/clock.ts";
import * as codex from "../fakes/codex_script.ts";
import type { Script } from "../fakes/codex_server.ts";
import { createFakeTool, ok } from "../fakes/tool.ts";
import { approverOf, createRig, type Rig } from "./rig.ts";
import { failure, finished, said, started, startedWithTools, told } from "./told.ts";

const message = "Hello there.";
const answered = [...said(message), ...finished(message)];
const files = { command: "files", args: ["/srv"] };
const marked = { ...files, env_vars: ["HERMES_CODEX_RUN"] };
const own = { command: "/opt/hermes", args: ["mcp", "serve"] };

function serversOf(
  entries: Readonly<Record<string, JsonObject>>,
  rest: Partial<CodexServers> = {},
): () => CodexServers {
  return () => ({
    entries: new Map(Object.entries(entries)),
    env: {},
    problems: [],
    signIns: [],
    ...rest,
  });
}

function status(name: string, state: string, error: string | null = null) {
  return codex.notify("mcpServer/startupStatus/updated", { name, status: state, error });
}

const opened = codex.reply({ thread: { id: "thread-1" }, model: "gpt-5.5" });

function opening(...steps: Script) {
  return codex.scenario({ "thread/start": [[opened, ...steps]] });
}

function notice(text: string): TurnEvent {
  return { type: "notice", level: "warning", text };
}

function paramsOf(rig: Rig, method: string, run = 1): readonly JsonObject[] {
  return rig
    .sent(run)
    .flatMap(({ method: called, params }) =>
      called === method && isJsonObject(params ?? null) ? [params as JsonObject] : [],
    );
}

function configOf(params: JsonObject | undefined): JsonObject {
  const config: Json = params?.["config"] ?? null;
  return isJsonObject(config) ? config : {};
}

test("a turn waits for the servers that its thread got, and no longer", async () => {
  const scenario = opening(status("files", "starting"), status("files", "ready"));
  await using rig = createRig([scenario], {
    servers: serversOf({ files }),
    serverVariables: ["TOKEN"],
  });
  const { events, endedAt } = await rig.play();
  expect(told({ events, endedAt })).toEqual([started(), ...answered]);
  expect(endedAt).toBe(0);
  const config = configOf(paramsOf(rig, "thread/start")[0]);
  expect([config["mcp_servers"], config["shell_environment_policy.exclude"]]).toEqual([
    { files: marked },
    ["TOKEN"],
  ]);
});

test("commands lose no pattern of the user's to the variables of servers", async () => {
  const config = { shell_environment_policy: { exclude: ["AWS_*"] }, mcp_servers: { files } };
  const scenario = codex.scenario({ "config/read": [[codex.reply({ config })]] });
  await using rig = createRig([scenario], {
    servers: serversOf({ files }),
    serverVariables: ["TOKEN"],
  });
  expect(told(await rig.play())).toEqual([started(), ...answered]);
  const given = configOf(paramsOf(rig, "thread/start")[0]);
  expect([given["mcp_servers"], given["shell_environment_policy.exclude"]]).toEqual([
    undefined,
    ["AWS_*", "TOKEN"],
  ]);
});

test("a codex that would keep its environment in a file for its commands does not", async () => {
  const userAgent = "hermes/0.130.0 (Linux; x86_64)";
  const scenario = codex.scenario({ initialize: [[codex.reply({ userAgent })]] });
  for (const serverVariables of [[], ["TOKEN"]]) {
    await using rig = createRig([scenario], { serverVariables });
    await rig.play();
    const config = configOf(paramsOf(rig, "thread/start")[0]);
    expect(config["features.shell_snapshot"]).toBe(
      serverVariables.length === 0 ? undefined : false,
    );
  }
});

test("a server that fails is told with codex's reason, once", async () => {
  const reason =
    "MCP client for `files` failed to start: MCP startup failed: no such program: hunter2";
  await using rig = createRig([opening(status("files", "failed", reason))], {
    servers: serversOf({ files }, { problems: [{ server: "old", message: "is left out: x" }] }),
  });
  expect(told(await rig.play())).toEqual([
    started(),
    notice("The MCP server old is left out: x"),
    notice("The MCP server files cannot be used: no such program: ***"),
    ...answered,
  ]);
  expect(told(await rig.play({ turnId: "t-2" }))[1]).toMatchObject({ type: "item-start" });
});

test("a server that nobody is signed in to is told with how that is done", async () => {
  const notes = { url: "https://notes.example/mcp" };
  await using rig = createRig([opening(status("notes", "failed", "not signed in"))], {
    servers: serversOf({ notes }, { signIns: ["notes"] }),
  });
  expect(told(await rig.play())[1]).toEqual(
    notice(
      "The MCP server notes cannot be used: not signed in; sign in with: " +
        `codex mcp login notes -c 'mcp_servers.notes.url="https://notes.example/mcp"'`,
    ),
  );
});

test("a server that takes longer than five seconds is not waited for, and its end is told later", async () => {
  const late = codex.turn(codex.message(message), status("files", "failed", "out of luck"));
  const scenario = codex.scenario({
    "thread/start": [[opened, status("files", "starting")]],
    "turn/start": [late],
  });
  await using rig = createRig([scenario], { servers: serversOf({ files }) });
  const { events, endedAt } = await rig.play();
  expect(told({ events, endedAt })).toEqual([
    started(),
    notice("The MCP server files is still starting: its tools come when it is ready"),
    ...answered,
  ]);
  expect([endedAt >= 5_000, endedAt < 5_500]).toEqual([true, true]);
  const second = told(await rig.play({ turnId: "t-2" }));
  expect(second.slice(0, 2)).toEqual([
    started("thread-1", "t-2"),
    notice("The MCP server files cannot be used: out of luck"),
  ]);
});

test("an abort ends the wait for servers at once", async () => {
  await using rig = createRig([opening()], { servers: serversOf({ files }) });
  const stop = new AbortController();
  const playing = rig.play({ signal: stop.signal });
  await settled();
  stop.abort();
  const { events, endedAt } = await playing;
  expect(told({ events, endedAt })).toEqual([
    { type: "turn-start", turnId: "t-1" },
    { type: "turn-end", outcome: { status: "interrupted" } },
  ]);
  expect(endedAt).toBeLessThan(200);
  expect(paramsOf(rig, "turn/start")).toEqual([]);
});

test("a codex that dies while its servers start is told as that", async () => {
  const dying = opening({ do: "log", text: "boom" }, { do: "exit", code: 3 });
  await using rig = createRig([dying], { servers: serversOf({ files }) });
  const { events, endedAt } = await rig.play();
  expect(events.at(-1)).toMatchObject({
    type: "turn-end",
    outcome: { status: "failed", error: { code: "codex/exited" } },
  });
  expect(endedAt).toBeLessThan(1_000);
});

test.each<[string, CodexServers["problems"], Script, string]>([
  [
    "fails",
    [],
    [status("files", "failed", "no such program")],
    "The MCP server files is required and cannot be used: no such program",
  ],
  [
    "was left out",
    [{ server: "files", message: "is left out: the variable X is not set" }],
    [],
    "The MCP server files is required and is left out: the variable X is not set",
  ],
  ["is unknown", [], [], "The MCP server files is required and is not configured, or switched off"],
  [
    "never comes up",
    [],
    [status("files", "starting")],
    "The MCP server files is required and was not ready within 120 s",
  ],
])("no turn starts without a required server that %s", async (_, problems, steps, text) => {
  const entries = steps.length > 0 ? { files } : {};
  await using rig = createRig([opening(...steps)], {
    servers: serversOf(entries, { problems }),
    requiredServers: ["files"],
  });
  expect(told(await rig.play())).toEqual([
    { type: "turn-start", turnId: "t-1" },
    failure("mcp/unavailable", text),
  ]);
  expect(paramsOf(rig, "turn/start")).toEqual([]);
});

test("a required server may be one that codex is configured with", async () => {
  const scenario = codex.scenario({
    "config/read": [[codex.reply({ config: { mcp_servers: { files } } })]],
    "thread/start": [[opened, status("files", "ready")]],
  });
  await using rig = createRig([scenario], { requiredServers: ["files"] });
  expect(told(await rig.play())).toEqual([started(), ...answered]);
});

const todo = createFakeTool("todo", () => ok("1. milk"));
const dynamic = [
  {
    type: "function",
    name: "todo",
    description: todo.spec.description,
    inputSchema: todo.spec.parameters,
  },
];
const ownEntry = { "hermes-tools": { ...own, env_vars: ["HERMES_CODEX_RUN"] } };

test("our tools are the thread's own, and the server that has them is not started", async () => {
  await using rig = createRig([codex.scenario()], { tools: [todo], ownServer: own });
  expect(told(await rig.play())).toEqual([startedWithTools(), ...answered]);
  const [params] = paramsOf(rig, "thread/start");
  expect([params?.["dynamicTools"], configOf(params)["mcp_servers"]]).toEqual([dynamic, undefined]);
});

test("a codex that refuses our tools gets them from our server", async () => {
  const refusal = "thread/start.dynamicTools requires experimentalApi capability";
  const scenario = codex.scenario({
    "thread/start": [
      [{ do: "refuse", code: -32_600, message: refusal }],
      [opened, status("hermes-tools", "ready")],
    ],
  });
  await using rig = createRig([scenario], { tools: [todo], ownServer: own });
  expect(told(await rig.play())).toEqual([started(), ...answered]);
  const [, params] = paramsOf(rig, "thread/start");
  expect([params?.["dynamicTools"], configOf(params)["mcp_servers"]]).toEqual([
    undefined,
    ownEntry,
  ]);
});

test("who wants it so gets our tools from our server, and what it asks is accepted", async () => {
  const asking = codex.turn(
    codex.ask(0, "mcpServer/elicitation/request", {
      serverName: "hermes-tools",
      mode: "form",
      message: 'Allow the hermes-tools MCP server to run tool "memory"?',
      _meta: { codex_approval_kind: "mcp_tool_call", persist: ["session", "always"] },
      requestedSchema: { type: "object", properties: {} },
    }),
    codex.awaitAnswer(0),
    codex.message(message),
  );
  const scenario = codex.scenario({
    "thread/start": [[opened, status("hermes-tools", "ready")]],
    "turn/start": [asking],
  });
  const options = { tools: [todo], ownServer: own };
  const approver = approverOf({ decision: "deny", by: "user" });
  {
    await using rig = createRig([scenario], { ...options, toolsBy: "mcp" });
    expect(told(await rig.play({ approver }))).toEqual([started(), ...answered]);
    expect(configOf(paramsOf(rig, "thread/start")[0])["mcp_servers"]).toEqual(ownEntry);
    expect(rig.sent().find(({ id, method }) => id === 0 && method === undefined)).toEqual({
      id: 0,
      result: { action: "accept", content: null, _meta: null },
    });
    expect(approver.asked).toEqual([]);
  }
  // A server of that name that the user's codex is configured with is asked for like any other.
  await using rig = createRig([scenario], options);
  await rig.play({ approver });
  expect(approver.asked.map(({ key }) => key)).toEqual(["mcp hermes-tools memory"]);
});

test("a thread that was started without our tools gets them from our server when it goes on", async () => {
  const scenario = codex.scenario({
    "thread/resume": [[opened, status("hermes-tools", "ready")]],
  });
  const options = { tools: [todo], ownServer: own };
  await using rig = createRig([scenario], options);
  const turn = await rig.play({ runtimeState: "thread-1 without-tools" });
  expect(told(turn)).toEqual([started(), ...answered]);
  const [params] = paramsOf(rig, "thread/resume");
  expect([params?.["threadId"], configOf(params)["mcp_servers"]]).toEqual(["thread-1", ownEntry]);
  await using other = createRig([scenario], options);
  expect(told(await other.play({ runtimeState: "thread-1" }))).toEqual([
    startedWithTools(),
    ...answered,
  ]);
  expect(configOf(paramsOf(other, "thread/resume")[0])["mcp_servers"]).toBeUndefined();
});
