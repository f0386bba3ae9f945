/** What a migration is for: the codex that a person starts has the servers of hermes's home. */
import { expect } from "bun:test";
import { spawn } from "node:child_process";
import { callsMcp, mcpServerName } from "../../fakes/codex_cases.ts";
import { mcpServerCommand } from "../../fakes/mcp_server_main.ts";
import { textAnswer } from "../../fakes/server_steps.ts";
import type { Ended } from "../sandbox.ts";
import { type CodexLab, onEveryCodex, openLab } from "./sandbox.ts";

const done = textAnswer("All done.", { phase: "final_answer" });

function execCodex({ codex, home }: CodexLab, prompt: string): Promise<Ended> {
  const child = spawn(codex.path, ["exec", "--skip-git-repo-check", "--json", prompt], {
    cwd: home.work,
    env: home.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((ended) => {
    child.once("close", (code) => {
      ended({ code: code ?? -1, stdout, stderr });
    });
  });
}

onEveryCodex("plain codex exec uses a server that was migrated", async (codex) => {
  await using lab = await openLab(codex, {
    steps: [callsMcp(codex.version, "read", { text: "a page" }), done],
  });
  const { command, args } = mcpServerCommand;
  const server = { command, args, env: { MODE: "fast" }, connect_timeout: 10 };
  const settings = {
    mcp_servers: { [mcpServerName]: server },
    codex: { expose_hermes_tools: false },
  };
  await lab.hermes.configure(JSON.stringify(settings));
  const before = await lab.home.readConfig();
  expect((await lab.run(["codex", "migrate"])).code).toBe(0);
  const { code, stdout } = await execCodex(lab, "Read it");
  const calls = stdout
    .split("\n")
    .filter((line) => line.includes('"mcp_tool_call"') && line.includes("item.completed"));
  expect({ code, calls: calls.length, isAnswered: calls[0]?.includes("a page") }).toEqual({
    code: 0,
    calls: 1,
    isAnswered: true,
  });
  expect((await lab.run(["codex", "unmigrate"])).code).toBe(0);
  const after = await lab.home.readConfig();
  // 0.130 itself notes the directory that it worked in.
  expect(after).toStartWith(before);
  expect(after).not.toContain("mcp_servers");
});

onEveryCodex("a turn of hermes runs on a codex whose configuration was migrated", async (codex) => {
  await using lab = await openLab(codex, { steps: [done] });
  await lab.hermes.configure('mcp_servers: {"lab-2": {command: "true"}}\n');
  expect((await lab.run(["codex", "migrate"])).code).toBe(0);
  await lab.replaceConfig(await lab.home.readConfig());
  const { code, last } = await lab.turn("Hi");
  expect([code, last.type]).toEqual([0, "turn.completed"]);
  const status = await lab.run(["codex", "status", "--json"]);
  expect(JSON.parse(status.stdout)).toMatchObject({
    ok: true,
    config_file: lab.home.configFile,
    migrated_servers: ["hermes-tools", "lab-2"],
  });
});
