import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { planAnswer } from "../../src/codex/approvals.ts";
import { isJsonObject, type Json } from "../../src/core/json.ts";
import { answerFacts } from "../fakes/answer_facts.ts";

const plan = (method: string, params: Json): unknown =>
  planAnswer({ id: 0, method, params }, answerFacts());

/** The refusal of each method that has one of its own. */
const refusals: Readonly<Record<string, Json>> = {
  "item/commandExecution/requestApproval": { decision: "decline" },
  "item/fileChange/requestApproval": { decision: "decline" },
  "item/permissions/requestApproval": { permissions: {}, scope: "turn" },
  "mcpServer/elicitation/request": { action: "decline", content: null, _meta: null },
  "item/tool/requestUserInput": { answers: {} },
  "item/tool/call": {
    success: false,
    contentItems: [{ type: "inputText", text: "The call could not be read" }],
  },
  execCommandApproval: { decision: "abort" },
  applyPatchApproval: { decision: "abort" },
};

describe("planAnswer()", () => {
  test("passes a tool call on", () => {
    expect(
      plan("item/tool/call", {
        threadId: "t",
        turnId: "u",
        callId: "call_1",
        tool: "todo",
        namespace: null,
        arguments: null,
      }),
    ).toEqual({
      kind: "tool",
      tool: "todo",
      namespace: undefined,
      callId: "call_1",
      arguments: null,
    });
  });

  test("tells the time whatever the parameters are", () => {
    expect(plan("currentTime/read", null)).toEqual({ kind: "time" });
  });

  test("refuses what this client does not do, and what nobody knows", () => {
    expect(
      ["account/chatgptAuthTokens/refresh", "attestation/generate", "item/new", "__proto__"].map(
        (method) => plan(method, {}),
      ),
    ).toEqual(
      [
        "Codex holds its own ChatGPT login: there are no tokens of ours to refresh",
        "This client cannot attest to its device",
        "Unsupported method: item/new",
        "Unsupported method: __proto__",
      ].map((message) => ({ kind: "refuse", code: -32601, message })),
    );
  });

  test.each(Object.keys(refusals))(
    "%s without parameters is refused in its own words",
    (method) => {
      for (const params of [null, [], "x", {}]) {
        expect(plan(method, params)).toEqual({ kind: "answer", result: refusals[method]! });
      }
    },
  );

  test("answers whatever it is sent, and allows nothing by itself", () => {
    const keys = [
      ...["itemId", "command", "cwd", "kind", "reason", "networkApprovalContext", "permissions"],
      ...[
        "serverName",
        "mode",
        "requestedSchema",
        "_meta",
        "questions",
        "fileChanges",
        "grantRoot",
      ],
      ...["additionalPermissions", "proposedExecpolicyAmendment", "properties", "required", "url"],
    ];
    const { value } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom<Json[]>(null, true, 7, "", "text", "form", "url", "string"),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie("value"), { maxKeys: 8 }),
      ),
    }));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(refusals)), value, (method, params) => {
        const planned = planAnswer({ id: 1, method, params }, answerFacts());
        if (planned.kind === "answer") expect(planned.result).toEqual(refusals[method] as never);
        if (planned.kind === "approval") {
          const denied = planned.answer({ decision: "deny", by: "policy" });
          expect(denied).toEqual(refusals[method] as never);
        }
        if (planned.kind === "questions") {
          const unanswered = planned.answer(new Map());
          expect(isJsonObject(unanswered) && unanswered).toEqual(refusals[method] as never);
        }
      }),
      { seed: 20_260_101, numRuns: 2_000 },
    );
  });
});
