import { expect, test } from "bun:test";
import { createReindenter } from "../../../src/tools/patching/indentation.ts";

type Case = readonly [
  what: string,
  said: readonly string[],
  found: readonly string[],
  lines: readonly (readonly [line: string, near: number, translated: string])[],
];

const cases: readonly Case[] = [
  ["leaves what is indented alike", ["  a"], ["  a"], [["      b", 0, "      b"]]],
  [
    "shifts to the right",
    ["a", "  b"],
    ["    a", "      b"],
    [
      ["c", 0, "    c"],
      ["  c", 0, "      c"],
      ["    c", 1, "        c"],
    ],
  ],
  [
    "shifts to the left, as far as there is something to take away",
    ["    a"],
    ["  a"],
    [
      ["    b", 0, "  b"],
      ["      b", 0, "    b"],
      ["  b", 0, "b"],
      ["b", 0, "b"],
    ],
  ],
  [
    "turns blanks into tabs",
    ["    a"],
    ["\ta"],
    [
      ["        b", 0, "\t\tb"],
      ["b", 0, "b"],
    ],
  ],
  [
    "turns tabs into blanks",
    ["\ta", "\t\tb"],
    ["  a", "    b"],
    [
      ["\t\t\tc", 1, "      c"],
      ["c", 0, "c"],
    ],
  ],
  [
    "scales",
    ["  a", "    b"],
    ["    a", "        b"],
    [
      ["      c", 1, "            c"],
      ["c", 0, "c"],
    ],
  ],
  [
    "keeps what goes beyond a depth of which nothing is known",
    ["a"],
    ["\ta"],
    [["    b", 0, "\t    b"]],
  ],
  [
    "goes by the nearest line where one depth has become several",
    ["a", "b"],
    ["  a", "    b"],
    [
      ["c", 0, "  c"],
      ["c", 1, "    c"],
    ],
  ],
  [
    "leaves blank lines",
    ["  a"],
    ["    a"],
    [
      ["", 0, ""],
      ["   ", 0, "   "],
    ],
  ],
  ["passes over blank lines", ["", "a"], ["   ", "  a"], [["b", 0, "  b"]]],
];

test.each(cases)("createReindenter() %s", (_, said, found, lines) => {
  const reindent = createReindenter(said, found);
  expect(lines.map(([line, near]) => reindent(line, near))).toEqual(
    lines.map(([, , translated]) => translated),
  );
});
