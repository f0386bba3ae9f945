import { describe, expect, test } from "bun:test";
import { queryRun } from "../../../src/cli/commands/chat.ts";
import { modelListOptions } from "../../../src/cli/commands/model/list.ts";
import { modelChoice } from "../../../src/cli/commands/model/set.ts";
import { oneshotRun } from "../../../src/cli/commands/oneshot.ts";
import { exportOptions } from "../../../src/cli/commands/sessions/export.ts";
import { listOptions } from "../../../src/cli/commands/sessions/list.ts";
import { pruneOptions } from "../../../src/cli/commands/sessions/prune.ts";
import type { FlagValues } from "../../../src/cli/flags.ts";
import { parseCommandLine } from "../../../src/cli/parse_command_line.ts";
import { turnOptions } from "../../../src/cli/turn_options.ts";
import { HermesError } from "../../../src/core/errors.ts";

/** What a command makes of its flags and operands; the refusal in words where it makes nothing of them. */
function optionsOf(
  argv: readonly string[],
  read: (flags: FlagValues, operands: readonly string[]) => unknown,
): unknown {
  const parsed = parseCommandLine(argv, () => 80);
  if (parsed.kind !== "call") throw new Error("no call");
  try {
    return read(parsed.invocation.flags, parsed.invocation.operands);
  } catch (error) {
    if (!(error instanceof HermesError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

type Table = readonly (readonly [string, unknown])[];

const words = (line: string): readonly string[] => (line === "" ? [] : line.split(" "));

describe("the turn of hermes", () => {
  const options = turnOptions({}, "/w");
  const oneshot = { source: "oneshot", asks: false, options };
  const query = { source: "cli", asks: true, options };

  test.each<readonly [readonly string[], unknown]>([
    [["-z", "hi"], { ...oneshot, prompt: "hi" }],
    [["-z", "-"], { ...oneshot, prompt: "-" }],
    [["-z"], { ...oneshot, prompt: undefined }],
    [["-z", "hi", "-m", "m2"], { ...oneshot, prompt: "hi", options: { ...options, model: "m2" } }],
    [["-z", " "], "usage/invalid: The prompt is empty"],
  ])("%j", (argv, expected) => {
    expect(optionsOf(argv, (flags) => oneshotRun(flags, "/w"))).toEqual(expected);
  });

  test.each<readonly [readonly string[], unknown]>([
    [["chat", "-q", "hi"], { ...query, prompt: "hi" }],
    [["chat", "-q", "-"], { ...query, prompt: "-" }],
    [["chat", "-q", ""], "usage/invalid: The prompt is empty"],
  ])("%j", (argv, expected) => {
    expect(optionsOf(argv, (flags) => queryRun(flags, "/w"))).toEqual(expected);
  });
});

test.each<Table[number]>([
  ["", { limit: 20, json: false }],
  ["-n 3 --source cron --json", { limit: 3, source: "cron", json: true }],
  ["-n 0", "usage/invalid: --limit expects a whole number between 1 and 1000000: 0"],
  ["--source=", "usage/invalid: --source expects a value, it is empty"],
])("hermes sessions list %s", (line, expected) => {
  expect(optionsOf(["sessions", "list", ...words(line)], listOptions)).toEqual(expected);
});

test.each<Table[number]>([
  ["", { dryRun: false, yes: false }],
  ["--older-than 1.5 --dry-run", { days: 1.5, dryRun: true, yes: false }],
  ["--older-than 0 -y", { days: 0, dryRun: false, yes: true }],
  ["--older-than=-1", "usage/invalid: --older-than expects a number between 0 and 36500: -1"],
])("hermes sessions prune %s", (line, expected) => {
  expect(optionsOf(["sessions", "prune", ...words(line)], pruneOptions)).toEqual(expected);
});

test.each<Table[number]>([
  ["", { format: "jsonl" }],
  ["-f json", { format: "json" }],
  ["-o talk.MD", { format: "markdown", file: "/w/talk.MD" }],
  ["-o /else/talk.markdown", { format: "markdown", file: "/else/talk.markdown" }],
  ["-o talk.json", { format: "json", file: "/w/talk.json" }],
  ["-o talk.txt", { format: "jsonl", file: "/w/talk.txt" }],
  ["-o talk.md -f jsonl", { format: "jsonl", file: "/w/talk.md" }],
  ["-f md", { format: "markdown" }],
  ["-o - -f md", { format: "markdown" }],
  ["-o talk.html", { format: "html", file: "/w/talk.html" }],
  ["-f pdf", "usage/invalid: --format expects one of jsonl, json, markdown, md, html: pdf"],
  ["--output=", "usage/invalid: --output expects a value, it is empty"],
])("hermes sessions export ID %s", (line, expected) => {
  const argv = ["sessions", "export", "ID", ...words(line)];
  expect(optionsOf(argv, (flags) => exportOptions(flags, "/w"))).toEqual(expected);
});

test.each<Table[number]>([
  ["", { flags: {}, json: false }],
  ["--provider xai --json", { flags: { provider: "xai" }, json: true }],
  ["--provider=", "usage/invalid: --provider expects a value, it is empty"],
])("hermes model list %s", (line, expected) => {
  expect(optionsOf(["model", "list", ...words(line)], modelListOptions)).toEqual(expected);
});

test.each<Table[number]>([
  ["m2", { model: "m2" }],
  ["m2 --provider openai", { model: "m2", provider: "openai" }],
  ["m2 --base-url http://127.0.0.1:1/v1", { model: "m2", baseUrl: "http://127.0.0.1:1/v1" }],
  ["m2 --provider=", "usage/invalid: --provider expects a value, it is empty"],
])("hermes model set %s", (line, expected) => {
  expect(optionsOf(["model", "set", ...words(line)], modelChoice)).toEqual(expected);
});

test("hermes model set takes no empty model", () => {
  expect(optionsOf(["model", "set", " "], modelChoice)).toBe("usage/invalid: The model is empty");
});
