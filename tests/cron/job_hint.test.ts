import { expect, test } from "bun:test";
import { forJob } from "../../src/cron/job_hint.ts";

const edit = "hermes cron edit 0123456789ab";

test.each([
  [
    "approval/denied",
    "allow it with --allow 'rm -rf *', or everything with --yolo",
    `${edit} --allow 'rm -rf *'`,
  ],
  [
    "turn/max_iterations",
    "allow more steps with --max-turns, or go on with hermes -c",
    "allow more steps with hermes config set agent.max_turns N, or ask for less at once",
  ],
  [
    "model/empty_answer",
    "try again, or choose another model with --model",
    `try again, or choose another model with ${edit} --model`,
  ],
  [
    "usage/invalid",
    "choose one that is there with --workdir DIR",
    `choose one that is there with ${edit} --workdir DIR`,
  ],
  [
    "usage/invalid",
    "choose another one with --cwd",
    `choose another one with ${edit} --workdir DIR`,
  ],
  [
    "usage/invalid",
    "choose --provider openai-codex, or leave --runtime away",
    `${edit} --provider openai-codex, or ${edit} --clear-runtime`,
  ],
  ["auth/missing", "set OPENAI_API_KEY", "set OPENAI_API_KEY"],
] as const)("what fixes %s is said for a job", (code, hint, expected) => {
  const error = { code, message: "It failed" };
  expect(forJob({ id: "0123456789ab" }, { ...error, hint })).toEqual({ ...error, hint: expected });
});

test("where nothing is known to fix it, nothing is said", () => {
  const error = { code: "model/server_error", message: "It failed" } as const;
  expect(forJob({ id: "0123456789ab" }, error)).toEqual(error);
});
