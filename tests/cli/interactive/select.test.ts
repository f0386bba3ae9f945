import { expect, test } from "bun:test";
import { drawSelect, selectKey } from "../../../src/cli/interactive/select.ts";

const same = (text: string): string => text;
const long = "always allow commands starting with git push --force origin";

test("drawSelect() breaks a label that must be read as a whole, and cuts others", () => {
  const choices = [
    { hotkey: "o", label: "allow once" },
    { hotkey: "a", label: long, isWhole: true },
    { hotkey: "x", label: long },
  ];
  const bold = (text: string): string => `*${text}*`;
  const options = { columns: 40, footer: "no answer denies it", bold, dim: same };
  expect(drawSelect({ choices, index: 1 }, options).rows).toEqual([
    "  o  allow once",
    "*❯ a  always allow commands starting*",
    "*     with git push --force origin*",
    "  x  always allow commands starting wi…",
    "no answer denies it",
  ]);
});

test("drawSelect() keeps the other choices on the screen", () => {
  const choices = [{ hotkey: "a", label: "word ".repeat(500).trim(), isWhole: true }];
  const { rows } = drawSelect({ choices, index: 0 }, { columns: 20, bold: same, dim: same });
  expect(rows.length).toBe(8);
  expect(rows.at(-1)).toBe("     word word wor…");
});

test.each([
  ["y", 0],
  ["n", 1],
  ["N", 1],
])("selectKey() takes %s for what it means, though it is not shown", (text, index) => {
  const choices = [
    { hotkey: "o", alias: "y", label: "allow once" },
    { hotkey: "d", alias: "n", label: "deny" },
  ];
  const step = selectKey({ choices, index: 0 }, { type: "text", text });
  expect(step).toEqual({ kind: "chosen", index });
});
