import { expect, test } from "bun:test";
import { failure, result, worldFailure, worldProblem } from "../../src/tools/output.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: something`), { code });
}

test("result() and failure() are JSON without what is undefined", () => {
  expect(result({ a: 1, b: undefined })).toEqual({ text: '{"a":1}', isError: false });
  expect(failure("No", { hint: "x" })).toEqual({
    text: '{"error":"No","hint":"x"}',
    isError: true,
  });
});

test("worldProblem() has words for what the system says, and its own name for the rest", () => {
  const codes = ["ENOENT", "EACCES", "ENOSPC", "EIO", "EXDEV", "ERR_INVALID_ARG_VALUE"];
  expect(codes.map((code) => worldProblem(systemError(code)))).toEqual([
    "it does not exist",
    "permission denied",
    "no space left on the device",
    "the device failed (EIO)",
    "EXDEV",
    undefined,
  ]);
});

test("worldFailure() rethrows what is no failure of the world", () => {
  expect(worldFailure("read /x", systemError("EIO"))).toEqual({
    text: '{"error":"Cannot read /x: the device failed (EIO)"}',
    isError: true,
  });
  const bug = new TypeError("x is not a function");
  expect(() => worldFailure("read /x", bug)).toThrow(bug);
});
