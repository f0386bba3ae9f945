import { describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { open, symlink, truncate } from "node:fs/promises";
import { strToU8, zipSync } from "fflate";
import type { FileStore } from "../../src/core/ports.ts";
import { machineFiles } from "../../src/platform/files.ts";
import { createReadFileTool, unchangedNote } from "../../src/tools/read_file.ts";
import { createFakeFiles } from "../fakes/files.ts";
import {
  callTool,
  fileToolDeps,
  type ToolAnswer,
  useTemporaryDirectory,
} from "../fakes/file_tools.ts";
import { thrown } from "../fakes/thrown.ts";
import { createToolContext } from "../fakes/tool_context.ts";

function toolFor(files: FileStore) {
  return createReadFileTool({ ...fileToolDeps(files), maxLineChars: 2_000 });
}

function setUp(initial: Readonly<Record<string, string | Uint8Array>> = {}) {
  const files = createFakeFiles(initial);
  const tool = toolFor(files);
  let turn = 0;
  return {
    files,
    tool,
    /** Reads in a turn of its own. */
    read: (input: object): Promise<ToolAnswer> =>
      callTool(tool, input, { turnId: `own-turn-${++turn}` }),
    readAgain: (input: object): Promise<ToolAnswer> => callTool(tool, input),
  };
}

const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("");

describe("read_file", () => {
  test("numbers the lines of a file", async () => {
    const { read } = setUp({ "/project/a.txt": "one\ntwo\n\nfour" });
    const whole = {
      content: "1|one\n2|two\n3|\n4|four",
      total_lines: 4,
      file_size: 13,
      truncated: false,
      isError: false,
    };
    expect(await read({ path: "a.txt" })).toEqual(whole);
    expect(await read({ path: "/project/./a.txt" })).toEqual(whole);
    expect(await read({ path: "a.txt", offset: "2", limit: 2 })).toEqual({
      content: "2|two\n3|",
      total_lines: 4,
      file_size: 13,
      truncated: true,
      hint: "More lines follow: read on with offset 4",
      isError: false,
    });
  });

  test("reads a file in the home", async () => {
    const { read } = setUp({ "/home/anna/notes": "x" });
    expect(await read({ path: "~/notes" })).toMatchObject({ content: "1|x" });
  });

  test("gives an empty file as no lines", async () => {
    const { read } = setUp({ "/project/empty": "" });
    const empty = { content: "", total_lines: 0, file_size: 0, truncated: false, isError: false };
    expect(await read({ path: "empty" })).toEqual(empty);
    expect(await read({ path: "empty", offset: 9 })).toEqual(empty);
  });

  test("drops a byte order mark and carriage returns, and replaces malformed bytes", async () => {
    const { read } = setUp({
      "/project/dos.txt": "\ufeffa\r\nb\r\n",
      "/project/latin1.txt": new Uint8Array([0x6e, 0xe9, 0x65, 0x0a]),
    });
    expect(await read({ path: "dos.txt" })).toMatchObject({ content: "1|a\n2|b" });
    expect(await read({ path: "latin1.txt" })).toMatchObject({ content: "1|n\ufffde" });
  });

  test("reads 500 lines unless told otherwise, and 2,000 at most", async () => {
    const { read, tool } = setUp({ "/project/long": lines(2_500) });
    expect(await read({ path: "long" })).toMatchObject({
      total_lines: 2_500,
      hint: "More lines follow: read on with offset 501",
    });
    expect(await read({ path: "long", limit: 2_000 })).toMatchObject({
      hint: "More lines follow: read on with offset 2001",
    });
    expect(await thrown(() => tool.parse('{"path":"long","limit":2001}'))).toMatchObject({
      code: "turn/tool_arguments",
    });
  });

  test("cuts long lines and says so", async () => {
    const { read } = setUp({ "/project/min.js": `${"x".repeat(5_000)}\nshort\n` });
    expect(await read({ path: "min.js" })).toEqual({
      content: `1|${"x".repeat(2_000)}… [line cut]\n2|short`,
      total_lines: 2,
      file_size: 5_007,
      truncated: true,
      hint: "Lines longer than 2000 characters are cut",
      isError: false,
    });
  });

  test("stays below the size at which results are spilled, whatever the lines hold", async () => {
    for (const character of ["x", '"', "\\", "\u0001", "💾", "\ufffd"]) {
      const { tool, files } = setUp({ "/project/a": `${character.repeat(1_000)}\n`.repeat(2_000) });
      const input = tool.parse('{"path":"a","limit":2000}');
      const { text } = await tool.run(input, createToolContext());
      expect(text.length).toBeLessThan(100_000);
      const answer = JSON.parse(text);
      const shown = answer.content.split("\n").length;
      expect(answer.hint).toBe(`More lines follow: read on with offset ${shown + 1}`);
      expect(files.text("/project/a")).toBeDefined();
    }
    const { tool } = setUp({ "/project/a": "\n".repeat(2_000) });
    const { text } = await tool.run(tool.parse('{"path":"a","limit":2000}'), createToolContext());
    expect(text.length).toBeLessThan(100_000);
  });

  test("reads the text of an office document, and says what is none", async () => {
    const xml = "<w:document><w:p><w:r><w:t>Hello</w:t></w:r></w:p></w:document>";
    const { read } = setUp({
      "/project/a.docx": zipSync({ "word/document.xml": strToU8(xml) }),
      "/project/fake.docx": "just text",
      "/project/broken.xlsx": new Uint8Array([0x50, 0x4b, 3, 4, 0, 0]),
    });
    expect(await read({ path: "a.docx" })).toMatchObject({ content: "1|Hello", isError: false });
    expect(await read({ path: "fake.docx" })).toMatchObject({ content: "1|just text" });
    expect(await read({ path: "broken.xlsx" })).toEqual({
      error: "/project/broken.xlsx is a binary file (6 bytes)",
      isError: true,
    });
  });

  test("says what is the matter with a path", async () => {
    const { read, files } = setUp({
      "/project/src/read_file.ts": "x",
      "/project/src/read_lines.ts": "x",
      "/project/src/other.md": "x",
      "/project/image.png": new Uint8Array([0x89, 0x50, 0, 1]),
      "/project/.env": "KEY=secret",
      "/home/anna/.hermes/auth.json": "{}",
    });
    files.device("/project/pipe");
    files.link("/project/innocent.json", "/home/anna/.hermes/auth.json");
    files.link("/project/loop", "loop");
    const problems = async (path: string): Promise<unknown> => await read({ path });
    const failed = (error: string, facts: object = {}): ToolAnswer => ({
      error,
      ...facts,
      isError: true,
    });
    expect(await problems("")).toEqual(failed("path must not be empty"));
    expect(await problems("a\0b")).toEqual(failed("path must not contain a NUL character"));
    expect(await problems("src")).toEqual(
      failed('/project/src is a directory: list it with search_files and target "files"'),
    );
    expect(await problems("image.png")).toEqual(
      failed("/project/image.png is a binary file (4 bytes)"),
    );
    expect(await problems("pipe")).toEqual(failed("/project/pipe is no regular file"));
    expect(await problems("src/raed_file.ts")).toEqual(
      failed("/project/src/raed_file.ts does not exist", {
        similar_files: ["/project/src/read_file.ts"],
      }),
    );
    expect(await problems("src/READ.txt")).toEqual(
      failed("/project/src/READ.txt does not exist", {
        similar_files: ["/project/src/read_file.ts", "/project/src/read_lines.ts"],
      }),
    );
    expect(await problems("src/nothing_like_it")).toEqual(
      failed("/project/src/nothing_like_it does not exist"),
    );
    expect(await problems("lost/a.txt")).toEqual(
      failed("/project/lost/a.txt does not exist", { hint: "/project/lost is no directory" }),
    );
    expect(await problems("image.png/x")).toEqual(
      failed("/project/image.png/x does not exist", { hint: "/project/image.png is no directory" }),
    );
    expect(await problems("loop")).toEqual(
      failed("/project/loop leads through a broken symbolic link"),
    );
    expect(await problems("innocent.json")).toEqual(
      failed("/project/innocent.json is off limits: it holds credentials"),
    );
    expect(await problems("../project/.env")).toEqual(
      failed("/project/.env is off limits: it holds secrets of an environment"),
    );
    expect(await problems("/dev/zero")).toEqual(
      failed("/dev/zero is off limits: it is a device or a window into a process"),
    );
    expect(await problems("/proc/self/environ")).toEqual(
      failed("/proc/self/environ is off limits: it is a device or a window into a process"),
    );
    expect(await read({ path: "src/other.md", offset: 5 })).toEqual(
      failed("/project/src/other.md has 1 lines, there is none at offset 5"),
    );
  });

  test("says what the system said, also of a file that vanishes while it is read", async () => {
    for (const [errno, words] of [
      ["ENOENT", "it does not exist"],
      ["EACCES", "permission denied"],
      ["EIO", "the device failed (EIO)"],
    ]) {
      const { read, files } = setUp({ "/project/a": "x" });
      files.fail("readChunks", "/project/a", errno);
      expect(await read({ path: "a" })).toEqual({
        error: `Cannot read /project/a: ${words}`,
        isError: true,
      });
      files.fail("readChunks", "/project/a", undefined);
      expect(await read({ path: "a" })).toMatchObject({ content: "1|x" });
    }
    const { read, files } = setUp({ "/project/a": "x" });
    files.fail("stat", "/project/a", "EACCES");
    expect(await read({ path: "a" })).toMatchObject({
      error: "Cannot read /project/a: permission denied",
    });
  });

  test("returns unchanged lines of a turn once, then a note, then nothing more", async () => {
    const { readAgain, files, read } = setUp({ "/project/a": "x\ny\n" });
    const content = { content: "1|x\n2|y" };
    const note = {
      status: "unchanged",
      dedup: true,
      content_returned: false,
      note: unchangedNote,
      isError: false,
    };
    const blocked = (times: number): ToolAnswer => ({
      error: `BLOCKED: these lines of /project/a were read ${times} times without a change. Use what you have, or read other lines`,
      isError: true,
    });
    expect(await readAgain({ path: "a" })).toMatchObject(content);
    expect(await readAgain({ path: "a" })).toEqual(note);
    expect(await readAgain({ path: "/project/a" })).toEqual(blocked(3));
    expect(await readAgain({ path: "a" })).toEqual(blocked(4));
    expect(await readAgain({ path: "a", offset: 2 })).toMatchObject({ content: "2|y" });
    expect(await read({ path: "a" })).toMatchObject(content);
    files.write("/project/a", "z");
    expect(await readAgain({ path: "a" })).toMatchObject({ content: "1|z" });
    expect(await readAgain({ path: "a" })).toEqual(note);
  });

  test("does not take a failed read for one that gave the lines", async () => {
    const { readAgain, files } = setUp({ "/project/a": "x" });
    files.fail("readChunks", "/project/a", "EIO");
    expect(await readAgain({ path: "a" })).toMatchObject({ isError: true });
    files.fail("readChunks", "/project/a", undefined);
    expect(await readAgain({ path: "a" })).toMatchObject({ content: "1|x" });
    const beyond = { error: "/project/a has 1 lines, there is none at offset 7", isError: true };
    expect(await readAgain({ path: "a", offset: 7 })).toEqual(beyond);
    expect(await readAgain({ path: "a", offset: 7 })).toEqual(beyond);
  });

  test("lets reads of one file run beside one another", () => {
    const { tool } = setUp();
    expect(tool.access?.(tool.parse('{"path":"~/x"}'), "/project")).toEqual({
      mode: "read",
      paths: ["/home/anna/x"],
    });
  });
});

describe("read_file on this machine", () => {
  const temporary = useTemporaryDirectory();
  const read = (input: object): Promise<ToolAnswer> =>
    callTool(toolFor(machineFiles), input, { cwd: temporary.at("") });

  test("reads the beginning of a file of 1 GB in little memory", async () => {
    const path = temporary.at("huge.log");
    await temporary.put({ "huge.log": "text\n".repeat(4_000) });
    await truncate(path, 1024 ** 3);
    const file = await open(path, "r+");
    await file.write("the end\n", 1024 ** 3 - 8);
    await file.close();
    Bun.gc(true);
    const before = process.memoryUsage().rss;
    expect(await read({ path: "huge.log", limit: 2 })).toEqual({
      content: "1|text\n2|text",
      file_size: 1024 ** 3,
      truncated: true,
      hint: "More lines follow: read on with offset 3",
      isError: false,
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
    await truncate(path, 0);
    await truncate(path, 1024 ** 3);
    expect(await read({ path: "huge.log" })).toEqual({
      error: `${path} is a binary file (1073741824 bytes)`,
      isError: true,
    });
  });

  test("does not wait for a writer of a named pipe", async () => {
    execFileSync("mkfifo", [temporary.at("pipe")]);
    expect(await read({ path: "pipe" })).toEqual({
      error: `${temporary.at("pipe")} is no regular file`,
      isError: true,
    });
  });

  test("follows symlinks, but not to devices and not in circles", async () => {
    await temporary.put({ "real.txt": "x" });
    await symlink("real.txt", temporary.at("link"));
    await symlink("/dev/zero", temporary.at("zero"));
    await symlink("loop", temporary.at("loop"));
    expect(await read({ path: "link" })).toMatchObject({ content: "1|x" });
    expect(await read({ path: "zero" })).toMatchObject({
      error: `${temporary.at("zero")} is off limits: it is a device or a window into a process`,
    });
    expect(await read({ path: "loop" })).toMatchObject({
      error: `${temporary.at("loop")} leads through a broken symbolic link`,
    });
    expect(await read({ path: "/proc/self/root/dev/zero" })).toMatchObject({
      error: "/proc/self/root/dev/zero is off limits: it is a device or a window into a process",
    });
  });

  test("says that a name is too long", async () => {
    const path = temporary.at("x".repeat(300));
    expect(await read({ path })).toEqual({
      error: `Cannot read ${path}: the name is too long`,
      isError: true,
    });
  });

  test("ends when the turn is interrupted", async () => {
    await temporary.put({ "a.txt": "x" });
    const tool = toolFor(machineFiles);
    const context = createToolContext({ cwd: temporary.at(""), signal: AbortSignal.abort() });
    expect(await thrown(() => tool.run(tool.parse('{"path":"a.txt"}'), context))).toMatchObject({
      code: "turn/interrupted",
    });
  });
});
