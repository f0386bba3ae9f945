import { expect, test } from "bun:test";
import { subjectLines } from "../../../src/cli/render/approval_subject.ts";
import type { ApprovalSubject } from "../../../src/core/approval.ts";

const mask = (text: string): string => text.replaceAll("secret", "***");

const longCommand = `echo ${"x".repeat(500)}`;
const longDiff = Array.from({ length: 42 }, (_, index) => `+${index}`);

test.each<readonly [string, ApprovalSubject, readonly string[]]>([
  [
    "a command in full",
    { kind: "command", command: `${longCommand}\necho secret \x1b[2J`, cwd: "/w" },
    [longCommand, "echo *** ", "in /w"],
  ],
  [
    "a change of files without its text",
    {
      kind: "file_change",
      changes: [
        { kind: "add", path: "/w/a" },
        { kind: "delete", path: "/w/b" },
      ],
    },
    ["add /w/a", "delete /w/b"],
  ],
  [
    "the beginning of a long diff",
    {
      kind: "file_change",
      changes: [{ kind: "update", path: "/w/a" }],
      diff: longDiff.join("\n"),
    },
    ["update /w/a", ...longDiff.slice(0, 40), "... 2 more lines"],
  ],
  [
    "a call of a tool",
    { kind: "tool", name: "fe\x1b[2Jtch", arguments: { key: "secret" } },
    ["fetch", "{", '  "key": "***"', "}"],
  ],
])("subjectLines() shows %s", (_, subject, lines) => {
  expect(subjectLines(subject, mask)).toEqual(lines);
});
