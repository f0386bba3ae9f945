import { describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { chmod, readFile, readlink, stat, symlink } from "node:fs/promises";
import { machineFiles } from "../../src/platform/files.ts";
import { createReadFileTool, unchangedNote } from "../../src/tools/read_file.ts";
import { createWriteFileTool } from "../../src/tools/write_file.ts";
import { createFakeFiles } from "../fakes/files.ts";
import {
  callTool,
  fileToolDeps,
  type ToolAnswer,
  useTemporaryDirectory,
} from "../fakes/file_tools.ts";

function setUp(initial: Readonly<Record<string, string | Uint8Array>> = {}) {
  const files = createFakeFiles(initial);
  files.directory("/project");
  const deps = fileToolDeps(files);
  const reader = createReadFileTool({ ...deps, maxLineChars: 2_000 });
  const tool = createWriteFileTool(deps);
  return {
    files,
    tool,
    read: (path: string): Promise<ToolAnswer> => callTool(reader, { path }),
    write: (path: string, content: string, context = {}): Promise<ToolAnswer> =>
      callTool(tool, { path, content }, context),
  };
}

function failed(error: string): ToolAnswer {
  return { error, isError: true };
}

describe("write_file", () => {
  test("creates a file with its directories", async () => {
    const { files, write } = setUp();
    expect(await write("new/deep/a.txt", "häh\n")).toEqual({
      bytes_written: 5,
      dirs_created: true,
      resolved_path: "/project/new/deep/a.txt",
      files_modified: ["/project/new/deep/a.txt"],
      isError: false,
    });
    expect(files.text("/project/new/deep/a.txt")).toBe("häh\n");
    expect(await write("new/b.txt", "")).toMatchObject({ bytes_written: 0, dirs_created: false });
    expect(files.text("/project/new/b.txt")).toBe("");
  });

  test("keeps the byte order mark and the line ends of what it replaces", async () => {
    const cases: readonly (readonly [before: string, content: string, after: string])[] = [
      ["a\n", "x\ny\n", "x\ny\n"],
      ["a\r\nb\r\n", "x\ny\n", "x\r\ny\r\n"],
      ["a\r\nb\r\n", "x\r\ny\n", "x\r\ny\r\n"],
      ["a\r\nb\n", "x\ny\n", "x\ny\n"],
      ["a\n", "x\r\ny\r\n", "x\r\ny\r\n"],
      ["\ufeffa\n", "x\n", "\ufeffx\n"],
      ["\ufeffa\r\n", "\ufeffx\n", "\ufeffx\r\n"],
      ["", "x\n", "x\n"],
      ["\0\r\n", "x\n", "x\n"],
    ];
    for (const [before, content, after] of cases) {
      const { files, write } = setUp({ "/project/a": before });
      await write("a", content);
      expect(files.text("/project/a")).toBe(after);
    }
  });

  test("keeps the mode of a file, and writes through a symlink", async () => {
    const { files, write } = setUp({ "/project/real.sh": "old" });
    files.link("/project/link.sh", "real.sh");
    expect(await write("link.sh", "new")).toEqual({
      bytes_written: 3,
      dirs_created: false,
      resolved_path: "/project/real.sh",
      files_modified: ["/project/link.sh"],
      isError: false,
    });
    expect(files.text("/project/real.sh")).toBe("new");
    expect(files.modeOf("/project/real.sh")).toBe(0o644);
  });

  test("warns when somebody else changed the file after it was read", async () => {
    const { files, read, write } = setUp({ "/project/a": "1" });
    await read("a");
    expect(await write("a", "2")).not.toHaveProperty("_warning");
    expect(await write("a", "3")).not.toHaveProperty("_warning");
    files.write("/project/a", "somebody");
    expect(await write("a", "4")).toMatchObject({
      _warning:
        "The file was changed by somebody else after it was read last; that change is overwritten",
    });
    expect(await write("a", "5")).not.toHaveProperty("_warning");
    expect(await write("a", "6", { sessionId: "other" })).not.toHaveProperty("_warning");
    expect(await write("a", "7")).toHaveProperty("_warning");
  });

  test("refuses the note that stands for lines read before, but not a text about it", async () => {
    const { files, read, write } = setUp({ "/project/a": "1" });
    await read("a");
    const note = await read("a");
    const problem = failed(
      "The content is the note of read_file, not that of the file: nothing was written",
    );
    expect(await write("a", unchangedNote)).toEqual(problem);
    expect(await write("a", JSON.stringify(note))).toEqual(problem);
    expect(files.text("/project/a")).toBe("1");
    const source = `export const unchangedNote =\n  "${unchangedNote}";\n${"// more\n".repeat(20)}`;
    expect(await write("a", source)).toMatchObject({ isError: false });
  });

  test("says what is the matter with a path", async () => {
    const { files, write } = setUp({
      "/project/dir/x": "",
      "/project/a": "",
      "/home/anna/.ssh/id": "",
    });
    files.device("/project/socket");
    files.link("/project/keys", "/home/anna/.ssh");
    files.link("/project/dangling", "/project/dir/gone");
    expect(await write(" ", "x")).toEqual(failed("path must not be empty"));
    expect(await write("a\0", "x")).toEqual(failed("path must not contain a NUL character"));
    expect(await write("dir/", "x")).toEqual(failed("/project/dir is a directory"));
    expect(await write("socket", "x")).toEqual(failed("/project/socket is no regular file"));
    expect(await write("a/b", "x")).toEqual(
      failed("Cannot write /project/a/b: a file is where a directory would have to be"),
    );
    expect(await write("/etc/cron.d/x", "x")).toEqual(
      failed("/etc/cron.d/x is off limits: it belongs to the system"),
    );
    expect(await write("/home/anna/.hermes/skills/a/SKILL.md", "x")).toEqual(
      failed("/home/anna/.hermes/skills/a/SKILL.md is off limits: use the tool skill_manage"),
    );
    expect(await write("keys/new", "x")).toEqual(
      failed("/project/keys/new is off limits: it holds keys or credentials"),
    );
    expect(await write("dangling", "x")).toEqual(
      failed("/project/dangling leads through a broken symbolic link"),
    );
    expect(files.paths().filter((path) => path.endsWith("new"))).toEqual([]);
  });

  test("leaves the file as it was when the system fails it", async () => {
    for (const [operation, errno, words] of [
      ["replaceFile", "ENOSPC", "no space left on the device"],
      ["replaceFile", "EDQUOT", "the disk quota is used up"],
      ["replaceFile", "EROFS", "the file system is read-only"],
      ["makeDirectory", "EACCES", "permission denied"],
      ["readChunks", "EIO", "the device failed (EIO)"],
    ] as const) {
      const { files, write } = setUp({ "/project/a": "old" });
      files.fail(operation, "/project", errno);
      expect(await write("a", "new")).toEqual(failed(`Cannot write /project/a: ${words}`));
      expect(files.text("/project/a")).toBe("old");
    }
  });

  test("tells the parallel gate which file it writes", () => {
    const { tool } = setUp();
    const input = tool.parse('{"path":"sub/../a","content":""}');
    expect(tool.access?.(input, "/project")).toEqual({ mode: "write", paths: ["/project/a"] });
  });
});

describe("write_file on this machine", () => {
  const temporary = useTemporaryDirectory();
  const write = (path: string, content: string): Promise<ToolAnswer> =>
    callTool(
      createWriteFileTool(fileToolDeps(machineFiles)),
      { path, content },
      { cwd: temporary.at("") },
    );

  test("keeps the mode, writes through symlinks, and leaves nothing beside the file", async () => {
    await temporary.put({ "run.sh": "old\r\n" });
    await chmod(temporary.at("run.sh"), 0o755);
    await symlink("run.sh", temporary.at("link"));
    expect(await write("link", "new\n")).toEqual({
      bytes_written: 5,
      dirs_created: false,
      resolved_path: temporary.at("run.sh"),
      files_modified: [temporary.at("link")],
      isError: false,
    });
    expect(await readFile(temporary.at("run.sh"), "utf8")).toBe("new\r\n");
    expect((await stat(temporary.at("run.sh"))).mode & 0o777).toBe(0o755);
    expect(await readlink(temporary.at("link"))).toBe("run.sh");
    expect((await machineFiles.list(temporary.at(""))).map(({ name }) => name).toSorted()).toEqual([
      "link",
      "run.sh",
    ]);
  });

  test("does not wait for a reader of a named pipe", async () => {
    execFileSync("mkfifo", [temporary.at("pipe")]);
    expect(await write("pipe", "x")).toEqual(failed(`${temporary.at("pipe")} is no regular file`));
  });

  test("says that a part of a path is a file, and that a name is too long", async () => {
    await temporary.put({ plain: "x" });
    expect(await write("plain/below/x", "x")).toEqual(
      failed(
        `Cannot write ${temporary.at("plain/below/x")}: a part of the path is not a directory`,
      ),
    );
    const long = temporary.at("y".repeat(300));
    expect(await write(long, "x")).toEqual(failed(`Cannot write ${long}: the name is too long`));
  });
});
