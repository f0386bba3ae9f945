import { describe, expect, test } from "bun:test";
import {
  backgroundProblem,
  foregroundProblem,
} from "../../../src/tools/shell/foreground_problem.ts";

describe("foregroundProblem()", () => {
  const refused = [
    "nohup make",
    "make & disown",
    "setsid make",
    "make &",
    "cd x && make &",
    "npm run dev",
    "cd app && npx vite",
    "vite dev",
    "python3 -m http.server 8000",
    "tail -f log",
    "uvicorn app:app --reload",
    "PORT=1 next dev",
  ];
  const accepted = [
    "make",
    "make & wait",
    "server & sleep 1; curl localhost",
    "echo 'make &'",
    "echo nohup",
    "man nohup",
    "vite build",
    "npm run dev -- --help",
    "npm run build",
    "npm test",
    "a && b",
    "cmd 2>&1",
    "tail -n 5 log",
    "echo a &> file",
  ];
  for (const command of refused) {
    test(`foregroundProblem() refuses ${JSON.stringify(command)} with advice`, () => {
      expect(foregroundProblem(command)).toContain("background=true");
    });
  }
  for (const command of accepted) {
    test(`foregroundProblem() accepts ${JSON.stringify(command)}`, () => {
      expect(foregroundProblem(command)).toBeUndefined();
    });
  }
});

test("backgroundProblem() refuses what would escape, and takes servers", () => {
  expect(backgroundProblem("npm run dev")).toBeUndefined();
  expect(backgroundProblem("npm run dev &")).toContain("without &");
  expect(backgroundProblem("nohup npm run dev")).toContain("without nohup");
});
