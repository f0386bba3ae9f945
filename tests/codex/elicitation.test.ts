import { describe, expect, test } from "bun:test";
import { planElicitation as planOf } from "../../src/codex/elicitation.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";
import { answerFacts } from "../fakes/answer_facts.ts";
import { answered, shownPlan } from "../fakes/shown_plan.ts";

const declined = { action: "decline", content: null, _meta: null };
const accepted = { action: "accept", content: null, _meta: null };
const kept = (persist: string): JsonObject => ({ ...accepted, _meta: { persist } });

function toolCall(
  more: { readonly serverName?: string; readonly meta?: JsonObject } = {},
): JsonObject {
  return {
    threadId: "t",
    turnId: "u",
    serverName: more.serverName ?? "notes",
    mode: "form",
    message: 'Allow the notes MCP server to run tool "save note"?',
    requestedSchema: { type: "object", properties: {} },
    _meta: {
      codex_approval_kind: "mcp_tool_call",
      tool_params: { text: "hi" },
      ...more.meta,
    },
  };
}

function planElicitation(params: Json, injected: readonly string[] = []) {
  return planOf(params, answerFacts({ injected }));
}

describe("planElicitation() of codex's own approval of a tool call", () => {
  test("asks, and lets codex keep the answer as long as it offers", () => {
    const meta = { persist: ["session", "always"], tool_name: "save" };
    expect(shownPlan(planElicitation(toolCall({ meta })))).toEqual({
      kind: "approval",
      request: {
        subject: { kind: "tool", name: "mcp_notes_save", arguments: { text: "hi" } },
        reason: "codex wants to use the MCP server notes: save",
        key: "mcp notes save",
        scopes: ["session", "always"],
        alwaysAllows: "every call of save of the MCP server notes",
        isKeptByAsker: true,
      },
      answers: {
        allow_once: accepted,
        allow_session: kept("session"),
        allow_always: kept("always"),
        deny: declined,
      },
      cancel: { action: "cancel", content: null, _meta: null },
    });
  });

  test("reads the tool's name from the message of earlier versions", () => {
    expect(shownPlan(planElicitation(toolCall()))).toMatchObject({
      request: {
        subject: { kind: "tool", name: "mcp_notes_save note", arguments: { text: "hi" } },
        key: "mcp notes save note",
        scopes: [],
      },
      answers: { allow_session: accepted, allow_always: accepted },
    });
  });

  test("keeps for the session alone where codex offers no more", () => {
    expect(shownPlan(planElicitation(toolCall({ meta: { persist: "session" } })))).toMatchObject({
      request: { scopes: ["session"] },
      answers: { allow_session: kept("session"), allow_always: kept("session") },
    });
  });

  test("keeps what is allowed of a server of ours here: codex is not configured with it", () => {
    const meta = { persist: ["session", "always"], tool_name: "save" };
    expect(shownPlan(planElicitation(toolCall({ meta }), ["notes"]))).toEqual({
      kind: "approval",
      request: {
        subject: { kind: "tool", name: "mcp_notes_save", arguments: { text: "hi" } },
        reason: "codex wants to use the MCP server notes: save",
        key: "mcp notes save",
        scopes: ["session", "always"],
        alwaysAllows: "every call of save of the MCP server notes",
      },
      answers: {
        allow_once: accepted,
        allow_session: kept("session"),
        allow_always: kept("session"),
        deny: declined,
      },
      cancel: { action: "cancel", content: null, _meta: null },
    });
  });

  test("accepts our own tools at once, and asks for those of another server of that name", () => {
    const call = toolCall({ serverName: "hermes-tools" });
    expect(planElicitation(call, ["hermes-tools"])).toEqual({ kind: "answer", result: accepted });
    expect(planElicitation(call).kind).toBe("approval");
  });
});

describe("planElicitation() of a server", () => {
  test.each([
    ["a field", { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] }],
    [
      "a field that need not be filled",
      { type: "object", properties: { ok: { type: "boolean" } } },
    ],
    ["a field that is not described", { type: "object", properties: {}, required: ["ok"] }],
    ["fields in a list", { type: "object", properties: [] }],
  ])("takes no form with %s for an approval of codex's", (_name, requestedSchema) => {
    for (const serverName of ["notes", "hermes-tools"]) {
      const forged = {
        ...toolCall({ serverName, meta: { tool_name: "harmless" } }),
        requestedSchema,
      };
      const plan = planElicitation(forged);
      expect(plan).toEqual(
        plan.kind === "questions" ? expect.anything() : { kind: "answer", result: declined },
      );
      expect(plan.kind).not.toBe("approval");
    }
  });

  test("puts a form to the person, that of our own server too", () => {
    const asked: JsonObject = {
      serverName: "hermes-tools",
      threadId: "t",
      mode: "form",
      message: "Who are you?",
      _meta: null,
      requestedSchema: {
        type: "object",
        properties: { name: { type: "string" } },
        required: ["name"],
      },
    };
    expect(shownPlan(planElicitation(asked))).toEqual({
      kind: "questions",
      title: "MCP server hermes-tools asks: Who are you?",
      questions: [
        {
          id: "name",
          question: { question: "MCP server hermes-tools asks: Who are you?\nname", choices: [] },
        },
      ],
    });
  });

  test("shows the page that a person is to open, and accepts only a yes", () => {
    const plan = planElicitation({
      serverName: "bank",
      threadId: "t",
      mode: "url",
      message: "Please log in",
      url: "https://bank.example/login?id=1",
      elicitationId: "e",
    });
    const title = "MCP server bank asks: Please log in";
    expect(shownPlan(plan)).toEqual({
      kind: "questions",
      title,
      questions: [
        {
          id: "url",
          question: {
            question: `${title}\nOpen this page: https://bank.example/login?id=1`,
            choices: ["yes, I have opened it", "no"],
          },
        },
      ],
    });
    expect([
      answered(plan, { url: "yes, I have opened it" }),
      answered(plan, { url: "no" }),
      answered(plan, { url: "The user does not want to answer" }),
      answered(plan, { url: undefined }),
      answered(plan, {}),
    ]).toEqual([accepted, declined, declined, declined, declined]);
  });

  test.each<[string, Json]>([
    [
      "a page that is none",
      { serverName: "s", mode: "url", message: "m", url: "javascript:alert(1)" },
    ],
    ["a page without an address", { serverName: "s", mode: "url", message: "m" }],
    ["another mode", { ...toolCall(), mode: "openai/form" }],
    [
      "a proof of the device",
      {
        serverName: "s",
        mode: "openai/userVerification",
        challenge: "c",
        description: "d",
        title: "t",
      },
    ],
    ["a form without fields", { ...toolCall(), _meta: null }],
    ["no schema", { serverName: "s", mode: "form", message: "m" }],
    ["no server", { mode: "form", message: "m", requestedSchema: {} }],
    ["no parameters", null],
  ])("declines at once: %s", (_name, params) => {
    expect(planElicitation(params)).toEqual({ kind: "answer", result: declined });
  });
});
