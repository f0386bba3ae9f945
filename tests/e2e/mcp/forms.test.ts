/** Forms of MCP servers, filled in at a terminal. */
import { expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startResponsesServer } from "../../fakes/responses_server.ts";
import { callTool, textAnswer } from "../../fakes/server_steps.ts";
import { binary, configFor, createSandbox, startChat } from "../sandbox.ts";
import { onlySession } from "../stored_session.ts";
import { leave } from "../terminal_chat.ts";
import { readMcpResult } from "./results.ts";

/** A field, the last that is shown of its question, and what is typed. */
const answers = [
  ["untitledSingle (optional)", "something else", "2"],
  ["titledSingle (optional)", "something else", "1"],
  ["legacyEnum (optional)", "something else", "4"],
  ["untitledMulti (optional)", "? ", "1, option3\r"],
  ["titledMulti (optional)", "? ", "-\r"],
] as const;

test("a person fills in each kind of choice that a server may ask for", async () => {
  await using sandbox = await createSandbox();
  const steps = [callTool("mcp_fx_test_elicitation_sep1330_enums", {}), textAnswer("It is done.")];
  await using server = await startResponsesServer({ steps });
  const fx = { command: binary, args: ["mcp", "serve", "--fixtures"] };
  await sandbox.configure(`${configFor(server.url)}mcp_servers: ${JSON.stringify({ fx })}\n`);
  await using chat = await startChat(sandbox, ["--yolo"]);
  chat.type("go\r");
  for (const [field, end, typed] of answers) {
    await chat.untilShown(field);
    await chat.untilShown(end);
    // Keys count only when nobody has typed for 400 ms, so that they are meant.
    await sleep(450);
    chat.type(typed);
  }
  await chat.untilShown("It is done.");
  await leave(chat);
  const items = await onlySession((args) => sandbox.run(args));
  const results = items.flatMap(({ type, output }) =>
    type === "tool_result" && typeof output === "string" ? [readMcpResult(output).result] : [],
  );
  const content = { untitledSingle: "option2", titledSingle: "value1" };
  const filled = JSON.stringify({ ...content, untitledMulti: ["option1", "option3"] });
  expect(results).toEqual([`Elicitation completed: action=accept, content=${filled}`]);
});
