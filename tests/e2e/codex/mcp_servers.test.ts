import { expect } from "bun:test";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CodexBinary } from "../../fakes/codex_binaries.ts";
import { callsMcp, mcpServerName, runs } from "../../fakes/codex_cases.ts";
import { startMcpHttpServer } from "../../fakes/mcp_http_server.ts";
import { hashOf, mcpServerCommand } from "../../fakes/mcp_server_main.ts";
import type { StepSource } from "../../fakes/responses_server.ts";
import { textAnswer } from "../../fakes/server_steps.ts";
import { type CodexLab, onEveryCodex, openLab, said, type Situation, used } from "./sandbox.ts";

const done = textAnswer("All done.", { phase: "final_answer" });
const secret = "a-secret-that-nobody-else-has-4711";

/** A hermes that has MCP servers, on a codex that does not know them. */
async function labWith(
  codex: CodexBinary,
  servers: Readonly<Record<string, unknown>>,
  situation: Partial<Situation> & { readonly steps: readonly StepSource[] },
): Promise<CodexLab> {
  const lab = await openLab(codex, situation);
  await lab.hermes.configure(JSON.stringify({ mcp_servers: servers }));
  await writeFile(join(lab.hermes.home, ".env"), `LAB_TOKEN=${secret}\n`, { mode: 0o600 });
  return lab;
}

/** Files below a directory that hold a text. */
async function filesWith(directory: string, text: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        return (await readFile(path)).includes(text) ? [path] : [];
      }),
  );
  return found.flat();
}

function noticesOf(events: readonly { readonly type: string }[]): readonly unknown[] {
  return events
    .filter(({ type }) => type === "notice")
    .map((event) => ("text" in event ? event.text : event));
}

onEveryCodex("a server of the user's has its secret, and nobody else has", async (codex) => {
  const env = { LAB_TOKEN: "${LAB_TOKEN}", LEVEL: "3" };
  const lookUp = (name: string) => callsMcp(codex.version, "variable", { text: name });
  await using lab = await labWith(
    codex,
    { lab: { ...mcpServerCommand, env } },
    {
      steps: [
        lookUp("LAB_TOKEN"),
        lookUp("LEVEL"),
        // 0.130 would keep its environment in a file for its commands.
        runs(
          '{ printenv LAB_TOKEN || echo no such thing; grep -rls nobody-else-has "$CODEX_HOME/shell_snapshots"; } > found.txt',
        ),
        done,
      ],
    },
  );
  const { code, items, events } = await lab.turn("Look around");
  const seen = (value: string) => JSON.stringify({ sha256: hashOf(value), inArguments: 0 });
  expect([code, noticesOf(events), items.slice(0, 2)]).toEqual([
    0,
    [],
    [...used("mcp_lab_variable", { text: "LAB_TOKEN" }, seen(secret))],
  ]);
  expect(items[3]).toMatchObject({ output: expect.stringContaining(hashOf("3")) });
  expect(await readFile(join(lab.home.work, "found.txt"), "utf8")).toBe("no such thing\n");
  expect(await filesWith(lab.home.root, secret)).toEqual([]);
  expect(await filesWith(lab.hermes.root, secret)).toEqual([join(lab.hermes.home, ".env")]);
});

onEveryCodex("a server on the web gets its token", async (codex) => {
  await using server = await startMcpHttpServer({
    requires: ["authorization", `Bearer ${secret}`],
  });
  await using lab = await labWith(
    codex,
    { lab: { url: server.url, headers: { Authorization: "Bearer ${LAB_TOKEN}" } } },
    { steps: [callsMcp(codex.version, "read", { text: "a page" }), done] },
  );
  const { code, items, events } = await lab.turn("Read it");
  expect([code, noticesOf(events), items]).toEqual([
    0,
    [],
    [...used("mcp_lab_read", { text: "a page" }, 'read {"text":"a page"}'), said("All done.")],
  ]);
  expect(await filesWith(lab.home.root, secret)).toEqual([]);
});

onEveryCodex("servers that cannot be had are told, and the turn goes on", async (codex) => {
  await using lab = await labWith(
    codex,
    {
      gone: { command: "/nowhere/to/be/found" },
      poor: { command: "x", env: { KEY: "${NOT_THERE}" } },
      off: { command: "/nowhere/either", enabled: false },
    },
    { steps: [done] },
  );
  const { code, events, items } = await lab.turn("Go on");
  expect([code, items]).toEqual([0, [said("All done.")]]);
  expect(noticesOf(events)).toEqual([
    expect.stringContaining("NOT_THERE"),
    "The MCP server poor is left out: the variable NOT_THERE is not set",
    "The MCP server gone cannot be used: No such file or directory (os error 2)",
  ]);
});

onEveryCodex("a server that takes two seconds is there in the first turn", async (codex) => {
  const { command, args } = mcpServerCommand;
  const slowly = ["-c", 'sleep 2; exec "$0" "$@"', command, ...args];
  await using lab = await labWith(
    codex,
    { lab: { command: "/bin/sh", args: slowly } },
    { steps: [callsMcp(codex.version, "read", { text: "a page" }), done] },
  );
  const { code, items } = await lab.turn("Read it");
  expect([code, items]).toEqual([
    0,
    [...used("mcp_lab_read", { text: "a page" }, "a page"), said("All done.")],
  ]);
});

onEveryCodex("what codex is configured with stays as it is there", async (codex) => {
  const theirs = { ...mcpServerCommand, required: true };
  const situation = {
    steps: [callsMcp(codex.version, "read", { text: "a page" }), done],
    home: { mcpServers: { [mcpServerName]: theirs } },
  };
  await using lab = await labWith(codex, { lab: { command: "/nowhere" } }, situation);
  const { code, items, events } = await lab.turn("Read it");
  expect([code, items, noticesOf(events)]).toEqual([
    0,
    [...used("mcp_lab_read", { text: "a page" }, "a page"), said("All done.")],
    ["codex has an MCP server lab of its own: it is used in place of the one of hermes"],
  ]);
});

onEveryCodex("servers that were migrated are one with those of hermes", async (codex) => {
  const env = { LAB_TOKEN: "${LAB_TOKEN}" };
  const steps = [callsMcp(codex.version, "variable", { text: "LAB_TOKEN" }), done];
  await using lab = await labWith(codex, { lab: { ...mcpServerCommand, env } }, { steps });
  expect((await lab.run(["codex", "migrate"])).code).toBe(0);
  const migrated = await lab.home.readConfig();
  expect(migrated).toContain("hermes-tools");
  await lab.replaceConfig(migrated);
  // The secret is in hermes' own .env only.
  const { code, items, events } = await lab.turn("Look around");
  expect([code, noticesOf(events), items[1]]).toMatchObject([
    0,
    [],
    { output: expect.stringContaining(hashOf(secret)) },
  ]);
});

onEveryCodex("no turn starts without a server that is required", async (codex) => {
  const servers = { gone: { command: "/nowhere/to/be/found" }, lab: mcpServerCommand };
  await using lab = await labWith(codex, servers, { steps: [done] });
  const failed = await lab.turn("Go on", "--require-mcp", "gone");
  expect([failed.code, failed.last, lab.server.requests.length]).toMatchObject([
    5,
    {
      error: {
        code: "mcp/unavailable",
        message:
          "The MCP server gone is required and cannot be used: No such file or directory (os error 2)",
      },
    },
    0,
  ]);
  expect((await lab.turn("Go on", "--require-mcp", "lab")).code).toBe(0);
});

onEveryCodex("--toolsets names the servers that a turn has", async (codex) => {
  const servers = { gone: { command: "/nowhere/to/be/found" }, lab: mcpServerCommand };
  const steps = [callsMcp(codex.version, "read", { text: "a page" }), done];
  await using lab = await labWith(codex, servers, { steps });
  const { code, items, events } = await lab.turn("Read it", "--toolsets", "lab");
  expect([code, noticesOf(events), items]).toEqual([
    0,
    [],
    [...used("mcp_lab_read", { text: "a page" }, "a page"), said("All done.")],
  ]);
});

onEveryCodex(
  "--toolsets of a server that is switched off is told, as on our own loop",
  async (codex) => {
    const servers = { off: { ...mcpServerCommand, enabled: false }, lab: mcpServerCommand };
    await using lab = await labWith(codex, servers, { steps: [done] });
    const { code, last } = await lab.turn("Read it", "-t", "off");
    expect([code, lab.server.requests.length, last]).toMatchObject([
      2,
      0,
      { error: { code: "usage/invalid", hint: "hermes config set mcp_servers.off.enabled true" } },
    ]);
    const disabled = await lab.turn(
      "Read it",
      "-t",
      "lab",
      "--set",
      "agent.disabled_toolsets=[lab]",
    );
    expect([disabled.code, disabled.last]).toMatchObject([2, { error: { code: "usage/invalid" } }]);
    const both = await lab.turn("Read it", "-t", "lab,off");
    expect([both.code, noticesOf(both.events)]).toEqual([0, ["Unknown toolset, ignored: off"]]);
  },
);

onEveryCodex("tools can be left out", async (codex) => {
  const server = { ...mcpServerCommand, tools: { exclude: ["read"] } };
  const steps = [callsMcp(codex.version, "read", { text: "a page" }), done];
  await using lab = await labWith(codex, { lab: server }, { steps });
  const { code, items } = await lab.turn("Read it");
  expect([code, items.filter(({ is_error }) => is_error === false), items.at(-1)]).toEqual([
    0,
    [],
    said("All done."),
  ]);
});

const echoed = used("mcp_lab_echo", { text: "hello" }, "hello");

onEveryCodex("a person allows a tool of a server for the session", async (codex) => {
  const echo = callsMcp(codex.version, "echo", { text: "hello" });
  await using lab = await labWith(codex, { lab: mcpServerCommand }, { steps: [echo, echo, done] });
  const items = await lab.chat(async (person) => {
    person.says("Echo it twice");
    await person.sees("Allow this?", "MCP server lab: echo", "allow for this session");
    await person.answers("s");
    await person.sees("All done.");
  });
  expect(items).toEqual([...echoed, ...echoed, said("All done.")]);
});

onEveryCodex(
  "what a person always allows is kept by hermes, and nothing by codex",
  async (codex) => {
    const echo = callsMcp(codex.version, "echo", { text: "hello" });
    const steps = [echo, echo, done, echo, done];
    await using lab = await labWith(codex, { lab: mcpServerCommand }, { steps });
    const items = await lab.chat(async (person) => {
      person.says("Echo it twice");
      await person.sees("Allow this?", "MCP server lab: echo", "always");
      await person.answers("a");
      await person.sees("All done.");
    });
    expect(items).toEqual([...echoed, ...echoed, said("All done.")]);
    const next = await lab.turn("Once more");
    expect([next.code, next.items, next.verdicts]).toEqual([
      0,
      [...echoed, said("All done.")],
      ["allow_once by policy"],
    ]);
  },
);

onEveryCodex("a session that goes on has its servers again", async (codex) => {
  const read = callsMcp(codex.version, "read", { text: "a page" });
  await using lab = await labWith(codex, { lab: mcpServerCommand }, { steps: [done, read, done] });
  expect((await lab.turn("Hello")).code).toBe(0);
  const { code, items } = await lab.turn("Read it", "-c");
  expect([code, items]).toEqual([
    0,
    [...used("mcp_lab_read", { text: "a page" }, "a page"), said("All done.")],
  ]);
});
