import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { oddServerCommand } from "../../fakes/odd_mcp_server_main.ts";
import { startResponsesServer } from "../../fakes/responses_server.ts";
import { callTool, textAnswer } from "../../fakes/server_steps.ts";
import { configFor, createSandbox, startChat } from "../sandbox.ts";

test("at a terminal a tool that acts is asked for, always allowed, and its server's form is asked", async () => {
  await using sandbox = await createSandbox();
  await using server = await startResponsesServer({
    steps: [
      callTool("mcp_s_write", { text: "a" }),
      callTool("mcp_s_ask", {}),
      textAnswer("All done."),
      callTool("mcp_s_write", { text: "b" }),
      textAnswer("Once more."),
    ],
  });
  const line = JSON.stringify(oddServerCommand("plain"));
  await sandbox.configure(`${configFor(server.url)}mcp_servers:\n  s: ${line}\n`);
  await using chat = await startChat(sandbox);
  chat.type("write it\r");
  await chat.untilShown("write of MCP server s");
  await chat.untilShown("no answer within 59 s");
  chat.type("a");
  await chat.untilShown("ask of MCP server s");
  await chat.untilShown("no answer within 59 s");
  chat.type("o");
  await chat.untilShown("How big?");
  // Keys count as an answer only after a pause, so that what was typed ahead answers nothing.
  await Bun.sleep(450);
  chat.type("7\r");
  await chat.untilShown("All done.");
  chat.type("again\r");
  await chat.untilShown("Once more.");
  chat.type("/quit\r");
  expect(await chat.exited).toBe(0);
  expect(await readFile(join(sandbox.home, "config.yaml"), "utf8")).toContain("mcp s write");
  const asked = JSON.stringify(server.requests.at(2)?.body);
  expect(asked).toContain(String.raw`\"action\":\"accept\",\"content\":{\"size\":7}`);
});
