import { expect, test } from "bun:test";
import { newTask } from "../../../../src/cli/commands/cron/add.ts";
import { jobFlags } from "../../../../src/cli/commands/cron/job_flags.ts";
import { parseCommandLine } from "../../../../src/cli/parse_command_line.ts";
import { HermesError } from "../../../../src/core/errors.ts";

const host = { cwd: "/w", homeDirectory: "/home/anna" };

/** What a command makes of its flags; the refusal in words where it makes nothing of them. */
function read(argv: readonly string[]): unknown {
  const parsed = parseCommandLine(["cron", ...argv], () => 80);
  if (parsed.kind !== "call") throw new Error("no call");
  try {
    return jobFlags(parsed.invocation.flags, host);
  } catch (error) {
    if (!(error instanceof HermesError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

test.each<readonly [string, unknown]>([
  ["add 1h x", { task: { withAgent: true } }],
  ["edit a", { task: {} }],
  ["edit a --agent", { task: { withAgent: true } }],
  ["edit a --no-agent", { task: { withAgent: false } }],
  [
    "add 1h x --name n --timezone UTC --deliver local --deliver file:a --repeat 2",
    {
      name: "n",
      timezone: "UTC",
      deliver: [{ kind: "local" }, { kind: "file", path: "/w/a" }],
      repeat: 2,
      task: { withAgent: true },
    },
  ],
  [
    "edit a -m m --provider p --runtime auto -t a,b -t c -s x,y --context-from j --allow *",
    {
      task: {
        model: "m",
        provider: "p",
        runtime: "auto",
        toolsets: ["a", "b", "c"],
        skills: ["x", "y"],
        contextFrom: ["j"],
        allow: ["*"],
      },
    },
  ],
  [
    "edit a --script s.sh --workdir d --deadline 1.5",
    { task: { script: "s.sh", workdir: "/w/d", deadlineMs: 1_500 } },
  ],
  ["edit a --allow=", "usage/invalid: --allow expects a value, it is empty"],
  [
    "edit a --deadline x",
    "usage/invalid: --deadline expects a number between 0.001 and 2147483: x",
  ],
  [
    "edit a --repeat 1.5",
    "usage/invalid: --repeat expects a whole number between 1 and 1000000: 1.5",
  ],
  ["edit a --name=", "usage/invalid: --name expects a value, it is empty"],
])("hermes cron %s", (line, expected) => {
  expect(read(line.split(" "))).toEqual(expected);
});

test("newTask() is whole", () => {
  expect(newTask("x", { task: { withAgent: true, model: "m" } })).toEqual({
    prompt: "x",
    withAgent: true,
    skills: [],
    contextFrom: [],
    allow: [],
    model: "m",
  });
});
