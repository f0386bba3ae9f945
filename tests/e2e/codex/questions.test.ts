import { expect } from "bun:test";
import { isJsonObject } from "../../../src/core/json.ts";
import { callTool, textAnswer } from "../../fakes/server_steps.ts";
import { type CodexLab, onEveryCodex, openLab, said } from "./sandbox.ts";

const done = textAnswer("All done.", { phase: "final_answer" });

/** What the model was told of its last call. */
function toldToModel({ server }: CodexLab): string {
  const body = server.requests.at(-1)?.body ?? null;
  const input = isJsonObject(body) ? body["input"] : undefined;
  const outputs = Array.isArray(input)
    ? input.filter((item) => isJsonObject(item) && item["type"] === "function_call_output")
    : [];
  return JSON.stringify(outputs.at(-1));
}

const permissions = {
  home: { features: { request_permissions_tool: true } },
  steps: [
    callTool("request_permissions", {
      reason: "The package index is on the network.",
      permissions: { network: { enabled: true } },
    }),
    done,
  ],
};

onEveryCodex("more permissions are denied when nobody is there", async (codex) => {
  await using lab = await openLab(codex, permissions);
  const { code, verdicts, events } = await lab.turn("Ask for the network");
  expect([code, verdicts]).toEqual([6, ["deny by policy"]]);
  expect(events.find(({ type }) => type === "approval.decided")).toMatchObject({
    subject: { kind: "tool", name: "permissions", arguments: { network: { enabled: true } } },
  });
  expect(toldToModel(lab)).not.toContain("enabled");
});

onEveryCodex("a person grants permissions for the turn", async (codex) => {
  await using lab = await openLab(codex, permissions);
  const items = await lab.chat(async (person) => {
    person.says("Ask for the network");
    await person.sees("Allow this?", "network access", "The package index", "allow once");
    await person.answers("o");
    await person.sees("All done.");
  });
  expect(items).toEqual([said("All done.")]);
  expect(toldToModel(lab)).toContain("enabled");
});

const input = {
  home: { features: { default_mode_request_user_input: true } },
  steps: [
    callTool("request_user_input", {
      questions: [
        {
          id: "language",
          header: "Language",
          question: "Which language shall it be?",
          options: [
            { label: "Rust", description: "Fast" },
            { label: "Python", description: "Short" },
          ],
        },
        {
          id: "name",
          header: "Name",
          question: "What is it called?",
          options: [
            { label: "hermes", description: "The messenger" },
            { label: "iris", description: "The rainbow" },
          ],
        },
      ],
    }),
    done,
  ],
};

onEveryCodex("questions of the model have no answer when nobody is there", async (codex) => {
  await using lab = await openLab(codex, input);
  const { code } = await lab.turn("Ask me");
  expect(code).toBe(0);
  expect(toldToModel(lab)).toContain(JSON.stringify('{"answers":{}}').slice(1, -1));
});

onEveryCodex("a person answers the questions of the model", async (codex) => {
  await using lab = await openLab(codex, input);
  await lab.chat(async (person) => {
    person.says("Ask me");
    await person.sees("Which language shall it be?", "2  Python");
    await person.answers("2");
    await person.sees("What is it called?", "something else");
    await person.answers("3");
    await person.sees("? ");
    person.presses("argus\r");
    await person.sees("All done.");
  });
  expect(toldToModel(lab)).toContain("Python");
  expect(toldToModel(lab)).toContain("argus");
});

const todos = [{ id: "1", content: "Write the test", status: "in_progress" }];

onEveryCodex("a tool of ours answers the model of codex", async (codex) => {
  await using lab = await openLab(codex, { steps: [callTool("todo", { todos }), done] });
  const { code, items } = await lab.turn("Note it");
  expect([code, items[0], items[2]]).toEqual([
    0,
    { type: "tool_call", name: "todo", arguments: JSON.stringify({ todos }) },
    said("All done."),
  ]);
  expect(items[1]).toMatchObject({ type: "tool_result", is_error: false });
  expect(String(items[1]?.["output"])).toContain("Write the test");
  expect(toldToModel(lab)).toContain("Write the test");
});

onEveryCodex("a tool of ours answers in a new process, too", async (codex) => {
  const steps = [textAnswer("Hello."), callTool("todo", { todos }), done];
  await using lab = await openLab(codex, { steps });
  await lab.turn("Say hello");
  const { code, items } = await lab.turn("Note it", "-c");
  expect([code, items[1]]).toMatchObject([0, { type: "tool_result", is_error: false }]);
});

onEveryCodex("wrong arguments for a tool of ours are told to the model", async (codex) => {
  const steps = [callTool("todo", { todos: "none" }), done];
  await using lab = await openLab(codex, { steps });
  const { code, items } = await lab.turn("Note it");
  expect([code, items[1]]).toMatchObject([0, { type: "tool_result", is_error: true }]);
});

const clarify = callTool("clarify", { question: "Which colour?", choices: ["red", "blue"] });

onEveryCodex("a question of ours has a default when nobody is there", async (codex) => {
  await using lab = await openLab(codex, { steps: [clarify, done] });
  const { code } = await lab.turn("Paint it");
  expect(code).toBe(0);
  expect(toldToModel(lab)).toContain("Nobody answers");
});

onEveryCodex("a person answers a question of ours", async (codex) => {
  await using lab = await openLab(codex, { steps: [clarify, done] });
  const items = await lab.chat(async (person) => {
    person.says("Paint it");
    await person.sees("Which colour?", "2  blue");
    await person.answers("2");
    await person.sees("All done.");
  });
  expect(items.map(({ type }) => type)).toEqual(["tool_call", "tool_result", "assistant_message"]);
  expect(toldToModel(lab)).toContain("blue");
});

onEveryCodex("without our tools, codex has its own alone", async (codex) => {
  await using lab = await openLab(codex, { steps: [callTool("todo", { todos }), done] });
  const { items } = await lab.turn("Note it", "--set", "codex.expose_hermes_tools=false");
  expect(items).toEqual([said("All done.")]);
  expect(toldToModel(lab)).toContain("unsupported call");
});
