import { expect, test } from "bun:test";
import { createSandbox } from "../sandbox.ts";
import { runNodeProgram } from "./node_program.ts";

/** The server scenarios of the suite's version that is installed: fewer would mean that some were skipped. */
const scenarios = 30;

test("every active server scenario of the public conformance suite passes, with no failure expected", async () => {
  await using sandbox = await createSandbox();
  const server = sandbox.start(["mcp", "serve", "--http", "127.0.0.1:0", "--fixtures"]);
  const told = await server.untilStderr(/Serving MCP at \S+\n/);
  const url = /http:\S+/.exec(told)?.[0] ?? "";
  const { code, stdout } = await runNodeProgram("conformance", ["server", "--url", url], {
    cwd: sandbox.work,
  });
  server.signal("SIGTERM");
  const { code: serverCode, stderr } = await server.ended;
  const passed = stdout.match(/^✓ .+: \d+ passed, 0 failed$/gm) ?? [];
  const failed = stdout.match(/^✗ .*$/gm) ?? [];
  expect([failed, code, passed.length >= scenarios]).toEqual([[], 0, true]);
  expect(stdout).toMatch(/^Total: \d+ passed, 0 failed$/m);
  expect([serverCode, stderr.split("\n").length]).toEqual([0, 3]);
});
