import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseDotenv } from "../../src/config/dotenv.ts";
import { changeDotenv } from "../../src/config/dotenv_edit.ts";

test.each([
  ["an empty file", "", { A: "1" }, "A=1\n"],
  ["a new name at the end", "# mine\nB=2", { A: "a b" }, "# mine\nB=2\nA='a b'\n"],
  ["a name in another way", "export A = old\nB=2\n", { A: "new" }, "B=2\nA=new\n"],
  ["a name away", "A=1\n\n# about B\nB=2\n", { A: undefined }, "\n# about B\nB=2\n"],
  ["a name that is not there away", "B=2\n", { A: undefined }, "B=2\n"],
  ["the last name away", "A=1\n", { A: undefined }, ""],
  ["with the line ends of Windows", "B=2\r\n", { A: "1" }, "B=2\r\nA=1\r\n"],
])("changeDotenv() of %s", (_, before, change, after) => {
  expect(changeDotenv(before, change)).toBe(after);
});

test("changeDotenv() refuses what is no line", () => {
  expect(() => changeDotenv("", { A: "1\n2" })).toThrow("A value cannot be written to .env: A");
});

test("changeDotenv() writes what is read back, and leaves the others", () => {
  const value = fc
    .string({ unit: "grapheme", maxLength: 40 })
    .filter((text) => !/[\r\n\0\u2028\u2029]/.test(text));
  fc.assert(
    fc.property(value, value, (mine, other) => {
      const both = changeDotenv(changeDotenv("", { OTHER: other }), { MINE: mine });
      expect([...parseDotenv(both).values]).toEqual([
        ["OTHER", other],
        ["MINE", mine],
      ]);
    }),
    { seed: 5, numRuns: 500 },
  );
});
