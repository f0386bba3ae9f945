import { expect, test } from "bun:test";
import { createLog, type LogOptions } from "../../src/app/log.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createFakeFiles, type FakeFiles } from "../fakes/files.ts";

const file = "/home/logs/hermes.log";
const full = 5 * 1024 * 1024;
const mask = (text: string): string => text.replaceAll("sk-secret", "***");

function open(files: FakeFiles, level: LogOptions["level"] = "info") {
  const deps = {
    files,
    clock: createFakeClock(Date.UTC(2026, 0, 2, 3, 4, 5, 6)),
    host: { pid: 7 },
    mask,
  };
  return createLog(deps, { file, home: "/home", level });
}

function homeWith(texts: Readonly<Record<string, string>> = {}): FakeFiles {
  const files = createFakeFiles(texts);
  files.directory("/home");
  return files;
}

test("a line tells time, level, what, and fields; blanks and quotes stay inside, secrets outside", async () => {
  const files = homeWith();
  {
    await using log = open(files);
    log.write("info", "turn.completed", { session: "s-1", ms: 12, isDone: true, code: undefined });
    log.write("error", "turn.failed", { message: 'said "sk-secret"\nand left', empty: "" });
    log.write("debug", "item.completed");
  }
  expect(files.text(file)).toBe(
    [
      "2026-01-02T03:04:05.006Z info    turn.completed pid=7 session=s-1 ms=12 isDone=true",
      String.raw`2026-01-02T03:04:05.006Z error   turn.failed pid=7 message="said \"***\"\nand left" empty=""`,
      "",
    ].join("\n"),
  );
  expect(files.modeOf(file)).toBe(0o600);
});

test("a value that is too long is cut", async () => {
  const files = homeWith();
  {
    await using log = open(files);
    log.write("info", "notice", { text: "x".repeat(600) });
  }
  expect(files.text(file)).toEndWith(`text=${JSON.stringify(`${"x".repeat(499)}…`)}\n`);
});

test("only lines of the level and above are written", async () => {
  const files = homeWith();
  {
    await using log = open(files, "error");
    log.write("warning", "retry");
    log.write("error", "turn.failed");
  }
  expect(files.text(file)?.split("\n")).toHaveLength(2);
});

test("a log makes no home", async () => {
  const files = createFakeFiles();
  {
    await using log = open(files);
    log.write("info", "turn.completed");
  }
  expect(files.paths()).toEqual([]);
});

test("a full file is put aside, and the three before it are kept", async () => {
  const aged = { [`${file}.1`]: "one", [`${file}.2`]: "two", [`${file}.3`]: "three" };
  const files = homeWith({ [file]: "x".repeat(full - 10), ...aged });
  {
    await using log = open(files);
    log.write("info", "first");
    log.write("info", "second");
  }
  expect(files.text(file)).toContain("second");
  expect(files.text(file)).not.toContain("first");
  expect(files.text(`${file}.1`)).toContain("first");
  expect([files.text(`${file}.2`), files.text(`${file}.3`)]).toEqual(["one", "two"]);
});

test("what cannot be written fails nothing, and what can be written again is", async () => {
  const files = homeWith();
  {
    await using log = open(files);
    files.fail("appendFile", "/home", "ENOSPC");
    log.write("info", "lost");
  }
  {
    await using log = open(files);
    files.fail("appendFile", "/home", undefined);
    log.write("info", "kept");
  }
  expect(files.text(file)).toContain("kept");
});
