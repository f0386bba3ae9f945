import { expect } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "../../../src/core/json.ts";
import { callsMcp } from "../../fakes/codex_cases.ts";
import type { CodexBinary } from "../../fakes/codex_binaries.ts";
import { textAnswer } from "../../fakes/server_steps.ts";
import { binary, configFor } from "../sandbox.ts";
import { type CodexLab, onEveryCodex, openLab, said, type Told } from "./sandbox.ts";

const done = textAnswer("All done.", { phase: "final_answer" });
const fact = { action: "add", target: "memory", content: "This project is built with just" };
const todos = [{ id: "1", content: "Buy milk", status: "pending" }];

function callsOurs(codex: CodexBinary, name: string, input = {}) {
  return callsMcp(codex.version, name, input, "hermes-tools");
}

/** The names of calls, and what came of each. */
function callsIn(items: readonly Told[]): readonly unknown[] {
  return items.flatMap(({ type, name, is_error: isError }) => {
    if (type === "tool_call") return [name];
    return type === "tool_result" ? [isError === true ? "failed" : "done"] : [];
  });
}

async function configured(lab: CodexLab, codex: Readonly<Record<string, unknown>>): Promise<void> {
  await lab.hermes.configure(JSON.stringify({ codex }));
}

onEveryCodex("codex's model uses our tools through our MCP server", async (codex) => {
  const steps = [callsOurs(codex, "todo", { todos }), done];
  await using lab = await openLab(codex, { steps });
  await configured(lab, { hermes_tools: "mcp" });
  const { code, items, verdicts } = await lab.turn("Note it");
  expect([code, verdicts, callsIn(items), items.at(-1)]).toEqual([
    0,
    [],
    ["mcp_hermes-tools_todo", "done"],
    said("All done."),
  ]);
  expect(String(items[1]?.["output"])).toContain("Buy milk");
});

onEveryCodex(
  "what codex's model remembers through our MCP server, the next session of our own loop knows",
  async (codex) => {
    const steps = [
      textAnswer("Noted: the walrus is called Olga."),
      callsOurs(codex, "memory", fact),
      callsOurs(codex, "session_search", { query: "walrus" }),
      done,
      textAnswer("With just."),
    ];
    await using lab = await openLab(codex, { steps });
    await configured(lab, { hermes_tools: "mcp" });
    const earlier = await lab.turn("The walrus is called Olga");
    const { code, items, verdicts } = await lab.turn("Remember how it is built");
    expect([code, verdicts, callsIn(items), items.at(-1)]).toEqual([
      0,
      [],
      ["mcp_hermes-tools_memory", "done", "mcp_hermes-tools_session_search", "done"],
      said("All done."),
    ]);
    expect(parseJson(String(items[1]?.["output"]))).toEqual({
      success: true,
      target: "memory",
      entries: [fact.content],
      usage: "1% — 31/2,200 chars",
      entry_count: 1,
    });
    expect(parseJson(String(items[3]?.["output"]))).toMatchObject({
      mode: "discover",
      count: 1,
      results: [{ session: { session_id: earlier.sessionId } }],
    });
    expect(await readFile(join(lab.hermes.home, "memories", "MEMORY.md"), "utf8")).toBe(
      fact.content,
    );

    await lab.hermes.configure(configFor(lab.server.url));
    const next = await lab.run(["-z", "How is it built?", "--runtime", "auto"]);
    expect([next.code, next.stdout]).toEqual([0, "With just.\n"]);
    const prompt = JSON.stringify(lab.server.requests.at(-1)?.body ?? null);
    expect(prompt).toContain("Your notes from earlier sessions");
    expect(prompt).toContain(fact.content);
  },
);

onEveryCodex("a session from without our tools gets them when it goes on", async (codex) => {
  const steps = [done, callsOurs(codex, "todo", { todos }), done];
  await using lab = await openLab(codex, { steps });
  await configured(lab, { expose_hermes_tools: false });
  expect((await lab.turn("Hello")).code).toBe(0);
  await configured(lab, {});
  const { code, items } = await lab.turn("Note it", "-c");
  expect([code, callsIn(items)]).toEqual([0, ["mcp_hermes-tools_todo", "done"]]);
});

onEveryCodex(
  "a server of ours in codex's own configuration stays out of our turns",
  async (codex) => {
    const steps = [callsOurs(codex, "todo", { todos }), done];
    const mcpServers = { "hermes-tools": { command: "/nowhere", args: [] } };
    await using lab = await openLab(codex, { steps, home: { mcpServers } });
    const { code, items, events } = await lab.turn("Note it");
    // It is not there: the call is one that codex knows nothing of.
    expect([code, callsIn(items), items.at(-1)]).toEqual([0, [], said("All done.")]);
    expect(events.filter(({ type }) => type === "notice")).toEqual([]);
  },
);

onEveryCodex(
  "a server of ours that another home has migrated works on the home of the turn, with its tools alone",
  async (codex) => {
    const other = {
      command: binary,
      args: ["mcp", "serve"],
      env: { HERMES_HOME: "/nowhere" },
      default_tools_approval_mode: "approve",
    };
    const settings = { mcp_servers: { "hermes-tools": other } };
    const steps = [callsOurs(codex, "memory", fact), done, callsOurs(codex, "todo", {}), done];
    await using lab = await openLab(codex, { steps, home: { settings } });
    const before = await lab.home.readConfig();
    await configured(lab, { hermes_tools: "mcp" });
    const { code, items, verdicts } = await lab.turn("Remember it", "-t", "memory");
    expect([code, verdicts, callsIn(items)]).toEqual([0, [], ["mcp_hermes-tools_memory", "done"]]);
    expect(await readFile(join(lab.hermes.home, "memories", "MEMORY.md"), "utf8")).toBe(
      fact.content,
    );
    const unwanted = await lab.turn("Note it", "-t", "memory");
    expect(callsIn(unwanted.items)).not.toContain("done");
    expect(await lab.home.readConfig()).toBe(before);
  },
);
