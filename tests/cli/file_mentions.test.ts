import { describe, expect, test } from "bun:test";
import { fileMentions } from "../../src/cli/file_mentions.ts";

function paths(text: string): readonly (readonly string[])[] {
  return fileMentions(text).map((mention) => mention.paths);
}

describe("fileMentions()", () => {
  const cases: readonly (readonly [string, readonly (readonly string[])[]])[] = [
    ["@a.ts", [["a.ts"]]],
    ["read @src/a.ts and @/etc/hosts", [["src/a.ts"], ["/etc/hosts"]]],
    [
      "see (@a.ts), then @b.ts.",
      [
        ["a.ts),", "a.ts"],
        ["b.ts.", "b.ts"],
      ],
    ],
    ["is it @a.ts?!", [["a.ts?!", "a.ts"]]],
    ["@main.ts's imports", [["main.ts's", "main.ts"]]],
    ["@main.ts:10-12,", [["main.ts:10-12,", "main.ts:10-12", "main.ts"]]],
    ['@"my notes.md" now', [["my notes.md"]]],
    ["@'my notes.md'", [["my notes.md"]]],
    ['say "@my notes.md" now', [["my notes.md", "my"]]],
    ['say "@my notes', [["my"]]],
    ["line\n@b.ts", [["b.ts"]]],
    ["me@example.org and git@github.com:x/y.git", []],
    ["a@b @ @@c \\@d", []],
    ["`@Override` and ``a ` @b`` but @c", [["c"]]],
    ["an open ` and @c", [["c"]]],
    ["```py\n@decorator\n```\n@after.py", [["after.py"]]],
    ["~~~\n@x\n~~~", []],
    ["```\n@never closed", []],
    ["", []],
  ];
  for (const [text, expected] of cases) {
    test(JSON.stringify(text), () => {
      expect(paths(text)).toEqual(expected);
    });
  }

  test("only quotes right behind the @ leave no doubt", () => {
    expect(fileMentions(`@"a" "@b" @c`).map((mention) => mention.isQuoted)).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("takes linear time for long texts", () => {
    const text = `${"@a".repeat(50_000)} ${'"@x '.repeat(50_000)} ${"`".repeat(50_000)}${"```\n".repeat(20_000)}`;
    expect(fileMentions(text).length).toBeGreaterThan(0);
  });
});
