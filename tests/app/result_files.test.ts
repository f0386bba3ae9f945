import { expect, test } from "bun:test";
import { createResultFiles } from "../../src/app/result_files.ts";
import { createFakeFiles } from "../fakes/files.ts";

const results = "/home/anna/.hermes/results";

test("createResultFiles() keeps the results of a session in a directory of its own", async () => {
  const files = createFakeFiles();
  files.directory("/home/anna");
  const spill = createResultFiles(files, results);
  const paths = [
    await spill.write({ sessionId: "s1", callId: "call_1" }, "one"),
    await spill.write({ sessionId: "s2", callId: "call_1" }, "two"),
  ];
  expect(paths).toEqual([`${results}/s1/call_1.txt`, `${results}/s2/call_1.txt`]);
  expect(paths.map((path) => files.text(path))).toEqual(["one", "two"]);
  expect(paths.map((path) => files.modeOf(path))).toEqual([0o600, 0o600]);
  const directories = [results, `${results}/s1`, `${results}/s2`];
  expect(directories.map((path) => files.modeOf(path))).toEqual([0o700, 0o700, 0o700]);
});

test("createResultFiles() leaves what is kept under the call's id already", async () => {
  // The whole output of a command, which the result that is written here points to.
  const files = createFakeFiles({ [`${results}/s1/call_1.txt`]: "output" });
  const spill = createResultFiles(files, results);
  const paths = [
    await spill.write({ sessionId: "s1", callId: "call_1" }, "one"),
    await spill.write({ sessionId: "s1", callId: "call_1" }, "two"),
  ];
  expect(paths).toEqual([`${results}/s1/call_1-2.txt`, `${results}/s1/call_1-3.txt`]);
  expect([`${results}/s1/call_1.txt`, ...paths].map((path) => files.text(path))).toEqual([
    "output",
    "one",
    "two",
  ]);
});

test("createResultFiles() knows by its name what somebody from outside wrote", async () => {
  const files = createFakeFiles();
  files.directory("/home/anna");
  const spill = createResultFiles(files, results);
  const call = { sessionId: "s1", callId: "call_1" };
  const outside = await spill.write({ ...call, isFromOutside: true }, "theirs");
  const again = await spill.write({ ...call, isFromOutside: true }, "theirs");
  const own = await spill.write(call, "ours");
  const paths = [outside, again, own, "/home/anna/outside-call_1.txt"];
  expect(paths.map((path) => spill.isFromOutside?.(path))).toEqual([true, true, false, false]);
});
