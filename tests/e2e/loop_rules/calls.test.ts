import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as prompts from "../../../src/agent/prompts.ts";
import { missingResult } from "../../../src/agent/repair.ts";
import { startResponsesServer } from "../../fakes/responses_server.ts";
import { callTool, callTools, textAnswer } from "../../fakes/server_steps.ts";
import { configFor, createSandbox, type Sandbox, wireApis } from "../sandbox.ts";
import { runTurn } from "./turn.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const done = textAnswer("Done.");
const bodyOf = (request: { readonly body: unknown } | undefined): string =>
  JSON.stringify(request?.body);
const logged = (): Promise<string> => readFile(join(sandbox.work, "log"), "utf8");

describe.each(wireApis)("over %s", (wireApi) => {
  test("a name that is almost right is the tool that was meant", async () => {
    const names = ["functions.terminal", "Terminal", "terminal_tool"];
    const calls = names.map((name, n) => callTool(name, { command: `echo ${n} >> log` }));
    const run = await runTurn(sandbox, [...calls, done], { wireApi });
    expect([run.code, run.requests.length, await logged()]).toEqual([0, 4, "0\n1\n2\n"]);
  });

  test("slips of the pen in arguments are mended, and the call runs once", async () => {
    const slips = [
      '{"command": "echo a >> log",}',
      '```json\n{"command": "echo b >> log"}\n```',
      '{"command": "echo c >> log"}}}',
      JSON.stringify('{"command": "echo d >> log"}'),
    ];
    const calls = slips.map((text) => callTool("terminal", text));
    const run = await runTurn(sandbox, [...calls, done], { wireApi });
    expect([run.code, run.requests.length, await logged()]).toEqual([0, 5, "a\nb\nc\nd\n"]);
  });

  test("arguments that break off are never completed: nothing runs, and the model is told", async () => {
    const half = callTool("terminal", '{"command": "echo half >> log');
    const run = await runTurn(sandbox, [half, done], { wireApi });
    expect([run.code, run.requests.length, run.results.length]).toEqual([0, 2, 1]);
    expect(run.results[0]).toContain("Nothing was executed");
    expect(await Bun.file(join(sandbox.work, "log")).exists()).toBe(false);
    // What goes back to the model is an object, as every endpoint wants it.
    expect(bodyOf(run.requests[1])).not.toContain("echo half");
  });

  test("arguments that nobody can read end the turn at the fourth time", async () => {
    const noise = callTool("terminal", "command: echo x >> log}");
    const run = await runTurn(sandbox, [noise, noise, noise, noise, done], { wireApi });
    expect([run.code, run.requests.length]).toEqual([1, 4]);
    expect(run.last["error"]).toMatchObject({ code: "model/bad_tool_call" });
    expect(await Bun.file(join(sandbox.work, "log")).exists()).toBe(false);
  });

  test("a call that stays cut is a failure after three continuations, and never runs", async () => {
    const cut = callTools([{ name: "terminal", arguments: '{"command": "echo x >> log' }], {
      incomplete: "max_output_tokens",
    });
    const run = await runTurn(sandbox, [cut, cut, cut, cut, done], { wireApi });
    expect([run.code, run.requests.length]).toEqual([1, 4]);
    expect(run.last["error"]).toMatchObject({ code: "model/truncated" });
    expect(await Bun.file(join(sandbox.work, "log")).exists()).toBe(false);
  });

  test("half of a surrogate pair goes to no endpoint", async () => {
    const half = callTool("terminal", '{"command": "printf \\"%s\\" \\"a\\ud83d\\""}');
    const run = await runTurn(sandbox, [half, done], { wireApi });
    expect([run.code, run.requests.length]).toEqual([0, 2]);
    // Neither as itself nor as an escape within the arguments.
    expect(/u[dD]83[dD]/.test(bodyOf(run.requests[1]).replaceAll("\\", ""))).toBe(false);
  });

  test("a call whose process was killed has a result in the next turn", async () => {
    await using server = await startResponsesServer({
      steps: [callTool("terminal", { command: "echo begun >> log; sleep 60" }), done],
    });
    await sandbox.configure(configFor(server.url, wireApi));
    const run = sandbox.start(["-z", "go", "--json", "--yolo"]);
    await run.until('"type":"tool_call"');
    while (!(await Bun.file(join(sandbox.work, "log")).exists())) await Bun.sleep(10);
    run.signal("SIGKILL");
    await run.ended;
    const later = await sandbox.run(["-z", "go on", "-c"]);
    expect([later.code, later.stdout, server.requests.length]).toEqual([0, "Done.\n", 2]);
    expect(bodyOf(server.requests[1])).toContain(missingResult);
  });

  test("the last step of a turn is a summary without tools; one that says nothing is a failure", async () => {
    const echo = callTool("terminal", { command: "echo hi" });
    const args = ["--max-turns", "2"];
    const summed = await runTurn(sandbox, [echo, echo, textAnswer("So far: hi.")], {
      wireApi,
      args,
    });
    expect([summed.code, summed.requests.length, summed.last["final_text"]]).toEqual([
      0,
      3,
      "So far: hi.",
    ]);
    expect(summed.requests[2]?.body).not.toHaveProperty("tools");
    expect(bodyOf(summed.requests[2])).toContain(prompts.summarizeAtLimit);
    const mute = await runTurn(sandbox, [echo, echo, echo], { wireApi, args });
    expect([mute.code, mute.requests.length]).toEqual([1, 3]);
    expect(mute.last["error"]).toMatchObject({ code: "turn/max_iterations" });
  });
});
