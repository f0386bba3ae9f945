import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { editorCommand } from "../../../src/cli/commands/config/edit.ts";
import { startCli, type CliRunOptions } from "../../fakes/cli.ts";

let home = "";
beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), "hermes-cli-"));
  home = join(directory, ".hermes");
  await mkdir(home);
});
afterEach(() => rm(join(home, ".."), { recursive: true, force: true }));

async function hermes(
  argv: readonly string[],
  options: CliRunOptions = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return await startCli(argv, { cwd: join(home, ".."), ...options }).finish();
}

async function writeConfig(text: string): Promise<void> {
  await writeFile(join(home, "config.yaml"), text);
}

function rowsOf(stdout: string): ReadonlyMap<string, string> {
  const lines = stdout.trimEnd().split("\n");
  return new Map(lines.map((line) => [line.split("\t")[0] ?? "", line] as const));
}

test("config show tells every value with its origin", async () => {
  await writeConfig("model:\n  default: m1\n  provider: ${WHO}\nagent: {max_turns: 5}\n");
  const env = { WHO: "openai", HERMES_INFERENCE_MODEL: "not used" };
  const { code, stdout } = await hermes(["config", "show", "--set", "agent.max_turns=7"], { env });
  const rows = rowsOf(stdout);
  expect(code).toBe(0);
  expect(
    ["model.default", "model.provider", "agent.max_turns", "model.max_tokens"].map((key) =>
      rows.get(key),
    ),
  ).toEqual([
    "model.default\tfile\tm1",
    "model.provider\tfile\t${WHO}",
    "agent.max_turns\tflag\t7",
    "model.max_tokens\tdefault\tnull",
  ]);
});

test("config show --json is one document without secrets", async () => {
  const token = `ghp_${"a1B2c3D4e5".repeat(4)}`;
  await writeConfig(
    `mcp_servers:\n  lab: {command: x, env: {LAB_PASSWORD: plain-words-here, OTHER: ${token}}}\n`,
  );
  const { stdout } = await hermes(["config", "show", "--json"]);
  const document = JSON.parse(stdout) as {
    readonly file: string;
    readonly config: { readonly mcp_servers: { readonly lab: { readonly env: object } } };
    readonly origins: Readonly<Record<string, string>>;
  };
  expect(document.file).toBe(join(home, "config.yaml"));
  expect(document.config.mcp_servers.lab.env).toEqual({
    LAB_PASSWORD: "plai...here",
    OTHER: "ghp_...D4e5",
  });
  expect(document.origins["mcp_servers.lab.command"]).toBe("file");
});

test("what came out of a variable within a list is shown as it was written, all else masked", async () => {
  const token = `ghp_${"a1B2c3D4e5".repeat(4)}`;
  await writeConfig(
    `mcp_servers:\n  lab: {command: x, args: [--key, "\${LAB}", ${token}]}\n` +
      `auxiliary: {approval: {extra_body: {tags: [{a: "k \${LAB}"}, 1]}}}\n`,
  );
  const env = { LAB: "plain-words-here" };
  const { stdout } = await hermes(["config", "show"], { env });
  const rows = rowsOf(stdout);
  expect([
    rows.get("mcp_servers.lab.args"),
    rows.get("auxiliary.approval.extra_body.tags"),
  ]).toEqual([
    'mcp_servers.lab.args\tfile\t["--key","${LAB}","ghp_a1...D4e5"]',
    'auxiliary.approval.extra_body.tags\tfile\t[{"a":"k ${LAB}"},1]',
  ]);
  const got = await hermes(["config", "get", "auxiliary.approval.extra_body"], { env });
  expect(got.stdout).toBe('{"tags":[{"a":"k ${LAB}"},1]}\n');
});

test("config get prints one value, a table as JSON", async () => {
  await writeConfig("model: m1\n");
  expect(await hermes(["config", "get", "model.default"])).toEqual({
    code: 0,
    stdout: "m1\n",
    stderr: "",
  });
  expect((await hermes(["config", "get", "agent"])).stdout).toBe(
    '{"max_turns":90,"api_max_retries":3,"disabled_toolsets":[]}\n',
  );
});

test("config get of an unknown key says what was meant", async () => {
  const { code, stderr } = await hermes(["config", "get", "agent.max_turn"]);
  expect([code, stderr]).toEqual([
    2,
    "error: Unknown key: agent.max_turn (usage/invalid)\nhint: did you mean agent.max_turns?\n",
  ]);
});

test("config set and unset change one value and say where", async () => {
  const file = join(home, "config.yaml");
  await writeConfig("# mine\nagent: {max_turns: 5}\n");
  expect((await hermes(["config", "set", "agent.max_turns", "7"])).stderr).toBe(
    `Set agent.max_turns in ${file}\n`,
  );
  expect(await readFile(file, "utf8")).toBe("# mine\nagent: {max_turns: 7}\n");
  expect((await hermes(["config", "set", "agent.max_turns", "7"])).stderr).toBe(
    `Already set: agent.max_turns in ${file}\n`,
  );
  expect((await hermes(["config", "unset", "agent.max_turns"])).stderr).toBe(
    `Removed agent.max_turns in ${file}\n`,
  );
  expect((await hermes(["config", "unset", "agent.max_turns"])).stderr).toBe(
    `Not set: agent.max_turns in ${file}\n`,
  );
});

test("config unset removes a key that does not exist", async () => {
  await writeConfig("agent: {max_turn: 5, max_turns: 6}\n");
  expect((await hermes(["config", "unset", "agent.max_turn"])).code).toBe(0);
  expect((await hermes(["config", "check"])).code).toBe(0);
});

test.each([
  [["agent.max_turns", "many"]],
  [["agent.max_turn", "7"]],
  [["auxiliary.approval.extra_body.model", "m2"]],
])("config set refuses %j and leaves the file alone", async (operands) => {
  await writeConfig("agent: {max_turns: 5}\n");
  expect((await hermes(["config", "set", ...operands])).code).toBe(2);
  expect(await readFile(join(home, "config.yaml"), "utf8")).toBe("agent: {max_turns: 5}\n");
});

test("config path prints where the file is or would be", async () => {
  expect((await hermes(["config", "path"])).stdout).toBe(`${join(home, "config.yaml")}\n`);
});

test("config check of a good file is fine", async () => {
  await writeConfig("model: {default: m1}\n");
  expect(await hermes(["config", "check"])).toEqual({
    code: 0,
    stdout: "",
    stderr: `No problems: ${join(home, "config.yaml")}\n`,
  });
  const { stdout } = await hermes(["config", "check", "--json"]);
  expect(JSON.parse(stdout)).toEqual({ ok: true, file: join(home, "config.yaml"), problems: [] });
});

test("config check names every problem, and keys without effect are problems", async () => {
  await writeConfig("agent:\n  max_turn: 3\ntool_output:\n  max_lines: 9\n");
  const { code, stdout, stderr } = await hermes(["config", "check"]);
  expect(code).toBe(78);
  expect(stdout).toContain("config.yaml:2:3: Unknown key: agent.max_turn");
  expect(stdout).toContain("tool_output.max_lines has no effect in this version");
  expect(stderr).toBe(
    "error: The configuration has 2 problems (config/invalid)\nhint: correct it: hermes config edit\n",
  );
  const json = await hermes(["config", "check", "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: false,
    problems: [{ kind: "unknown_key" }, { kind: "no_effect" }],
  });
});

test("malformed YAML is reported with line and column, and not replaced", async () => {
  await writeConfig("model:\n  default: [1\n");
  const { code, stderr } = await hermes(["config", "show"]);
  expect(code).toBe(78);
  expect(stderr).toMatch(/^error: .*config\.yaml:\d+:\d+: .*\(config\/invalid\)\n/);
});

test("config edit needs a terminal", async () => {
  expect(await hermes(["config", "edit"])).toEqual({
    code: 2,
    stdout: "",
    stderr:
      "error: An editor needs a terminal (usage/invalid)\nhint: hermes config set KEY VALUE\n",
  });
});

test("config edit without its editor is a missing program", async () => {
  const terminal = { stdin: "tty", columns: 80 } as const;
  const { code, stderr } = await hermes(["config", "edit"], { terminal });
  expect(code).toBe(5);
  expect(stderr).toContain("Cannot start the editor: vi");
});

test.each([
  [{ VISUAL: "code --wait", EDITOR: "nano" }, ["code", "--wait"]],
  [{ VISUAL: " ", EDITOR: "nano" }, ["nano"]],
  [{}, ["vi"]],
])("editorCommand(%j)", (env, expected) => {
  expect([...editorCommand(env)]).toEqual(expected);
});
