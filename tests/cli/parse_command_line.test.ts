import { expect, test } from "bun:test";
import { parseCommandLine } from "../../src/cli/parse_command_line.ts";
import { HermesError } from "../../src/core/errors.ts";

/** What a command line comes to, as one comparable value. */
function parse(...argv: readonly string[]): unknown {
  try {
    const parsed = parseCommandLine(argv, () => 80);
    if (parsed.kind !== "call") return parsed.kind;
    const { leaf, flags, operands } = parsed.invocation;
    return [leaf.path, { ...flags }, operands];
  } catch (error) {
    if (!(error instanceof HermesError)) throw error;
    return `${error.code}: ${error.message} | ${error.hint}`;
  }
}

test.each<readonly [readonly string[], unknown]>([
  [[], ["chat", {}, []]],
  [["-c"], ["chat", { continue: true }, []]],
  [
    ["chat", "-q", "hi", "--json"],
    ["chat", { query: "hi", json: true }, []],
  ],
  [
    ["-z", "hi"],
    ["-z", { oneshot: "hi" }, []],
  ],
  [["-z"], ["-z", { oneshot: true }, []]],
  [
    ["-z", "-"],
    ["-z", { oneshot: "-" }, []],
  ],
  [
    ["-z", ""],
    ["-z", { oneshot: "" }, []],
  ],
  [
    ["--json", "-z", "--quiet"],
    ["-z", { json: true, oneshot: true, quiet: true }, []],
  ],
  [
    ["-z", "sessions"],
    ["-z", { oneshot: "sessions" }, []],
  ],
  [
    ["-z", "hi", "--image", "a", "--image", "b", "--allow", "x", "-t", "a,b", "-t", "c"],
    ["-z", { oneshot: "hi", image: ["a", "b"], allow: ["x"], toolsets: ["a,b", "c"] }, []],
  ],
  [
    ["sessions", "rename", "a", "b", "c"],
    ["sessions rename", {}, ["a", "b", "c"]],
  ],
  [
    ["memory", "reset", "user", "-y"],
    ["memory reset", { yes: true }, ["user"]],
  ],
  [
    ["skills", "view", "deploy", "references/a.md", "--json"],
    ["skills view", { json: true }, ["deploy", "references/a.md"]],
  ],
  [
    ["sessions", "list", "-n", "3", "--json"],
    ["sessions list", { limit: "3", json: true }, []],
  ],
  [["model"], ["model choose", {}, []]],
  [
    ["model", "--provider", "x"],
    ["model choose", { provider: "x" }, []],
  ],
  [
    ["config", "set", "a.b", "-5"],
    ["config set", {}, ["a.b", "-5"]],
  ],
  [
    ["--profile", "p", "--set", "a=1", "sessions", "list", "--set", "b=2"],
    ["sessions list", { profile: "p", set: ["a=1", "b=2"] }, []],
  ],
  [
    ["-m", "outer", "chat", "-m", "inner"],
    ["chat", { model: "inner" }, []],
  ],
  [["--version"], "version"],
  [["-V"], "version"],
  [["--debug", "--version"], "version"],
  [["--help"], "help"],
  [["help"], "help"],
  [["help", "sessions"], "help"],
  [["sessions", "list", "--help"], "help"],
  [["-z", "--version"], "version"],
])("parseCommandLine(%j)", (argv, expected) => {
  expect(parse(...argv)).toEqual(expected);
});

test.each<readonly [string, unknown]>([
  ["- one\n- two", "- one\n- two"],
  ["--json is broken, why?", "--json is broken, why?"],
  ["-5 degrees", "-5 degrees"],
])("parseCommandLine() takes text with blanks after -z as the prompt: %j", (prompt, expected) => {
  expect(parse("-z", prompt, "--json")).toEqual(["-z", { oneshot: expected, json: true }, []]);
});

test("parseCommandLine() does not take a flag with blanks in its value for a prompt", () => {
  expect(parse("-z", "--model=a b")).toEqual(["-z", { oneshot: true, model: "a b" }, []]);
});

test.each<readonly [readonly string[], string]>([
  [["--jsn"], "usage/invalid: Unknown option '--jsn' | did you mean --json?"],
  [
    ["sesions"],
    "usage/invalid: Unknown command: sesions | did you mean hermes sessions? to send a prompt: hermes -z 'PROMPT'",
  ],
  [
    ["hello world"],
    "usage/invalid: Unknown command: hello world | to send a prompt: hermes -z 'PROMPT'",
  ],
  [
    ["mcp", "help", "ad"],
    "usage/invalid: hermes mcp has no command ad, only list, add, remove, test, login, serve | did you mean add?",
  ],
  [
    ["codex", "help", "nothing"],
    "usage/invalid: hermes codex has no command nothing, only status, enable, disable, migrate, unmigrate | hermes codex --help tells what there is",
  ],
  [
    ["tools", "list"],
    "usage/invalid: Unknown command: tools | type /tools in a session: hermes; to send a prompt: hermes -z 'PROMPT'",
  ],
  [["sessions", "lst"], "usage/invalid: Unknown command 'lst' | did you mean list?"],
  [["sessions", "list", "--jsno"], "usage/invalid: Unknown option '--jsno' | did you mean --json?"],
  [
    ["-z", "x", "y"],
    "usage/invalid: Unexpected argument after the prompt: y | put the prompt in quotes",
  ],
  [
    ["chat", "hi"],
    "usage/invalid: Unexpected argument: hi | to send a prompt: hermes chat -q 'PROMPT'",
  ],
  [
    ["--model", "x", "sessions", "list"],
    "usage/invalid: --model does not apply to hermes sessions list | leave --model out",
  ],
  [
    ["sessions", "show"],
    "usage/invalid: Missing required argument 'session' | hermes sessions show --help tells what there is",
  ],
  [
    ["sessions"],
    "usage/invalid: hermes sessions needs a command: list, show, search, export, rename, rewind, branch, delete, prune | hermes sessions --help tells what there is",
  ],
  [
    ["help", "nope"],
    "usage/invalid: hermes has no command nope, only chat, sessions, memory, skills, auth, model, config, codex, mcp, cron, doctor, demo, completion | hermes --help tells what there is",
  ],
  [
    ["codex", "stauts"],
    "usage/invalid: hermes codex has no command stauts, only status, enable, disable, migrate, unmigrate | did you mean status?",
  ],
  [
    ["model", "lst"],
    "usage/invalid: hermes model has no command lst, only choose, list, set | did you mean list?",
  ],
  [
    ["--model"],
    "usage/invalid: Option '-m, --model <id>' argument missing | hermes --help tells what there is",
  ],
])("parseCommandLine() refuses %j", (argv, expected) => {
  expect(parse(...argv)).toEqual(expected);
});

test("parseCommandLine() shows the help of every command within the width", () => {
  const paths = [[], ["chat"], ["sessions", "export"], ["config", "set"], ["completion"]];
  for (const path of paths) {
    const parsed = parseCommandLine([...path, "--help"], () => 80);
    if (parsed.kind !== "help") throw new Error("no help");
    expect(parsed.text.startsWith(`Usage: hermes`)).toBe(true);
    expect(parsed.text.split("\n").filter((line) => line.length > 80)).toEqual([]);
  }
});
