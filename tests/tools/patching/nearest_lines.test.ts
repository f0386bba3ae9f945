import { expect, test } from "bun:test";
import { nearestLines } from "../../../src/tools/patching/nearest_lines.ts";

const file =
  "import x\n\nfunction first(a) {\n  return a;\n}\n\nfunction second(b) {\n  return b;\n}\n";

test("nearestLines() shows the lines around the one most like the longest that was wanted", () => {
  expect(nearestLines(file, "}\nfunction second(c) {\n")).toBe(
    "5|}\n6|\n7|function second(b) {\n8|  return b;\n9|}",
  );
  expect(nearestLines(file, "import y")).toBe("1|import x\n2|\n3|function first(a) {");
});

test("nearestLines() shows nothing where nothing is alike, or there is nothing to go by", () => {
  expect(nearestLines(file, "entirely different words here")).toBeUndefined();
  expect(nearestLines(file, "{\n\n}")).toBeUndefined();
  expect(nearestLines("", "import x")).toBeUndefined();
  expect(nearestLines(file, "")).toBeUndefined();
});

test("nearestLines() shows no more than the beginning of long lines", () => {
  const long = `const data = ${"1, ".repeat(10_000)}`;
  expect(nearestLines(long, "const data = 1")).toBe(`1|${long.slice(0, 200)}`);
});
