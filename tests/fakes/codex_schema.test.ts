import { describe, expect, test } from "bun:test";
import { codexVersions } from "./codex_binaries.ts";
import { validateAnswer, validateClientMessage } from "./codex_schema.ts";

describe.each(codexVersions.map(({ version }) => version))("codex %s", (version) => {
  test("validateClientMessage() tells valid messages from others", () => {
    const clientInfo = { name: "hermes", version: "1.0.0" };
    expect(
      [
        { id: 1, method: "initialize", params: { clientInfo } },
        { method: "initialized" },
        { id: 2, method: "turn/interrupt", params: { threadId: "t", turnId: "u" } },
        { id: 3, method: "turn/interrupt", params: { threadId: "t" } },
        { id: 4, method: "thread/begin", params: {} },
        { method: "turn/interrupt", params: { threadId: "t", turnId: "u" } },
        { id: 5 },
      ].map((message) => validateClientMessage(version, message)),
    ).toEqual([
      [],
      [],
      [],
      [`/params must have required property 'turnId' {"missingProperty":"turnId"}`],
      [`codex ${version} has no client request thread/begin`],
      [`codex ${version} has no client notification turn/interrupt`],
      ["no method"],
    ]);
  });

  test("validateAnswer() holds an answer against its own request", () => {
    const method = "item/permissions/requestApproval";
    expect(validateAnswer(version, method, { permissions: {}, scope: "turn" })).toEqual([]);
    expect(validateAnswer(version, method, { decision: "decline" })).toEqual([
      `(whole) must have required property 'permissions' {"missingProperty":"permissions"}`,
    ]);
  });
});
