import { describe, expect, test } from "bun:test";
import { planLegacyCommand, planLegacyPatch } from "../../src/codex/legacy_approvals.ts";
import type { Json } from "../../src/core/json.ts";
import { shownPlan } from "../fakes/shown_plan.ts";

const denied = { decision: "abort" };
const answers = {
  allow_once: { decision: "approved" },
  allow_session: { decision: "approved_for_session" },
  allow_always: { decision: "approved_for_session" },
  deny: denied,
};

describe("planLegacyCommand()", () => {
  test("shows what the command does, without the shell around it", () => {
    expect(
      shownPlan(
        planLegacyCommand({
          callId: "c",
          conversationId: "v",
          command: ["bash", "-lc", "echo 'hi' > a"],
          cwd: "/project",
          parsedCmd: [],
        }),
      ),
    ).toEqual({
      kind: "approval",
      request: {
        subject: {
          kind: "command",
          command: "echo 'hi' > a",
          cwd: "/project",
        },
        reason: "codex wants to run it outside its sandbox",
        key: `codex command ["command","echo 'hi' > a","/project",null]`,
        scopes: ["session"],
      },
      answers,
      cancel: denied,
    });
  });

  test.each<[string, Json]>([
    ["no words", { command: [], cwd: "/" }],
    ["no directory", { command: ["ls"] }],
    ["no parameters", null],
  ])("denies a command with %s", (_name, params) => {
    expect(planLegacyCommand(params)).toEqual({ kind: "answer", result: denied });
  });
});

describe("planLegacyPatch()", () => {
  test("shows the changes of the request itself, both ends of a move among them", () => {
    expect(
      shownPlan(
        planLegacyPatch({
          callId: "c",
          conversationId: "v",
          reason: "tidy",
          fileChanges: {
            "/p/new": { type: "add", content: "a\n" },
            "/p/old": { type: "delete", content: "b\n" },
            "/p/from": {
              type: "update",
              unified_diff: "@@ -1 +1 @@\n-a\n+b\n",
              move_path: "/p/to",
            },
          },
        }),
      ),
    ).toEqual({
      kind: "approval",
      request: {
        subject: {
          kind: "file_change",
          changes: [
            { path: "/p/new", kind: "add", diff: "a\n" },
            { path: "/p/old", kind: "delete", diff: "b\n" },
            { path: "/p/from", kind: "delete" },
            { path: "/p/to", kind: "update", diff: "@@ -1 +1 @@\n-a\n+b\n" },
          ],
          diff: [
            "--- /dev/null",
            "+++ /p/new",
            "@@ -0,0 +1 @@",
            "+a",
            "--- /p/old",
            "+++ /dev/null",
            "@@ -1 +0,0 @@",
            "-b",
            "--- /p/from",
            "+++ /dev/null",
            "--- /p/to",
            "+++ /p/to",
            "@@ -1 +1 @@",
            "-a",
            "+b",
          ].join("\n"),
        },
        reason: "tidy",
        key: 'codex files [["/p/from","/p/new","/p/old","/p/to"],null]',
        scopes: ["session"],
      },
      answers,
      cancel: denied,
    });
  });

  test.each<[string, Json]>([
    ["an unknown kind of change", { fileChanges: { "/p/a": { type: "link", target: "/etc" } } }],
    ["nothing to change", { fileChanges: {} }],
    ["no parameters", null],
  ])("denies a patch with %s", (_name, params) => {
    expect(planLegacyPatch(params)).toEqual({ kind: "answer", result: denied });
  });
});
