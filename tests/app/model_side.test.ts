import { expect, test } from "bun:test";
import { openRecorder } from "../../src/app/model_side.ts";
import { createRedactor } from "../../src/core/redact.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createFakeFiles, type FakeFiles } from "../fakes/files.ts";
import { thrown } from "../fakes/thrown.ts";

function record(files: FakeFiles, path: string): Promise<unknown> {
  const deps = { files, clock: createFakeClock(), redactor: createRedactor(), hermesVersion: "1" };
  return openRecorder(deps, { path, cwd: "/w" });
}

test("openRecorder() begins an empty private file", async () => {
  const files = createFakeFiles({ "/w/old": "lines of an earlier run" });
  await record(files, "/w/old");
  await record(files, "/w/new");
  expect([files.text("/w/old"), files.text("/w/new"), files.modeOf("/w/new")]).toEqual([
    "",
    "",
    0o600,
  ]);
});

test("openRecorder() does not put a file in the place of a pipe or a device", async () => {
  const files = createFakeFiles();
  files.device("/dev/null");
  await record(files, "/dev/null");
  expect((await files.stat("/dev/null"))?.kind).toBe("other");
});

test("openRecorder() refuses a file that cannot be written before any model is asked", async () => {
  const files = createFakeFiles();
  files.directory("/w");
  files.fail("replaceFile", "/w", "EROFS");
  expect((await thrown(() => record(files, "/w/new"))).code).toBe("file/unwritable");
});
