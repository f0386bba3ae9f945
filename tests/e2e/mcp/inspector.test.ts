import { afterEach, beforeEach, expect, test } from "bun:test";
import { binary, createSandbox, type Sandbox } from "../sandbox.ts";
import { runNodeProgram } from "./node_program.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
});

/** What the Inspector prints of one method of our server over stdio. */
async function inspect(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runNodeProgram(
    "mcp-inspector",
    ["--cli", "-e", `HERMES_HOME=${sandbox.home}`, binary, "mcp", "serve", ...args],
    { cwd: sandbox.work },
  );
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

test("the Inspector lists our tools over stdio", async () => {
  expect(await inspect("--method", "tools/list")).toMatchObject({
    tools: expect.arrayContaining([
      expect.objectContaining({
        name: "todo",
        inputSchema: expect.objectContaining({ type: "object" }),
        annotations: expect.objectContaining({ readOnlyHint: true }),
      }),
    ]),
  });
});

test("the Inspector calls a tool over stdio", async () => {
  const result = await inspect(
    ...["--method", "tools/call", "--tool-name", "todo"],
    ...["--tool-arg", 'todos=[{"id":"a","content":"Look"}]'],
  );
  expect(result).toMatchObject({
    isError: false,
    structuredContent: { todos: [{ id: "a", content: "Look", status: "pending" }] },
  });
});
