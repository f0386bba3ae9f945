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
  files.directory("/project");
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
    const { files, replace } = setUp({ "/project/a.ts": "one\ntwo\nthree\n" });
    expect(await replace("a.ts", "two", "2")).toEqual({
      success: true,
      diff: "--- /project/a.ts\n+++ /project/a.ts\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n",
      files_modified: ["/project/a.ts"],
      isError: false,
    });
    expect(files.text("/project/a.ts")).toBe("one\n2\nthree\n");
  });

  test("keeps byte order mark, line ends, and a missing line break at the end", async () => {
    const { files, replace } = setUp({
      "/project/dos": "\ufeffa\r\nb\r\nc\r\n",
      "/project/open": "a\nb",
    });
    expect(await replace("dos", "a\nb\n", "a\nB\nnew\n")).toMatchObject({ success: true });
    expect(await replace("dos", "c\r\n", "C\r\n")).toMatchObject({ success: true });
    expect(await replace("open", "b", "B")).toMatchObject({ success: true });
    expect([files.text("/project/dos"), files.text("/project/open")]).toEqual([
      "\ufeffa\r\nB\r\nnew\r\nC\r\n",
      "a\nB",
    ]);
  });

  test("refuses a text that is not there, that is not unique, or that would not change", async () => {
    const { files, replace } = setUp({
      "/project/a": "let count = 1;\nx\nx\n",
      "/project/empty": "",
    });
    expect(await replace("a", "let counter = 1;", "y")).toEqual(
      refused("old_string was not found in /project/a", {
        did_you_mean: "1|let count = 1;\n2|x\n3|x",
      }),
    );
    expect(await replace("a", "nothing like it", "let count")).toMatchObject({
      error: "old_string was not found in /project/a, but new_string is there already",
    });
    expect(await replace("empty", "x", "y")).toEqual(
      refused("old_string was not found in /project/empty"),
    );
    expect(await replace("a", "x\nx", " x\nx")).toMatchObject({ success: true });
    expect(files.text("/project/a")).toBe("let count = 1;\n x\nx\n");
    expect(await replace("a", "x", "y")).toMatchObject({
      error: "old_string stands 2 times in /project/a: add lines around it, or set replace_all",
    });
    expect(await replace("a", "x", "y", { replace_all: true })).toMatchObject({ success: true });
    expect(files.text("/project/a")).toBe("let count = 1;\n y\ny\n");
    expect(await replace("a", "let  count = 1;", "let count = 1;")).toEqual(
      refused("Nothing would change"),
    );
  });

  test("advises another way after three failures on one file, in each session", async () => {
    const { replace } = setUp({ "/project/a": "a\n", "/project/b": "b\n" });
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
      "/project/a": "x",
      "/project/dir/b": "x",
      "/project/image": new Uint8Array([1, 0]),
      "/project/latin1": new Uint8Array([0x78, 0xe9]),
      "/project/.env": "KEY=x",
      "/home/anna/.hermes/auth.json": "x",
    });
    files.link("/project/auth", "/home/anna/.hermes/auth.json");
    files.device("/project/pipe");
    const problem = async (path: string, old = "x", fresh = "y"): Promise<unknown> =>
      (await replace(path, old, fresh))["error"];
    expect(await problem("")).toBe("path must not be empty");
    expect(await problem("a", "", "y")).toBe("old_string is empty: use write_file for a new file");
    expect(await problem("a", "x\r\n", "x\n")).toBe("old_string and new_string are the same");
    expect(await problem("none")).toBe("/project/none does not exist");
    expect(await problem("a/b")).toBe("/project/a/b does not exist");
    expect(await problem("dir")).toBe("/project/dir is a directory");
    expect(await problem("pipe")).toBe("/project/pipe is no regular file");
    expect(await problem("image")).toBe("/project/image is no text in UTF-8: it cannot be edited");
    expect(await problem("latin1")).toBe(
      "/project/latin1 is no text in UTF-8: it cannot be edited",
    );
    expect(await problem(".env")).toBe(
      "/project/.env is off limits: it holds secrets of an environment",
    );
    expect(await problem("auth")).toBe("/project/auth is off limits: it holds keys or credentials");
    expect(await problem("/etc/hosts")).toBe("/etc/hosts is off limits: it belongs to the system");
  });

  test("warns when somebody else changed the file after it was read", async () => {
    const { files, read, replace } = setUp({ "/project/a": "one two" });
    await read("a");
    files.write("/project/a", "one two three");
    expect(await replace("a", "one", "1")).toMatchObject({
      success: true,
      _warning: "Changed by somebody else since it was read last: /project/a",
    });
    expect(await replace("a", "two", "2")).not.toHaveProperty("_warning");
  });

  test("shows of a large change only the beginning", async () => {
    const { replace } = setUp({
      "/project/a": `x${"a".repeat(50)}\n`.repeat(400),
      "/project/b": "x\n".repeat(4_000),
    });
    const { diff } = await replace("a", "x", "y", { replace_all: true });
    expect(diff).toHaveLength(20_000 + "\n[diff cut]".length);
    expect(await replace("b", "x", "y", { replace_all: true })).toMatchObject({
      diff: "--- /project/b\n+++ /project/b\n[too many differences to show]\n",
    });
  });

  test("leaves the file as it was when the disk is full", async () => {
    const { files, replace } = setUp({ "/project/a": "x" });
    files.fail("replaceFile", "/project/a", "ENOSPC");
    expect(await replace("a", "x", "y")).toEqual({
      error: "Cannot change /project/a: no space left on the device",
      success: false,
      isError: true,
    });
    expect(files.text("/project/a")).toBe("x");
  });
});

describe("patch with mode patch", () => {
  const tree = {
    "/project/a.ts": "a\nb\nc\n",
    "/project/sub/b.ts": "x\ny\n",
    "/project/old.ts": "old\n",
  };

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
        "--- /dev/null\n+++ /project/new/n.ts\n@@ -0,0 +1,1 @@\n+fresh\n",
        "--- /project/a.ts\n+++ /project/a.ts\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n",
        "--- /project/sub/b.ts\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-x\n-y\n",
        "--- /dev/null\n+++ /project/moved/b.ts\n@@ -0,0 +1,2 @@\n+x\n+Y\n",
        "--- /project/old.ts\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-old\n",
      ].join(""),
      files_modified: ["/project/a.ts"],
      files_created: ["/project/new/n.ts", "/project/moved/b.ts"],
      files_deleted: ["/project/sub/b.ts", "/project/old.ts"],
      isError: false,
    });
    expect(files.paths().filter((path) => files.text(path) !== undefined)).toEqual([
      "/project/a.ts",
      "/project/moved/b.ts",
      "/project/new/n.ts",
    ]);
    expect(files.text("/project/moved/b.ts")).toBe("x\nY\n");
  });

  test("moves a file without changing it, with its line ends", async () => {
    const { files, patch } = setUp({ "/project/a": "\ufeffa\r\nb\r\n" });
    await patch(["*** Update File: a", "*** Move to: b"]);
    expect([files.text("/project/a"), files.text("/project/b")]).toEqual([
      undefined,
      "\ufeffa\r\nb\r\n",
    ]);
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
      files_modified: ["/project/a.ts", "/project/old.ts"],
    });
    expect([
      files.text("/project/a.ts"),
      files.text("/project/old.ts"),
      files.text("/project/tmp"),
    ]).toEqual(["a\nB\nC\n", "new\n", undefined]);
  });

  test("changes nothing when any part of it cannot be made", async () => {
    const parts: readonly (readonly [lines: readonly string[], error: string])[] = [
      [
        ["*** Update File: sub/b.ts", "-z", "+Z"],
        "/project/sub/b.ts: hunk 1 of 1: its context and removed lines were not found",
      ],
      [["*** Update File: none", "-z"], "/project/none does not exist"],
      [["*** Delete File: none"], "/project/none does not exist"],
      [["*** Delete File: sub"], "/project/sub is a directory"],
      [["*** Add File: old.ts", "+x"], "/project/old.ts exists already: update it instead"],
      [["*** Add File: sub", "+x"], "/project/sub exists already: update it instead"],
      [
        ["*** Update File: old.ts", "*** Move to: a.ts"],
        "/project/a.ts exists already: nothing is moved over it",
      ],
      [
        ["*** Add File: /home/anna/.hermes/pending/memory/0123abcd.json", "+x"],
        "/home/anna/.hermes/pending/memory/0123abcd.json is off limits: only hermes itself writes it",
      ],
      [
        ["*** Update File: old.ts", "*** Move to: /home/anna/.hermes/memories/USER.md"],
        "/home/anna/.hermes/memories/USER.md is off limits: use the tool memory",
      ],
      [["*** Add File: /etc/x", "+x"], "/etc/x is off limits: it belongs to the system"],
      [
        ["*** Update File: old.ts", "*** Move to: /home/anna/.bashrc"],
        "/home/anna/.bashrc is off limits: it holds credentials or runs at the next login",
      ],
      [
        ["*** Update File: link.ts", "-B", "+C"],
        "/project/link.ts and /project/a.ts are the same file",
      ],
      [["*** Update File: ../x", "-x"], '".." is not allowed in a path: ../x'],
      [
        ["*** Update File: old.ts", "oops"],
        'old.ts: a line of a hunk begins with " ", "+" or "-": oops',
      ],
    ];
    for (const [lines, error] of parts) {
      const { files, patch } = setUp(tree);
      files.link("/project/link.ts", "a.ts");
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
    const { patch } = setUp({ "/project/a": "let count = 1;\n" });
    expect(await patch(["*** Update File: a", "-let counter = 1;", "+x"])).toEqual(
      refused("/project/a: hunk 1 of 1: its context and removed lines were not found", {
        did_you_mean: "1|let count = 1;\n2|",
      }),
    );
    expect(await patch(["*** Update File: a", " let count = 1;"])).toEqual(
      refused("Nothing would change"),
    );
  });

  test("takes back what it has done when the system fails it on the way", async () => {
    const { files, patch } = setUp(tree);
    files.fail("replaceFile", "/project/sub/b.ts", "ENOSPC");
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
      error: "Cannot change /project/sub/b.ts: no space left on the device",
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
    files.fail("replaceFile", "/project/sub/b.ts", "EIO");
    files.fail("remove", "/project/new.ts", "EACCES");
    expect(await patch(["*** Add File: new.ts", "+x", "*** Update File: sub/b.ts", "-y"])).toEqual({
      error: "Cannot change /project/sub/b.ts: the device failed (EIO)",
      success: false,
      files_modified: ["/project/new.ts"],
      isError: true,
    });
  });

  test("tells the parallel gate every file it touches", () => {
    const { tool } = setUp();
    const access = (input: object) => tool.access?.(tool.parse(JSON.stringify(input)), "/project");
    const lines = ["*** Update File: a", "*** Move to: ~/b", "*** Delete File: /c"];
    expect(access({ mode: "patch", patch: patchOf(...lines) })).toEqual({
      mode: "write",
      paths: ["/project/a", "/home/anna/b", "/c"],
    });
    expect(access({ path: "sub//a", old_string: "x", new_string: "y" })).toEqual({
      mode: "write",
      paths: ["/project/sub/a"],
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
