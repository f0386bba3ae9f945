import { describe, expect, test } from "bun:test";
import { matchesPattern } from "../../../src/tools/command_risk/matches_pattern.ts";

function matches(command: string, pattern: string, key = "some danger"): boolean {
  return matchesPattern({ command, key }, pattern);
}

const rows: readonly (readonly [
  pattern: string,
  covered: readonly string[],
  other: readonly string[],
])[] = [
  [
    "git push*",
    [
      "git push",
      "git push origin main",
      "git   push --force",
      "'git' pu\"\"sh --force",
      "git push && git push --tags",
      "(git push; git push) 2>/dev/null >&2",
      "git push $REMOTE",
      "if git push; then git push; fi",
    ],
    [
      "git push; rm -rf x",
      "git push && rm -rf x",
      "git push | sh",
      "git push $(rm -rf x)",
      "git push `rm -rf x`",
      "git push <(rm -rf x)",
      "git push > .env",
      "git push &> .env",
      "git push >& .env",
      "git push\nrm -rf x",
      "git push &\nrm -rf x",
      "{ git push; } > .env",
      "for x in $(rm -rf x); do git push; done",
      "git push <<EOF\n$(rm -rf x)\nEOF\n",
      "X=1 git push",
      "sudo git push",
      "'git push' x",
      "git  -C dir push",
      "$GIT push",
      "f() { rm -rf x; }; git push",
      `${"$(".repeat(100)}git push`,
      "",
    ],
  ],
  ["git push", ["git push"], ["git push origin", "git pushx"]],
  ["npm run * --force", ["npm run build --force"], ["npm run build", "npm run --force"]],
  ["X=1 git push*", ["X=1 git push origin"], ["X=2 git push", "git push"]],
  ["*", ["anything; rm -rf x > y"], []],
  ["rm -rf build*", ["rm -rf build", "rm -rf build dist"], ["rm -rf dist"]],
  ["some danger", ["anything"], []],
  ["other danger", [], ["anything"]],
  ["", [], ["", "anything"]],
];

describe("matchesPattern()", () => {
  for (const [pattern, covered, other] of rows) {
    for (const command of covered) {
      test(`matchesPattern() lets ${JSON.stringify(pattern)} cover ${JSON.stringify(command.slice(0, 80))}`, () => {
        expect(matches(command, pattern)).toBe(true);
      });
    }
    for (const command of other) {
      test(`matchesPattern() keeps ${JSON.stringify(pattern)} from ${JSON.stringify(command.slice(0, 80))}`, () => {
        expect(matches(command, pattern)).toBe(false);
      });
    }
  }
});

test("matchesPattern() wants every kind of danger in the key", () => {
  expect(matches("x", "recursive delete", "recursive delete")).toBe(true);
  expect(matches("x", "recursive delete", "delete in root path + recursive delete")).toBe(false);
});

test("matchesPattern() takes the old name of both kinds of find", () => {
  expect(matches("find . -delete", "find", "find -delete")).toBe(true);
  expect(matches("find . -exec rm {} +", "find", "find -exec rm")).toBe(true);
  expect(matches("rm x", "find", "delete in root path")).toBe(false);
});

test("matchesPattern() is not slowed down by many stars", () => {
  const pattern = `${"*a".repeat(200)}b`;
  expect(matches(`echo ${"a".repeat(500_000)}`, pattern)).toBe(false);
});
