import { expect, test } from "bun:test";
import fc from "fast-check";
import { pathProblem, toolPath } from "../../src/tools/tool_path.ts";

const cases: readonly (readonly [path: string, absolute: string])[] = [
  ["a.txt", "/work/a.txt"],
  ["./a.txt", "/work/a.txt"],
  ["sub//a.txt", "/work/sub/a.txt"],
  ["sub/", "/work/sub"],
  [".", "/work"],
  ["..", "/"],
  ["../../../x", "/x"],
  ["/etc/../tmp/x/", "/tmp/x"],
  ["/", "/"],
  ["~", "/home/anna"],
  ["~/x", "/home/anna/x"],
  ["~/../x", "/home/x"],
  ["~bob/x", "/work/~bob/x"],
  ["a~/x", "/work/a~/x"],
  ["ünï 💾", "/work/ünï 💾"],
];
test.each(cases)("toolPath() reads %j as %j", (path, absolute) => {
  expect(toolPath(path, "/work", "/home/anna")).toBe(absolute);
});

test("toolPath() gives an absolute path without . and .., and changes it no more", () => {
  const part = fc.constantFrom("a", "b", "..", ".", "", "~", " ", "c d");
  fc.assert(
    fc.property(fc.array(part, { minLength: 1 }), (parts) => {
      const path = toolPath(parts.join("/"), "/work/dir", "/home/anna");
      expect(path.startsWith("/")).toBeTrue();
      expect(path.split("/").some((name) => name === "." || name === "..")).toBeFalse();
      expect(toolPath(path, "/elsewhere", "/home/anna")).toBe(path);
    }),
    { seed: 21 },
  );
});

test("pathProblem() tells what can be no path", () => {
  expect(["a", " a ", "", "  ", "a\0b"].map(pathProblem)).toEqual([
    undefined,
    undefined,
    "path must not be empty",
    "path must not be empty",
    "path must not contain a NUL character",
  ]);
});
