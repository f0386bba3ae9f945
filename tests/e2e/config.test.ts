import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startResponsesServer } from "../fakes/responses_server.ts";
import { textAnswer } from "../fakes/server_steps.ts";
import { configFor, createSandbox, type Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

function configFile(): string {
  return join(sandbox.home, "config.yaml");
}

test("config set, get and unset edit the file in place and keep its comments", async () => {
  await sandbox.configure("# mine\nagent: # the loop\n  max_turns: 5 # few\n");
  expect((await sandbox.run(["config", "set", "agent.max_turns", "7"])).code).toBe(0);
  expect((await sandbox.run(["config", "get", "agent.max_turns"])).stdout).toBe("7\n");
  expect((await sandbox.run(["config", "set", "model.default", "m2"])).code).toBe(0);
  const text = await readFile(configFile(), "utf8");
  for (const comment of ["# mine", "# the loop", "# few"]) expect(text).toContain(comment);
  expect((await sandbox.run(["config", "unset", "agent.max_turns"])).code).toBe(0);
  expect((await sandbox.run(["config", "get", "agent.max_turns"])).stdout).toBe("90\n");
  expect((await sandbox.run(["config", "get", "model.default"])).stdout).toBe("m2\n");
});

test("config set refuses what is no key and what is no value, and leaves the file alone", async () => {
  await sandbox.configure("agent: {max_turns: 5}\n");
  const unknown = await sandbox.run(["config", "set", "agent.max_turn", "7"]);
  expect([unknown.code, unknown.stderr]).toEqual([2, unknown.stderr]);
  expect(unknown.stderr).toContain("did you mean agent.max_turns?");
  expect((await sandbox.run(["config", "set", "agent.max_turns", "many"])).code).toBe(2);
  expect(await readFile(configFile(), "utf8")).toBe("agent: {max_turns: 5}\n");
});

test("config set in many processes at the same moment loses no edit", async () => {
  const values = {
    "model.default": "m7",
    "agent.max_turns": "7",
    "terminal.timeout": "7",
    "approvals.timeout": "7",
    "tool_output.max_lines": "7",
    "sessions.retention_days": "7",
  };
  const runs = Object.entries(values).map((edit) => sandbox.run(["config", "set", ...edit]));
  expect((await Promise.all(runs)).map(({ code }) => code)).toEqual(runs.map(() => 0));
  const { stdout } = await sandbox.run(["config", "show", "--json"]);
  const { origins } = JSON.parse(stdout) as { readonly origins: Readonly<Record<string, string>> };
  const fromFile = Object.keys(origins).filter((key) => origins[key] === "file");
  expect(fromFile.toSorted()).toEqual(Object.keys(values).toSorted());
});

test("config set writes a first file that only its owner can read", async () => {
  expect((await sandbox.run(["config", "set", "model.default", "m1"])).code).toBe(0);
  expect((await stat(configFile())).mode & 0o077).toBe(0);
});

test("model set writes model and provider, which turns then use", async () => {
  await using server = await startResponsesServer({ steps: [textAnswer("ok")] });
  const args = ["model", "set", "m9", "--provider", "custom", "--base-url", server.url];
  expect((await sandbox.run(args)).code).toBe(0);
  const { code, stdout } = await sandbox.run(["-z", "hi"]);
  expect([code, stdout]).toEqual([0, "ok\n"]);
  expect(server.requests[0]?.body).toMatchObject({ model: "m9" });
});

test("model list asks the endpoint, and fails with a code when it is away", async () => {
  const url = await (async () => {
    await using server = await startResponsesServer({ steps: [], models: ["m1", "m2"] });
    await sandbox.configure(configFor(server.url));
    const { code, stdout } = await sandbox.run(["model", "list"]);
    expect([code, stdout]).toEqual([0, "m1\tchosen\nm2\t\n"]);
    return server.url;
  })();
  const { code, stderr } = await sandbox.run(["model", "list"]);
  expect([code, stderr.split("\n")[0]]).toEqual([1, `custom at ${url}, model m1`]);
  expect(stderr).toContain("(network/unreachable)");
});

test("a flag beats the configuration, which beats the environment", async () => {
  await using server = await startResponsesServer({ steps: [textAnswer("ok")], repeat: true });
  const env = { HERMES_INFERENCE_MODEL: "from-environment" };
  await sandbox.configure(configFor(server.url).replace("default: m1, ", ""));
  await sandbox.run(["-z", "hi"], { env });
  await sandbox.configure(configFor(server.url));
  await sandbox.run(["-z", "hi"], { env });
  await sandbox.run(["-z", "hi", "--set", "model.default=from-set"], { env });
  await sandbox.run(["-z", "hi", "-m", "from-flag"], { env });
  const models = server.requests.map(({ body }) => (body as { model: string }).model);
  expect(models).toEqual(["from-environment", "m1", "from-set", "from-flag"]);
});

test("doctor of a working installation is fine, and creates nothing", async () => {
  await using server = await startResponsesServer({ steps: [] });
  await sandbox.configure(configFor(server.url));
  const { code, stdout, stderr } = await sandbox.run(["doctor", "--online", "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, exit_code: 0 });
  expect(await stat(join(sandbox.home, "sessions.db")).catch(() => undefined)).toBeUndefined();
});

test("doctor without a credential is 4, with a broken configuration 78", async () => {
  await sandbox.configure("model: {provider: openai}\n");
  expect((await sandbox.run(["doctor"])).code).toBe(4);
  await sandbox.configure("model: [\n");
  const { code, stdout } = await sandbox.run(["doctor", "--json"]);
  expect(code).toBe(78);
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, exit_code: 78 });
});

test("a key of .env is used and never shown", async () => {
  const key = `sk-${"a1B2c3D4".repeat(6)}`;
  const file = join(sandbox.home, ".env");
  await writeFile(file, `OPENAI_API_KEY=${key}\n`);
  await chmod(file, 0o600);
  await sandbox.configure("model: {provider: openai}\n");
  for (const args of [["doctor"], ["doctor", "--json"], ["config", "show"]]) {
    const { code, stdout, stderr } = await sandbox.run(args);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).not.toContain(key);
  }
});
