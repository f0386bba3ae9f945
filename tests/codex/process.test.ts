import { expect, test } from "bun:test";
import { findCodex } from "../../src/codex/process.ts";
import { HermesError } from "../../src/core/errors.ts";

const install = "npm install -g @openai/codex, or name it: hermes config set codex.bin PATH";

test.each([
  [{ bin: "codex" }, "is not on PATH: codex", install],
  [
    { bin: "/nowhere/codex", namedBy: "HERMES_CODEX_BIN" },
    "is not there, or cannot be executed: /nowhere/codex",
    "HERMES_CODEX_BIN names it: correct that, or take it away",
  ],
])("findCodex() says where %j was looked for", async (program, problem, hint) => {
  const found = findCodex({ find: () => Promise.resolve(undefined) }, program);
  const error: unknown = await found.catch((reason: unknown) => reason);
  expect(error instanceof HermesError && [error.code, error.message, error.hint]).toEqual([
    "codex/missing",
    `The codex program ${problem}`,
    hint,
  ]);
});
