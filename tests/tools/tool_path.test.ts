import { expect, test } from "bun:test";
import fc from "fast-check";
import { pathProblem, toolPath } from "../../src/tools/tool_path.ts";

const cases: readonly (readonly [path: string, absolute: string])[] = [
  ["a.txt", "/project/a.txt"],
  ["./a.txt", "/project/a.txt"],
  ["sub//a.txt", "/project/sub/a.txt"],
  ["sub/", "/project/sub"],
  [".", "/project"],
  ["..", "/"],
  ["../../../x", "/x"],
  ["/etc/../tmp/x/", "/tmp/x"],
  ["/", "/"],
  ["~", "/home/anna"],
  ["~/x", "/home/anna/x"],
  ["~/../x", "/home/x"],
  ["~bob/x", "/project/~bob/x"],
  ["a~/x", "/project/a~/x"],
  ["ünï 💾", "/project/ünï 💾"],
];
test.each(cases)("toolPath() reads %j as %j", (path, absolute) => {
  expect(toolPath(path, "/project", "/home/anna")).toBe(absolute);
});

test("toolPath() gives an absolute path without . and .., and changes it no more", () => {
  const part = fc.constantFrom("a", "b", "..", ".", "", "~", " ", "c d");
  fc.assert(
    fc.property(fc.array(part, { minLength: 1 }), (parts) => {
      const path = toolPath(parts.join("/"), "/project/dir", "/home/anna");
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
