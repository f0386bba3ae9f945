/** What a migration is for: the codex that a person starts has the servers of hermes's home. */
import { expect } from "bun:test";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ownServerName } from "../../../src/codex/own_server.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../../src/core/json.ts";
import type { CodexBinary } from "../../fakes/codex_binaries.ts";
import { callsMcp, mcpServerName } from "../../fakes/codex_cases.ts";
import { mcpServerCommand } from "../../fakes/mcp_server_main.ts";
import { type AnswerStep, textAnswer } from "../../fakes/server_steps.ts";
import { configFor, type Ended } from "../sandbox.ts";
import { type CodexLab, onEveryCodex, openLab } from "./sandbox.ts";

const done = textAnswer("All done.", { phase: "final_answer" });

function execCodex(
  { codex, home }: CodexLab,
  prompt: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawn(codex.path, ["exec", "--skip-git-repo-check", "--json", prompt], {
    cwd: home.work,
    env: { ...home.env, ...env },
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

/** The finished calls of tools of MCP servers. */
function callsIn(stdout: string): readonly JsonObject[] {
  return stdout.split("\n").flatMap((line) => {
    const event = parseJson(line);
    const item = isJsonObject(event) && event["type"] === "item.completed" ? event["item"] : null;
    return isJsonObject(item) && item["type"] === "mcp_tool_call" ? [item] : [];
  });
}

function callsOurs(codex: CodexBinary, name: string, input: JsonObject): AnswerStep {
  return callsMcp(codex.version, name, input, ownServerName);
}

/** What is noted in a home of hermes. */
function notesIn(home: string): Promise<string> {
  return readFile(join(home, "memories", "MEMORY.md"), "utf8");
}

const fact = { action: "add", target: "memory", content: "This project is built with just" };

onEveryCodex(
  "plain codex exec remembers and searches in the home that was migrated",
  async (codex) => {
    await using lab = await openLab(codex, {
      steps: [
        textAnswer("Noted: the walrus is called Olga."),
        callsOurs(codex, "memory", fact),
        callsOurs(codex, "session_search", { query: "walrus" }),
        done,
        textAnswer("With just."),
      ],
    });
    await lab.hermes.configure(configFor(lab.server.url));
    await lab.run(["-z", "The walrus is called Olga"]);
    expect((await lab.run(["codex", "migrate"])).code).toBe(0);

    // Nothing in its environment names the home.
    const { code, stdout } = await execCodex(lab, "Remember how it is built");
    const calls = callsIn(stdout);
    expect([code, calls.map(({ server, tool, status }) => [server, tool, status])]).toEqual([
      0,
      [
        [ownServerName, "memory", "completed"],
        [ownServerName, "session_search", "completed"],
      ],
    ]);
    expect(JSON.stringify(calls[1]?.["result"])).toContain("the walrus is called Olga");
    expect(await notesIn(lab.hermes.home)).toBe(fact.content);

    const next = await lab.run(["-z", "How is it built?"]);
    expect([next.code, next.stdout]).toEqual([0, "With just.\n"]);
    expect(JSON.stringify(lab.server.requests.at(-1)?.body ?? null)).toContain(fact.content);
  },
);

onEveryCodex(
  "plain codex exec remembers in the usual home, or in the one that its environment names",
  async (codex) => {
    const remembers = callsOurs(codex, "memory", fact);
    await using lab = await openLab(codex, { steps: [remembers, done, remembers, done] });
    const usual = join(lab.home.root, "home", ".hermes");
    const migrated = await lab.run(["codex", "migrate"], { env: { HERMES_HOME: usual } });
    expect(migrated.code).toBe(0);
    expect((await execCodex(lab, "Remember it")).code).toBe(0);
    expect(await notesIn(usual)).toBe(fact.content);
    const named = join(lab.home.root, "named");
    expect((await execCodex(lab, "Remember it", { HERMES_HOME: named })).code).toBe(0);
    expect(await notesIn(named)).toBe(fact.content);
  },
);

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
  const calls = callsIn(stdout);
  expect({
    code,
    calls: calls.length,
    isAnswered: JSON.stringify(calls[0]?.["result"]).includes("a page"),
  }).toEqual({
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
