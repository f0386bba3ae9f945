import { describe, expect, test } from "bun:test";
import { planPermissionApproval } from "../../src/codex/permission_approval.ts";
import { permissionTexts } from "../../src/codex/permission_text.ts";
import type { Json } from "../../src/core/json.ts";
import { shownPlan } from "../fakes/shown_plan.ts";

const item = { threadId: "t", turnId: "u", itemId: "i", startedAtMs: 1, cwd: "/project" };
const nothing = { permissions: {}, scope: "turn" };

describe("planPermissionApproval()", () => {
  test("grants what was asked, for the turn or the session, and nothing when denied", () => {
    const permissions = {
      network: { enabled: true },
      fileSystem: { entries: [{ access: "write", path: { type: "path", path: "/data" } }] },
    };
    expect(
      shownPlan(
        planPermissionApproval({
          ...item,
          permissions: { ...permissions, everything: true },
          reason: "build it",
        }),
      ),
    ).toEqual({
      kind: "approval",
      request: {
        subject: { kind: "tool", name: "permissions", arguments: permissions },
        reason: "codex asks for more permissions: network access, write to /data; build it",
        key: `codex permissions ${JSON.stringify([permissions, "/project"])}`,
        scopes: ["session"],
      },
      answers: {
        allow_once: { permissions, scope: "turn" },
        allow_session: { permissions, scope: "session" },
        allow_always: { permissions, scope: "session" },
        deny: nothing,
      },
      cancel: nothing,
    });
  });

  test.each<[string, Json]>([
    ["nothing is asked", { ...item, permissions: { network: null } }],
    ["what is asked is not known", { ...item, permissions: { everything: true } }],
    ["it is unreadable", { ...item, permissions: "all" }],
    ["there are no parameters", null],
  ])("grants nothing, without a question, when %s", (_name, params) => {
    expect(planPermissionApproval(params)).toEqual({ kind: "answer", result: nothing });
  });
});

test("permissionTexts() tells every form of a permission, and quotes what it does not know", () => {
  const special = (value: Json): Json => ({ type: "special", value });
  expect(
    permissionTexts({
      network: { enabled: false },
      fileSystem: {
        read: ["/a"],
        write: ["/b"],
        entries: [
          { access: "read", path: { type: "glob_pattern", pattern: "**/*.md" } },
          { access: "write", path: special({ kind: "root" }) },
          { access: "read", path: special({ kind: "minimal" }) },
          { access: "write", path: special({ kind: "project_roots" }) },
          { access: "write", path: special({ kind: "project_roots", subpath: "dist" }) },
          { access: "write", path: special({ kind: "tmpdir" }) },
          { access: "write", path: special({ kind: "slash_tmp" }) },
          { access: "deny", path: { type: "path", path: "/c" } },
          { access: "none", path: { type: "path", path: "/d" } },
          { access: "write", path: special({ kind: "unknown", path: "x" }) },
          { access: "execute", path: { type: "path", path: "/e" } },
          "all",
        ],
      },
    }),
  ).toEqual([
    "no network access",
    "read /a",
    "write to /b",
    "read what matches **/*.md",
    "write to the whole file system",
    "read the files that programs need to run",
    "write to the project",
    "write to dist in the project",
    "write to $TMPDIR",
    "write to /tmp",
    "no access to /c",
    "no access to /d",
    'write to {"type":"special","value":{"kind":"unknown","path":"x"}}',
    '{"access":"execute","path":{"type":"path","path":"/e"}}',
    '"all"',
  ]);
});
