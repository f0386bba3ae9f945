import { expect, test } from "bun:test";
import { dirname } from "node:path/posix";
import fc from "fast-check";
import { resultPath, sessionResultsDirectory } from "../../src/tools/result_place.ts";

const results = "/home/anna/.hermes/results";

test.each([
  ["20260101_120000_aaaaaa", "call_1", "20260101_120000_aaaaaa/call_1.txt"],
  ["../..", "call/../1", "_____/call____1.txt"],
  ["", "", "_/_.txt"],
  ["a\0b", "é\n.", "a_b/___.txt"],
])("resultPath() of %j and %j", (sessionId, callId, path) => {
  expect(resultPath(results, { sessionId, callId })).toBe(`${results}/${path}`);
});

test("resultPath() is right below the session's directory, and that below the one for all", () => {
  const id = fc.string({ unit: "binary", maxLength: 400 });
  fc.assert(
    fc.property(id, id, (sessionId, callId) => {
      const path = resultPath(results, { sessionId, callId });
      const directory = sessionResultsDirectory(results, sessionId);
      expect([dirname(path), dirname(directory)]).toEqual([directory, results]);
      // What file systems take as one name, in bytes.
      expect(Math.max(...path.split("/").map((name) => name.length))).toBeLessThanOrEqual(255);
      expect(path).toMatch(/^[\w./-]+$/);
    }),
    { seed: 5, numRuns: 200 },
  );
});
