import { afterEach, beforeEach, expect, test } from "bun:test";
import { isJsonObject, type Json } from "../../../src/core/json.ts";
import { type RecordedRequest, startResponsesServer } from "../../fakes/responses_server.ts";
import { callTools, textAnswer } from "../../fakes/server_steps.ts";
import { checkEvents, configFor, createSandbox, type Sandbox, wireApis } from "../sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

/** Ids of the results in a request, in order. */
function resultIds({ body }: RecordedRequest): readonly Json[] {
  const input = isJsonObject(body) ? (body["input"] ?? body["messages"]) : undefined;
  const items: readonly Json[] = Array.isArray(input) ? input : [];
  return items.flatMap((item) => {
    if (!isJsonObject(item)) return [];
    const isResult = item["type"] === "function_call_output" || item["role"] === "tool";
    return isResult ? [item["call_id"] ?? item["tool_call_id"] ?? null] : [];
  });
}

test.each(wireApis)("over %s every call of an interrupted batch has a result", async (wireApi) => {
  const commands = ["echo done", "echo started; sleep 60", "echo never >> log", "echo no >> log"];
  const calls = commands.map((command, n) => ({
    name: "terminal",
    arguments: { command },
    callId: `call_${n}`,
  }));
  await using server = await startResponsesServer({
    steps: [callTools(calls), textAnswer("Where were we?")],
  });
  await sandbox.configure(configFor(server.url, wireApi));
  const run = sandbox.start(["-z", "go", "--json"]);
  await run.until('"started');
  run.signal("SIGINT");
  const ended = await run.ended;
  expect([ended.code, checkEvents(ended.stdout).type]).toEqual([130, "turn.interrupted"]);
  const later = await sandbox.run(["-z", "go on", "-c"]);
  expect([later.code, server.requests.length]).toEqual([0, 2]);
  const [, second] = server.requests;
  expect(second && resultIds(second)).toEqual(["call_0", "call_1", "call_2", "call_3"]);
  const sent = JSON.stringify(second?.body);
  expect(sent.split("Skipped: the turn was interrupted").length - 1).toBe(2);
  expect(await Bun.file(`${sandbox.work}/log`).exists()).toBe(false);
});
