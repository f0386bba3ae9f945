import { expect, test } from "bun:test";
import {
  choiceFlag,
  filledFlag,
  integerFlag,
  listFlag,
  numberFlag,
  spell,
  switchFlag,
  textFlag,
} from "../../src/cli/flags.ts";
import { HermesError } from "../../src/core/errors.ts";

function failureOf(run: () => unknown): readonly [string, string, string | undefined] {
  try {
    run();
  } catch (error) {
    if (error instanceof HermesError) return [error.code, error.message, error.hint];
  }
  throw new Error("no failure");
}

test("spell() writes a flag as it is typed", () => {
  expect(["json", "maxTurns", "outputLastMessage"].map(spell)).toEqual([
    "--json",
    "--max-turns",
    "--output-last-message",
  ]);
});

test("readers give undefined, false or nothing for flags that were not given", () => {
  expect([
    textFlag({}, "a"),
    filledFlag({}, "a"),
    switchFlag({}, "a"),
    listFlag({}, "a"),
    choiceFlag({}, "a", ["b"]),
    integerFlag({}, "a", { min: 0, max: 1 }),
  ]).toEqual([undefined, undefined, false, [], undefined, undefined]);
});

test("textFlag() ignores the `true` of a flag without its optional value", () => {
  expect(textFlag({ oneshot: true }, "oneshot")).toBeUndefined();
});

test.each([
  ["1", 1],
  ["90", 90],
  [" 7 ", 7],
])("integerFlag() reads %j", (text, expected) => {
  expect(integerFlag({ maxTurns: text }, "maxTurns", { min: 1, max: 100 })).toBe(expected);
});

test.each(["0", "101", "1.5", "1e2", "0x10", "", "abc", "-1", "Infinity", "NaN", "٣"])(
  "integerFlag() refuses %j with the range as its hint",
  (text) => {
    const range = { min: 1, max: 100 };
    expect(failureOf(() => integerFlag({ maxTurns: text }, "maxTurns", range))).toEqual([
      "usage/invalid",
      `--max-turns expects a whole number between 1 and 100: ${text}`,
      "pass a whole number between 1 and 100",
    ]);
  },
);

test("numberFlag() takes fractions", () => {
  const range = { min: 0.001, max: 10 };
  expect(["2", "0.5", ".5", "2."].map((text) => numberFlag({ a: text }, "a", range))).toEqual([
    2, 0.5, 0.5, 2,
  ]);
});

test("choiceFlag() says what a misspelt word may have meant", () => {
  const choices = ["ask", "deny", "yolo"] as const;
  expect(choiceFlag({ approval: "deny" }, "approval", choices)).toBe("deny");
  expect(failureOf(() => choiceFlag({ approval: "dney" }, "approval", choices))).toEqual([
    "usage/invalid",
    "--approval expects one of ask, deny, yolo: dney",
    "did you mean deny?",
  ]);
  expect(failureOf(() => choiceFlag({ approval: "maybe" }, "approval", choices))).toEqual([
    "usage/invalid",
    "--approval expects one of ask, deny, yolo: maybe",
    "pass one of ask, deny, yolo",
  ]);
});

test("filledFlag() refuses an empty value", () => {
  expect(failureOf(() => filledFlag({ model: " " }, "model"))).toEqual([
    "usage/invalid",
    "--model expects a value, it is empty",
    "leave --model out",
  ]);
});
