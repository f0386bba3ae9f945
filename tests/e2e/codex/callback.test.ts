import { expect } from "bun:test";
import { callsMcp } from "../../fakes/codex_cases.ts";
import type { CodexBinary } from "../../fakes/codex_binaries.ts";
import { textAnswer } from "../../fakes/server_steps.ts";
import { type CodexLab, onEveryCodex, openLab, said, type Told } from "./sandbox.ts";

const done = textAnswer("All done.", { phase: "final_answer" });
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
