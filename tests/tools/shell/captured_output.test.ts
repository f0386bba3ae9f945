import { describe, expect, test } from "bun:test";
import { CapturedOutput } from "../../../src/tools/shell/captured_output.ts";
import { createFakeFiles } from "../../fakes/files.ts";

const directory = "/home/anna/.hermes/results/session-1";
const copyPath = `${directory}/call-1.txt`;

async function capture(chunks: Iterable<string>, maxChars = 100, files = createFakeFiles()) {
  const output = new CapturedOutput({ files }, { maxChars, path: copyPath });
  for (const chunk of chunks) {
    output.push(new TextEncoder().encode(chunk));
    await output.settle();
  }
  return { text: await output.end(), files };
}

describe("CapturedOutput", () => {
  test("end() gives small output whole and leaves no file", async () => {
    const { text, files } = await capture(["a".repeat(50), "b".repeat(50)]);
    expect(text).toBe("a".repeat(50) + "b".repeat(50));
    expect(files.paths()).toEqual([]);
  });

  test("end() keeps 40 % of the beginning and 60 % of the end, and the whole in a private file", async () => {
    const { text, files } = await capture(["a".repeat(60), "b".repeat(900), "c".repeat(60)]);
    const marker = `[... 920 characters left out. The whole output (1020 bytes) is in ${copyPath}: use read_file with offset and limit, or search_files ...]`;
    expect(text).toBe(`${"a".repeat(40)}\n\n${marker}\n\n${"c".repeat(60)}`);
    expect(files.text(copyPath)).toBe("a".repeat(60) + "b".repeat(900) + "c".repeat(60));
    expect([files.modeOf(directory), files.modeOf(copyPath)]).toEqual([0o700, 0o600]);
  });

  test("end() keeps the bytes of the copy as they came", async () => {
    const { files } = await capture([`\u001b[31m${"x".repeat(200)}\r\n`]);
    expect(files.text(copyPath)).toBe(`\u001b[31m${"x".repeat(200)}\r\n`);
  });

  test("end() replaces the copy of an earlier call of the same name", async () => {
    const files = createFakeFiles({ [copyPath]: "old" });
    await capture(["n".repeat(200)], 100, files);
    expect(files.text(copyPath)).toBe("n".repeat(200));
  });

  test("end() takes a copy away that turned out to be of what nobody sees", async () => {
    const { text, files } = await capture(["\u001b[0m".repeat(400_000), "seen"]);
    expect(text).toBe("seen");
    expect(files.text(copyPath)).toBeUndefined();
  });

  test("end() says when the disk is full, and leaves no half of a copy", async () => {
    const files = createFakeFiles();
    const block = "x".repeat(1024 * 1024);
    const output = new CapturedOutput({ files }, { maxChars: 100, path: copyPath });
    output.push(new TextEncoder().encode(block));
    await output.settle();
    expect(files.text(copyPath)?.length).toBe(block.length);
    files.fail("appendFile", copyPath, "ENOSPC");
    output.push(new TextEncoder().encode(block));
    await output.settle();
    output.push(new TextEncoder().encode(block));
    await output.settle();
    const bytes = 3 * block.length;
    expect(await output.end()).toBe(
      `${"x".repeat(40)}\n\n[... ${bytes - 100} characters left out. The whole output (${bytes} bytes) could not be saved: no space left on the device ...]\n\n${"x".repeat(60)}`,
    );
    expect(files.text(copyPath)).toBeUndefined();
  });

  test("end() cuts no character in halves", async () => {
    const { text } = await capture(["😀".repeat(200)], 51);
    expect(text.isWellFormed()).toBe(true);
  });
});
