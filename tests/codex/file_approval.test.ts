import { describe, expect, test } from "bun:test";
import { planFileChangeApproval } from "../../src/codex/file_approval.ts";
import { answerFacts } from "../fakes/answer_facts.ts";
import { shownPlan } from "../fakes/shown_plan.ts";

const item = { threadId: "t", turnId: "u", itemId: "patch_1", startedAtMs: 1 };
const changes = [
  { path: "/etc/new.conf", kind: "add", diff: "a\n" },
  { path: "/etc/hosts", kind: "update", diff: "@@ -1 +1 @@\n-a\n+b\n" },
] as const;
const facts = answerFacts({ changes: { patch_1: changes } });
const decline = { decision: "decline" };

describe("planFileChangeApproval()", () => {
  test("shows the announced changes and their diff, with codex's reason and the root it asks for", () => {
    expect(
      shownPlan(
        planFileChangeApproval(
          { ...item, reason: "outside the project", grantRoot: "/etc" },
          facts,
        ),
      ),
    ).toEqual({
      kind: "approval",
      request: {
        subject: {
          kind: "file_change",
          changes,
          diff: [
            "--- /dev/null",
            "+++ /etc/new.conf",
            "@@ -0,0 +1 @@",
            "+a",
            "--- /etc/hosts",
            "+++ /etc/hosts",
            "@@ -1 +1 @@",
            "-a",
            "+b",
          ].join("\n"),
        },
        reason: "outside the project; it also gets write access to /etc for this session",
        key: 'codex files [["/etc/hosts","/etc/new.conf"],"/etc"]',
        scopes: ["session"],
      },
      answers: {
        allow_once: { decision: "accept" },
        allow_session: { decision: "acceptForSession" },
        allow_always: { decision: "acceptForSession" },
        deny: decline,
      },
      cancel: { decision: "cancel" },
    });
  });

  test("shows both ends of a move", () => {
    const diff = "@@ -1 +1 @@\n-a\n+b\n";
    const move = { path: "/a", kind: "update", diff: `${diff}\n\nMoved to: /etc/b c` } as const;
    expect(
      shownPlan(planFileChangeApproval(item, answerFacts({ changes: { patch_1: [move] } }))),
    ).toMatchObject({
      request: {
        subject: {
          kind: "file_change",
          changes: [
            { path: "/a", kind: "delete" },
            { path: "/etc/b c", kind: "update", diff },
          ],
          diff: "--- /a\n+++ /dev/null\n--- /etc/b c\n+++ /etc/b c\n@@ -1 +1 @@\n-a\n+b",
        },
        key: 'codex files [["/a","/etc/b c"],null]',
      },
    });
  });

  test("has a reason of its own where codex gives none", () => {
    expect(shownPlan(planFileChangeApproval(item, facts))).toMatchObject({
      request: { reason: "codex wants to change files outside its sandbox" },
    });
  });

  test("asks for a root alone", () => {
    expect(
      shownPlan(planFileChangeApproval({ ...item, grantRoot: "/etc" }, answerFacts())),
    ).toMatchObject({
      request: {
        subject: { kind: "file_change", changes: [] },
        reason: "it also gets write access to /etc for this session",
      },
    });
  });

  test.each([
    ["nothing is known of the change", item],
    ["the request is unreadable", { itemId: 3 }],
    ["there are no parameters", null],
  ])("declines at once when %s", (_name, params) => {
    expect(planFileChangeApproval(params, answerFacts())).toEqual({
      kind: "answer",
      result: decline,
    });
  });
});
