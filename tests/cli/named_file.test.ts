import { describe, expect, test } from "bun:test";
import { writeNamedFile } from "../../src/cli/named_file.ts";
import { createFakeFiles } from "../fakes/files.ts";
import { thrown } from "../fakes/thrown.ts";

const report = { text: "text\n", what: "the report" };

describe("writeNamedFile()", () => {
  test("replaces a file as a whole", async () => {
    const files = createFakeFiles({ "/w/out": "old and longer" });
    await writeNamedFile(files, "/w/out", report);
    expect(files.text("/w/out")).toBe("text\n");
  });

  test("writes to a pipe or a device, and does not put a file in its place", async () => {
    const files = createFakeFiles();
    files.device("/dev/fd/63");
    await writeNamedFile(files, "/dev/fd/63", report);
    expect([(await files.stat("/dev/fd/63"))?.kind, files.text("/dev/fd/63")]).toEqual([
      "other",
      "text\n",
    ]);
  });

  test("tells the errno", async () => {
    const files = createFakeFiles({ "/w/out": "old" });
    files.fail("replaceFile", "/w/out", "ENOSPC");
    const error = await thrown(() => writeNamedFile(files, "/w/out", report));
    expect([error.code, error.message, error.hint, files.text("/w/out")]).toEqual([
      "file/unwritable",
      "Cannot write the report: /w/out (ENOSPC)",
      "free some space or choose another file with -o",
      "old",
    ]);
  });
});
