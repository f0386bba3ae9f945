import { describe, expect, test } from "bun:test";
import { chmod, readFile, readlink, stat, symlink } from "node:fs/promises";
import type { ToolContext } from "../../src/core/tool.ts";
import { machineFiles } from "../../src/platform/files.ts";
import { createPatchTool } from "../../src/tools/patch.ts";
import { createReadFileTool } from "../../src/tools/read_file.ts";
import { createFakeFiles } from "../fakes/files.ts";
import {
  callTool,
  fileToolDeps,
  type ToolAnswer,
  useTemporaryDirectory,
} from "../fakes/file_tools.ts";
import { thrown } from "../fakes/thrown.ts";

function setUp(initial: Readonly<Record<string, string | Uint8Array>> = {}) {
  const files = createFakeFiles(initial);
  files.directory("/work");
  const deps = fileToolDeps(files);
  const tool = createPatchTool(deps);
  const reader = createReadFileTool({ ...deps, maxLineChars: 2_000 });
  return {
    files,
    tool,
    read: (path: string): Promise<ToolAnswer> => callTool(reader, { path }),
    replace: (
      path: string,
      oldString: string,
      newString: string,
      rest: object = {},
    ): Promise<ToolAnswer> =>
      callTool(tool, { path, old_string: oldString, new_string: newString, ...rest }),
    patch: (lines: readonly string[], context: Partial<ToolContext> = {}): Promise<ToolAnswer> =>
      callTool(tool, { mode: "patch", patch: patchOf(...lines) }, context),
  };
}

function patchOf(...lines: readonly string[]): string {
  return ["*** Begin Patch", ...lines, "*** End Patch"].join("\n");
}

const readHint = "Nothing was changed. Read the file, and take the text from what it says now";

function refused(error: string, facts: object = {}): ToolAnswer {
  return { error, success: false, ...facts, _hint: readHint, isError: true };
}

describe("patch with mode replace", () => {
  test("changes a part of a file and shows what it changed", async () => {
    const { files, replace } = setUp({ "/work/a.ts": "one\ntwo\nthree\n" });
    expect(await replace("a.ts", "two", "2")).toEqual({
      success: true,
      diff: "--- /work/a.ts\n+++ /work/a.ts\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n",
      files_modified: ["/work/a.ts"],
      isError: false,
    });
    expect(files.text("/work/a.ts")).toBe("one\n2\nthree\n");
  });

  test("keeps byte order mark, line ends, and a missing line break at the end", async () => {
    const { files, replace } = setUp({
      "/work/dos": "\ufeffa\r\nb\r\nc\r\n",
      "/work/open": "a\nb",
    });
    expect(await replace("dos", "a\nb\n", "a\nB\nnew\n")).toMatchObject({ success: true });
    expect(await replace("dos", "c\r\n", "C\r\n")).toMatchObject({ success: true });
    expect(await replace("open", "b", "B")).toMatchObject({ success: true });
    expect([files.text("/work/dos"), files.text("/work/open")]).toEqual([
      "\ufeffa\r\nB\r\nnew\r\nC\r\n",
      "a\nB",
    ]);
  });

  test("refuses a text that is not there, that is not unique, or that would not change", async () => {
    const { files, replace } = setUp({ "/work/a": "let count = 1;\nx\nx\n", "/work/empty": "" });
    expect(await replace("a", "let counter = 1;", "y")).toEqual(
      refused("old_string was not found in /work/a", {
        did_you_mean: "1|let count = 1;\n2|x\n3|x",
      }),
    );
    expect(await replace("a", "nothing like it", "let count")).toMatchObject({
      error: "old_string was not found in /work/a, but new_string is there already",
    });
    expect(await replace("empty", "x", "y")).toEqual(
      refused("old_string was not found in /work/empty"),
    );
    expect(await replace("a", "x\nx", " x\nx")).toMatchObject({ success: true });
    expect(files.text("/work/a")).toBe("let count = 1;\n x\nx\n");
    expect(await replace("a", "x", "y")).toMatchObject({
      error: "old_string stands 2 times in /work/a: add lines around it, or set replace_all",
    });
    expect(await replace("a", "x", "y", { replace_all: true })).toMatchObject({ success: true });
    expect(files.text("/work/a")).toBe("let count = 1;\n y\ny\n");
    expect(await replace("a", "let  count = 1;", "let count = 1;")).toEqual(
      refused("Nothing would change"),
    );
  });

  test("advises another way after three failures on one file, in each session", async () => {
    const { replace } = setUp({ "/work/a": "a\n", "/work/b": "b\n" });
    const hints: unknown[] = [];
    for (const path of ["a", "a", "b", "a", "a"]) {
      hints.push((await replace(path, "none", "x"))["_hint"]);
    }
    const stronger = (count: number): string =>
      `Nothing was changed, ${count} times in a row. Read the file again, or write it as a whole with write_file`;
    expect(hints).toEqual([readHint, readHint, readHint, stronger(3), stronger(4)]);
    await replace("a", "a", "c");
    expect((await replace("a", "none", "x"))["_hint"]).toBe(readHint);
  });

  test("refuses what makes no sense, and what cannot be edited", async () => {
    const { replace, files } = setUp({
      "/work/a": "x",
      "/work/dir/b": "x",
      "/work/image": new Uint8Array([1, 0]),
      "/work/latin1": new Uint8Array([0x78, 0xe9]),
      "/work/.env": "KEY=x",
      "/home/anna/.hermes/auth.json": "x",
    });
    files.link("/work/auth", "/home/anna/.hermes/auth.json");
    files.device("/work/pipe");
    const problem = async (path: string, old = "x", fresh = "y"): Promise<unknown> =>
      (await replace(path, old, fresh))["error"];
    expect(await problem("")).toBe("path must not be empty");
    expect(await problem("a", "", "y")).toBe("old_string is empty: use write_file for a new file");
    expect(await problem("a", "x\r\n", "x\n")).toBe("old_string and new_string are the same");
    expect(await problem("none")).toBe("/work/none does not exist");
    expect(await problem("a/b")).toBe("/work/a/b does not exist");
    expect(await problem("dir")).toBe("/work/dir is a directory");
    expect(await problem("pipe")).toBe("/work/pipe is no regular file");
    expect(await problem("image")).toBe("/work/image is no text in UTF-8: it cannot be edited");
    expect(await problem("latin1")).toBe("/work/latin1 is no text in UTF-8: it cannot be edited");
    expect(await problem(".env")).toBe(
      "/work/.env is off limits: it holds secrets of an environment",
    );
    expect(await problem("auth")).toBe("/work/auth is off limits: it holds keys or credentials");
    expect(await problem("/etc/hosts")).toBe("/etc/hosts is off limits: it belongs to the system");
  });

  test("warns when somebody else changed the file after it was read", async () => {
    const { files, read, replace } = setUp({ "/work/a": "one two" });
    await read("a");
    files.write("/work/a", "one two three");
    expect(await replace("a", "one", "1")).toMatchObject({
      success: true,
      _warning: "Changed by somebody else since it was read last: /work/a",
    });
    expect(await replace("a", "two", "2")).not.toHaveProperty("_warning");
  });

  test("shows of a large change only the beginning", async () => {
    const { replace } = setUp({
      "/work/a": `x${"a".repeat(50)}\n`.repeat(400),
      "/work/b": "x\n".repeat(4_000),
    });
    const { diff } = await replace("a", "x", "y", { replace_all: true });
    expect(diff).toHaveLength(20_000 + "\n[diff cut]".length);
    expect(await replace("b", "x", "y", { replace_all: true })).toMatchObject({
      diff: "--- /work/b\n+++ /work/b\n[too many differences to show]\n",
    });
  });

  test("leaves the file as it was when the disk is full", async () => {
    const { files, replace } = setUp({ "/work/a": "x" });
    files.fail("replaceFile", "/work/a", "ENOSPC");
    expect(await replace("a", "x", "y")).toEqual({
      error: "Cannot change /work/a: no space left on the device",
      success: false,
      isError: true,
    });
    expect(files.text("/work/a")).toBe("x");
  });
});

describe("patch with mode patch", () => {
  const tree = { "/work/a.ts": "a\nb\nc\n", "/work/sub/b.ts": "x\ny\n", "/work/old.ts": "old\n" };

  test("adds, updates, moves and deletes files", async () => {
    const { files, patch } = setUp(tree);
    const answer = await patch([
      "*** Add File: new/n.ts",
      "+fresh",
      "*** Update File: a.ts",
      " a",
      "-b",
      "+B",
      "*** Update File: sub/b.ts",
      "*** Move to: moved/b.ts",
      "-y",
      "+Y",
      "*** Delete File: old.ts",
    ]);
    expect(answer).toEqual({
      success: true,
      diff: [
        "--- /dev/null\n+++ /work/new/n.ts\n@@ -0,0 +1,1 @@\n+fresh\n",
        "--- /work/a.ts\n+++ /work/a.ts\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n",
        "--- /work/sub/b.ts\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-x\n-y\n",
        "--- /dev/null\n+++ /work/moved/b.ts\n@@ -0,0 +1,2 @@\n+x\n+Y\n",
        "--- /work/old.ts\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-old\n",
      ].join(""),
      files_modified: ["/work/a.ts"],
      files_created: ["/work/new/n.ts", "/work/moved/b.ts"],
      files_deleted: ["/work/sub/b.ts", "/work/old.ts"],
      isError: false,
    });
    expect(files.paths().filter((path) => files.text(path) !== undefined)).toEqual([
      "/work/a.ts",
      "/work/moved/b.ts",
      "/work/new/n.ts",
    ]);
    expect(files.text("/work/moved/b.ts")).toBe("x\nY\n");
  });

  test("moves a file without changing it, with its line ends", async () => {
    const { files, patch } = setUp({ "/work/a": "\ufeffa\r\nb\r\n" });
    await patch(["*** Update File: a", "*** Move to: b"]);
    expect([files.text("/work/a"), files.text("/work/b")]).toEqual([undefined, "\ufeffa\r\nb\r\n"]);
  });

  test("changes one file several times, each time as the time before left it", async () => {
    const { files, patch } = setUp(tree);
    expect(
      await patch([
        "*** Update File: a.ts",
        "-b",
        "+B",
        "*** Update File: ./a.ts",
        " B",
        "-c",
        "+C",
        "*** Delete File: old.ts",
        "*** Add File: old.ts",
        "+new",
        "*** Add File: tmp",
        "+x",
        "*** Delete File: tmp",
      ]),
    ).toMatchObject({
      success: true,
      files_modified: ["/work/a.ts", "/work/old.ts"],
    });
    expect([files.text("/work/a.ts"), files.text("/work/old.ts"), files.text("/work/tmp")]).toEqual(
      ["a\nB\nC\n", "new\n", undefined],
    );
  });

  test("changes nothing when any part of it cannot be made", async () => {
    const parts: readonly (readonly [lines: readonly string[], error: string])[] = [
      [
        ["*** Update File: sub/b.ts", "-z", "+Z"],
        "/work/sub/b.ts: hunk 1 of 1: its context and removed lines were not found",
      ],
      [["*** Update File: none", "-z"], "/work/none does not exist"],
      [["*** Delete File: none"], "/work/none does not exist"],
      [["*** Delete File: sub"], "/work/sub is a directory"],
      [["*** Add File: old.ts", "+x"], "/work/old.ts exists already: update it instead"],
      [["*** Add File: sub", "+x"], "/work/sub exists already: update it instead"],
      [
        ["*** Update File: old.ts", "*** Move to: a.ts"],
        "/work/a.ts exists already: nothing is moved over it",
      ],
      [["*** Add File: /etc/x", "+x"], "/etc/x is off limits: it belongs to the system"],
      [
        ["*** Update File: old.ts", "*** Move to: /home/anna/.bashrc"],
        "/home/anna/.bashrc is off limits: it holds credentials or runs at the next login",
      ],
      [["*** Update File: link.ts", "-B", "+C"], "/work/link.ts and /work/a.ts are the same file"],
      [["*** Update File: ../x", "-x"], '".." is not allowed in a path: ../x'],
      [
        ["*** Update File: old.ts", "oops"],
        'old.ts: a line of a hunk begins with " ", "+" or "-": oops',
      ],
    ];
    for (const [lines, error] of parts) {
      const { files, patch } = setUp(tree);
      files.link("/work/link.ts", "a.ts");
      const answer = await patch([
        "*** Update File: a.ts",
        "-b",
        "+B",
        "*** Add File: new.ts",
        "+x",
        ...lines,
      ]);
      expect(answer).toMatchObject({ error, success: false, isError: true });
      expect(files.paths().flatMap((path) => files.text(path) ?? [])).toEqual([
        "a\nb\nc\n",
        "old\n",
        "x\ny\n",
      ]);
    }
  });

  test("shows what may have been meant where a hunk does not fit", async () => {
    const { patch } = setUp({ "/work/a": "let count = 1;\n" });
    expect(await patch(["*** Update File: a", "-let counter = 1;", "+x"])).toEqual(
      refused("/work/a: hunk 1 of 1: its context and removed lines were not found", {
        did_you_mean: "1|let count = 1;\n2|",
      }),
    );
    expect(await patch(["*** Update File: a", " let count = 1;"])).toEqual(
      refused("Nothing would change"),
    );
  });

  test("takes back what it has done when the system fails it on the way", async () => {
    const { files, patch } = setUp(tree);
    files.fail("replaceFile", "/work/sub/b.ts", "ENOSPC");
    const lines = [
      "*** Delete File: old.ts",
      "*** Add File: new.ts",
      "+x",
      "*** Update File: a.ts",
      "-b",
      "*** Update File: sub/b.ts",
      "-y",
    ];
    expect(await patch(lines)).toEqual({
      error: "Cannot change /work/sub/b.ts: no space left on the device",
      success: false,
      isError: true,
    });
    expect(files.paths().flatMap((path) => files.text(path) ?? [])).toEqual([
      "a\nb\nc\n",
      "old\n",
      "x\ny\n",
    ]);
  });

  test("says what stays changed when it cannot be taken back", async () => {
    const { files, patch } = setUp(tree);
    files.fail("replaceFile", "/work/sub/b.ts", "EIO");
    files.fail("remove", "/work/new.ts", "EACCES");
    expect(await patch(["*** Add File: new.ts", "+x", "*** Update File: sub/b.ts", "-y"])).toEqual({
      error: "Cannot change /work/sub/b.ts: the device failed (EIO)",
      success: false,
      files_modified: ["/work/new.ts"],
      isError: true,
    });
  });

  test("tells the parallel gate every file it touches", () => {
    const { tool } = setUp();
    const access = (input: object) => tool.access?.(tool.parse(JSON.stringify(input)), "/work");
    const lines = ["*** Update File: a", "*** Move to: ~/b", "*** Delete File: /c"];
    expect(access({ mode: "patch", patch: patchOf(...lines) })).toEqual({
      mode: "write",
      paths: ["/work/a", "/home/anna/b", "/c"],
    });
    expect(access({ path: "sub//a", old_string: "x", new_string: "y" })).toEqual({
      mode: "write",
      paths: ["/work/sub/a"],
    });
    expect(access({ mode: "patch", patch: "nonsense" })).toEqual({ mode: "write", paths: [] });
  });
});

test("patch wants the arguments of its mode", async () => {
  const { tool } = setUp();
  const problem = async (input: object): Promise<string> =>
    (await thrown(() => tool.parse(JSON.stringify(input)))).message;
  const needed = "mode replace needs path, old_string and new_string";
  expect(await problem({})).toEndWith(needed);
  expect(await problem({ path: "a", old_string: "x", new_string: null })).toEndWith(needed);
  expect(await problem({ mode: "patch", path: "a" })).toEndWith("mode patch needs patch");
  expect(await problem({ mode: "diff" })).toContain("mode: Invalid option");
});

describe("patch on this machine", () => {
  const temporary = useTemporaryDirectory();

  test("keeps modes, also of a moved file, and changes what a symlink leads to", async () => {
    await temporary.put({ "run.sh": "old\n", "real.txt": "x\n" });
    await chmod(temporary.at("run.sh"), 0o755);
    await chmod(temporary.at("real.txt"), 0o600);
    await symlink("real.txt", temporary.at("link.txt"));
    const tool = createPatchTool(fileToolDeps(machineFiles));
    const lines = [
      "*** Update File: run.sh",
      "*** Move to: bin/run.sh",
      "-old",
      "+new",
      "*** Update File: link.txt",
      "-x",
      "+y",
    ];
    const answer = await callTool(
      tool,
      { mode: "patch", patch: patchOf(...lines) },
      { cwd: temporary.at("") },
    );
    expect(answer).toMatchObject({ success: true });
    expect(await readFile(temporary.at("bin/run.sh"), "utf8")).toBe("new\n");
    expect((await stat(temporary.at("bin/run.sh"))).mode & 0o777).toBe(0o755);
    expect(await readFile(temporary.at("real.txt"), "utf8")).toBe("y\n");
    expect((await stat(temporary.at("real.txt"))).mode & 0o777).toBe(0o600);
    expect(await readlink(temporary.at("link.txt"))).toBe("real.txt");
    expect((await machineFiles.list(temporary.at(""))).map(({ name }) => name).toSorted()).toEqual([
      "bin",
      "link.txt",
      "real.txt",
    ]);
  });
});
