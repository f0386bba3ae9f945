import { expect, test } from "bun:test";
import { parseCommandLine } from "../../src/cli/parse_command_line.ts";
import { conversationOptions, turnOptions } from "../../src/cli/turn_options.ts";
import { HermesError } from "../../src/core/errors.ts";

/** Options of `hermes -z hi` with these flags, started in /project. */
function options(...flags: readonly string[]): unknown {
  const parsed = parseCommandLine(["-z", "hi", ...flags], () => 80);
  if (parsed.kind !== "call") throw new Error("no call");
  try {
    return turnOptions(parsed.invocation.flags, "/project");
  } catch (error) {
    if (!(error instanceof HermesError)) throw error;
    return `${error.code}: ${error.message} | ${error.hint}`;
  }
}

const base = {
  requireMcp: [],
  images: [],
  allow: [],
  cwd: "/project",
  ephemeral: false,
  json: false,
  quiet: false,
  verbose: false,
  debug: false,
};

test.each<readonly [readonly string[], object]>([
  [[], {}],
  [["-m", "gpt-5.5"], { model: "gpt-5.5" }],
  [["--provider", "openai"], { provider: "openai" }],
  [["--base-url", "http://127.0.0.1:1/v1"], { baseUrl: "http://127.0.0.1:1/v1" }],
  [["--runtime", "auto"], { runtime: "auto" }],
  [["--runtime", "codex_app_server"], { runtime: "codex_app_server" }],
  [["-c"], { resume: { kind: "latest" } }],
  [["-r", "my talk"], { resume: { kind: "named", idOrTitle: "my talk" } }],
  [["-t", "files, todo", "-t", "files"], { toolsets: ["files", "todo"] }],
  [["-t", ""], { toolsets: [] }],
  [["-s", "deploy, ask", "--skills", "ask"], { skills: ["deploy", "ask"] }],
  [["--image", "a.png", "--image", "/b.png"], { images: ["/project/a.png", "/b.png"] }],
  [["--max-turns", "3"], { maxSteps: 3 }],
  [["--deadline", "1.5"], { deadlineMs: 1_500 }],
  [["--approval", "ask"], { approval: "ask" }],
  [["--yolo"], { approval: "yolo" }],
  [["--yolo", "--approval", "yolo"], { approval: "yolo" }],
  [["--allow", "git *", "--allow", "ls"], { allow: ["git *", "ls"] }],
  [["--cwd", "sub/../dir"], { cwd: "/project/dir" }],
  [["-o", "out.txt"], { lastMessageFile: "/project/out.txt" }],
  [["--cwd", "/else", "-o", "out.txt"], { cwd: "/else", lastMessageFile: "/project/out.txt" }],
  [["--output-schema", "s.json"], { outputSchemaFile: "/project/s.json" }],
  [
    ["--ephemeral", "--json", "--quiet", "-v", "--debug"],
    {
      ephemeral: true,
      json: true,
      quiet: true,
      verbose: true,
      debug: true,
    },
  ],
  [["--record", "r.jsonl"], { record: "/project/r.jsonl" }],
  [["--replay", "r.jsonl"], { replay: "/project/r.jsonl" }],
])("turnOptions(%j)", (flags, expected) => {
  expect(options(...flags)).toEqual({ ...base, ...expected });
});

test.each<readonly [readonly string[], string]>([
  [
    ["-c", "-r", "x"],
    "usage/invalid: --continue and --resume exclude one another | leave --continue or --resume out",
  ],
  [
    ["--ephemeral", "-c"],
    "usage/invalid: --ephemeral and --continue exclude one another | leave --ephemeral or --continue out",
  ],
  [
    ["--record", "a", "--replay", "b"],
    "usage/invalid: --record and --replay exclude one another | leave --record or --replay out",
  ],
  [
    ["--runtime", "loop"],
    "usage/invalid: --runtime expects one of auto, codex_app_server: loop | pass one of auto, codex_app_server",
  ],
  [
    ["--base-url", "localhost:8080"],
    "usage/invalid: --base-url expects an http or https address: localhost:8080 | for example --base-url http://127.0.0.1:11434/v1",
  ],
  [
    ["--max-turns", "0"],
    "usage/invalid: --max-turns expects a whole number between 1 and 100000: 0 | pass a whole number between 1 and 100000",
  ],
  [
    ["--deadline", "soon"],
    "usage/invalid: --deadline expects a number between 0.001 and 2147483: soon | pass a number between 0.001 and 2147483",
  ],
  [
    ["--approval", "dney"],
    "usage/invalid: --approval expects one of ask, smart, deny, yolo: dney | did you mean deny?",
  ],
  [
    ["--yolo", "--approval", "deny"],
    "usage/invalid: --yolo contradicts --approval deny | leave one of them out",
  ],
  [["-m", ""], "usage/invalid: --model expects a value, it is empty | leave --model out"],
])("turnOptions() refuses %j", (flags, expected) => {
  expect(options(...flags)).toBe(expected);
});

test("conversationOptions() hands on what flags decide", () => {
  expect(
    conversationOptions({
      ...base,
      model: "m",
      resume: { kind: "latest" },
      toolsets: ["files"],
      maxSteps: 4,
      replay: "/r.jsonl",
    }),
  ).toEqual({
    cwd: "/project",
    model: "m",
    resume: { kind: "latest" },
    toolsets: ["files"],
    maxSteps: 4,
    ephemeral: false,
    allow: [],
    replay: { kind: "file", path: "/r.jsonl" },
  });
});
