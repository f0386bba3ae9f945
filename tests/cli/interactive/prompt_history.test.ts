import { describe, expect, test } from "bun:test";
import { openPromptHistory } from "../../../src/cli/interactive/prompt_history.ts";
import { createFakeFiles, type FakeFiles } from "../../fakes/files.ts";

function open(files: FakeFiles) {
  return openPromptHistory({
    files,
    path: "/home/history",
    home: "/home",
    redact: (text) => text.replaceAll("secret", "***"),
  });
}

describe("openPromptHistory()", () => {
  test("reads what was kept, and leaves out what is no message", async () => {
    const files = createFakeFiles({ "/home/history": '"one"\nbroken\n{}\n""\n"two\\nlines"\n' });
    expect((await open(files)).entries).toEqual(["one", "two\nlines"]);
  });

  test("is empty without a file, and creates it with its directory", async () => {
    const files = createFakeFiles();
    const history = await open(files);
    expect(history.entries).toEqual([]);
    await history.add("a secret");
    expect([
      files.text("/home/history"),
      files.modeOf("/home/history"),
      files.modeOf("/home"),
    ]).toEqual(['"a ***"\n', 0o600, 0o700]);
  });

  test("keeps neither repetitions, nor what begins with a blank, nor documents", async () => {
    const files = createFakeFiles({ "/home/history": '"one"\n' });
    const history = await open(files);
    for (const message of ["one", "two", "two", " hidden", "x".repeat(30_000), "three"]) {
      await history.add(message);
    }
    expect(files.text("/home/history")).toBe('"one"\n"two"\n"three"\n');
  });

  test("writes a file that became too long anew, with the newest messages", async () => {
    const lines = Array.from({ length: 1_200 }, (_, at) =>
      JSON.stringify(`${at} ${"x".repeat(2_000)}`),
    );
    const files = createFakeFiles({ "/home/history": `${lines.join("\n")}\n` });
    const history = await open(files);
    await history.add("newest");
    const kept = (files.text("/home/history") ?? "").trimEnd().split("\n");
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([1_001, lines[200], '"newest"']);
    await history.add("after it");
    expect(files.text("/home/history")?.trimEnd().split("\n").slice(-2)).toEqual([
      '"newest"',
      '"after it"',
    ]);
  });
});
