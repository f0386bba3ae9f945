import { expect } from "bun:test";
import { callsMcp, mcpServerName } from "../../fakes/codex_cases.ts";
import type { CodexBinary } from "../../fakes/codex_binaries.ts";
import type { CodexHomeOptions } from "../../fakes/codex_home.ts";
import { mcpServerCommand } from "../../fakes/mcp_server_main.ts";
import { textAnswer } from "../../fakes/server_steps.ts";
import { type CodexLab, ctrlC, onEveryCodex, openLab, said, used } from "./sandbox.ts";

const done = textAnswer("All done.", { phase: "final_answer" });
const mcpServers = { [mcpServerName]: { ...mcpServerCommand, required: true } };

/** A model that uses tools of the server, one after the other. */
function labFor(
  codex: CodexBinary,
  calls: readonly (readonly [name: string, input: Readonly<Record<string, string>>])[],
  home: Partial<CodexHomeOptions> = {},
): Promise<CodexLab> {
  const steps = calls.map(([name, input]) => callsMcp(codex.version, name, input));
  return openLab(codex, { steps: [...steps, done], home: { mcpServers, ...home } });
}

const echo = ["echo", { text: "hello" }] as const;
const echoed = used("mcp_lab_echo", { text: "hello" }, "hello");
const rejected = "user rejected MCP tool call";
const notEchoed = used("mcp_lab_echo", { text: "hello" }, rejected, { isError: true });

onEveryCodex("a tool that only reads is used without a question", async (codex) => {
  await using lab = await labFor(codex, [["read", { text: "a page" }]]);
  const { code, items, verdicts } = await lab.turn("Read it");
  expect([code, verdicts, items]).toEqual([
    0,
    [],
    [...used("mcp_lab_read", { text: "a page" }, "a page"), said("All done.")],
  ]);
});

onEveryCodex("a tool that may do harm is denied when nobody is there", async (codex) => {
  await using lab = await labFor(codex, [echo]);
  const { code, items, verdicts, last, events } = await lab.turn("Echo it");
  expect([code, verdicts, items]).toEqual([
    6,
    ["deny by policy"],
    [...notEchoed, said("All done.")],
  ]);
  expect(last).toMatchObject({ error: { code: "approval/denied" } });
  expect(events.find(({ type }) => type === "approval.decided")).toMatchObject({
    subject: { kind: "tool", name: "mcp_lab_echo", arguments: { text: "hello" } },
  });
});

onEveryCodex("--yolo uses the tool", async (codex) => {
  await using lab = await labFor(codex, [echo]);
  const { code, items } = await lab.turn("Echo it", "--yolo");
  expect([code, items]).toEqual([0, [...echoed, said("All done.")]]);
});

onEveryCodex("a person reads the call and allows it once", async (codex) => {
  await using lab = await labFor(codex, [echo, echo]);
  const items = await lab.chat(async (person) => {
    person.says("Echo it twice");
    await person.sees("Allow this?", "MCP server lab: echo", '"text": "hello"', "allow once");
    await person.answers("o");
    await person.sees("Allow this?", "MCP server lab: echo", "deny");
    await person.answers("d");
    await person.sees("All done.");
  });
  expect(items).toEqual([...echoed, ...notEchoed, said("All done.")]);
});

onEveryCodex("a person allows the tool for the session", async (codex) => {
  await using lab = await labFor(codex, [echo, echo]);
  const items = await lab.chat(async (person) => {
    person.says("Echo it twice");
    await person.sees("Allow this?", "MCP server lab: echo", "allow for this session");
    await person.answers("s");
    await person.sees("All done.");
  });
  expect(items).toEqual([...echoed, ...echoed, said("All done.")]);
});

onEveryCodex("a person denies the tool", async (codex) => {
  await using lab = await labFor(codex, [echo]);
  const items = await lab.chat(async (person) => {
    person.says("Echo it");
    await person.sees("Allow this?", "MCP server lab: echo", "deny");
    await person.answers("d");
    await person.sees("All done.");
  });
  expect(items).toEqual([...notEchoed, said("All done.")]);
});

onEveryCodex("a form of the server is declined when nobody is there", async (codex) => {
  await using lab = await labFor(codex, [["ask_form", {}]]);
  const { code, items } = await lab.turn("Send it");
  expect([code, items]).toEqual([
    0,
    [...used("mcp_lab_ask_form", {}, '{"action":"decline"}'), said("All done.")],
  ]);
});

onEveryCodex("--yolo does not fill in a form", async (codex) => {
  await using lab = await labFor(codex, [["ask_form", {}]]);
  const { items } = await lab.turn("Send it", "--yolo");
  expect(items[1]).toMatchObject({ output: '{"action":"decline"}' });
});

onEveryCodex("a person fills in the form", async (codex) => {
  await using lab = await labFor(codex, [["ask_form", {}]]);
  const items = await lab.chat(async (person) => {
    person.says("Send it");
    // Codex sorts the fields by name.
    await person.sees("Where shall the parcel go?", "Floor", "(optional)", "? ");
    await person.answers("3\r");
    await person.sees("Fragile", "1  yes");
    await person.answers("1");
    await person.sees("Speed", "2  express");
    await person.answers("2");
    await person.sees("Street", "With the house number", "? ");
    await person.answers("Main Street 1\r");
    await person.sees("All done.");
  });
  const [, result] = items;
  expect(JSON.parse(String(result?.["output"]))).toEqual({
    action: "accept",
    content: { street: "Main Street 1", floor: 3, fragile: true, speed: "express" },
  });
});

onEveryCodex("a form that a person leaves is declined", async (codex) => {
  await using lab = await labFor(codex, [["ask_form", {}]]);
  const items = await lab.chat(async (person) => {
    person.says("Send it");
    await person.sees("Where shall the parcel go?", "? ");
    await person.answers("\x1b");
    await person.sees("All done.");
  });
  expect(items).toEqual([
    ...used("mcp_lab_ask_form", {}, '{"action":"decline"}'),
    said("All done."),
  ]);
});

onEveryCodex("Ctrl-C in the form ends the turn", async (codex) => {
  await using lab = await labFor(codex, [["ask_form", {}]]);
  await lab.chat(async (person) => {
    person.says("Send it");
    await person.sees("Where shall the parcel go?", "? ");
    person.presses(ctrlC);
    await person.sees("interrupted");
  });
});
