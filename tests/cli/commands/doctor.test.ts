import { afterAll, expect, test } from "bun:test";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { worstError } from "../../../src/cli/commands/doctor.ts";
import { defaults } from "../../../src/config/defaults.ts";
import { HermesError } from "../../../src/core/errors.ts";
import { startCli } from "../../fakes/cli.ts";

const directory = await mkdtemp(join(tmpdir(), "hermes-cli-"));
afterAll(() => rm(directory, { recursive: true, force: true }));

test("doctor of a fresh machine with a key is fine and creates nothing", async () => {
  const parts = { credential: "environment LAB_KEY" };
  const run = await startCli(["doctor"], { parts, cwd: directory }).finish();
  expect(run).toEqual({
    code: 0,
    stdout: [
      "ok\tversion\t1.2.3 on linux x64",
      `ok\thome\t${directory}/.hermes (will be created when it is needed)`,
      "ok\tconfiguration\tdefaults, there is no config.yaml",
      "ok\tsessions\tnone yet",
      "ok\tendpoint\tm1 of lab at http://127.0.0.1:9/v1 (responses)",
      "ok\tcredential\tenvironment LAB_KEY",
      "warning\tbash\tnot on PATH: commands run with sh (install bash)",
      "ok\tgit\t/usr/bin/git",
      "warning\trg\tnot on PATH: searching files is slower (install rg)",
      "ok\tterminal\tstdin null, stdout no terminal, stderr no terminal, TERM not set",
      "",
    ].join("\n"),
    stderr: "",
  });
  expect(await readdir(directory)).toEqual([]);
});

test("doctor --json is one document, with the exit code of the worst", async () => {
  const home = join(directory, "broken");
  await mkdir(join(home, ".hermes"), { recursive: true });
  await writeFile(join(home, ".hermes", "config.yaml"), "model: [\n");
  await writeFile(join(home, ".hermes", "sessions.db"), "no database");
  const parts = {
    brokenStore: new HermesError("store/invalid", "Not a database"),
    resolved: new HermesError("auth/missing", "Nothing is configured", { hint: "set a key" }),
  };
  const run = await startCli(["doctor", "--json"], { parts, cwd: home }).finish();
  const document = JSON.parse(run.stdout) as {
    readonly ok: boolean;
    readonly exit_code: number;
    readonly checks: readonly { readonly name: string; readonly status: string }[];
  };
  expect(run.code).toBe(78);
  expect([document.ok, document.exit_code]).toEqual([false, 78]);
  expect(
    document.checks.filter(({ status }) => status === "failed").map(({ name }) => name),
  ).toEqual(["configuration", "sessions", "endpoint"]);
  expect(run.stderr).toMatch(/^error: .*\(config\/invalid\)\n/);
});

test("doctor without a credential is 4, and never shows one", async () => {
  const resolved = { keyEnv: ["LAB_KEY"], noKeyNeeded: false };
  const missing = await startCli(["doctor"], { parts: { resolved }, cwd: directory }).finish();
  expect([missing.code, missing.stderr]).toEqual([
    4,
    "error: No API key for lab: LAB_KEY is not set (auth/missing)\nhint: put LAB_KEY=... into the environment, or into .env beside config.yaml\n",
  ]);
  const parts = { credential: "environment LAB_KEY" };
  const there = await startCli(["doctor"], { parts, cwd: directory }).finish();
  expect(there.stdout).not.toContain("token-of-the-test");
});

test("doctor --online asks the endpoint", async () => {
  const parts = { credential: "environment LAB_KEY", models: ["other"] };
  const online = await startCli(["doctor", "--online"], { parts, cwd: directory }).finish();
  expect(online.stdout).toContain(
    "warning\tconnection\thttp://127.0.0.1:9/v1 lists 1 model, in 0 ms; m1 is not among them",
  );
  const models = new HermesError("network/unreachable", "Nobody answers");
  const away = await startCli(["doctor", "--online"], {
    parts: { ...parts, models },
    cwd: directory,
  }).finish();
  expect([away.code, away.stderr]).toEqual([1, "error: Nobody answers (network/unreachable)\n"]);
});

const codexRuns = {
  config: { model: { ...defaults.model, openai_runtime: "codex_app_server" as const } },
  resolved: new HermesError("auth/missing", "No model endpoint is configured"),
};

test("doctor looks at codex where turns run on it, and at no endpoint", async () => {
  const codex = {
    path: "/usr/bin/codex",
    version: "0.169.0",
    account: { kind: "chatgpt", email: undefined, plan: undefined, isNeeded: true },
    failure: undefined,
  };
  const run = await startCli(["doctor", "--online"], {
    parts: { ...codexRuns, codex },
    cwd: directory,
  }).finish();
  expect([run.code, run.stderr]).toEqual([0, ""]);
  expect(run.stdout).toContain("ok\tcodex\t/usr/bin/codex 0.169.0, signed in (chatgpt)\n");
  expect(run.stdout).not.toMatch(/endpoint|credential|connection/);
  const odd = await startCli(["doctor"], {
    parts: { ...codexRuns, codex: { ...codex, account: undefined, warnings: ["Unknown key"] } },
    cwd: directory,
  }).finish();
  expect(odd.stdout).toContain(
    "warning\tcodex\t/usr/bin/codex 0.169.0, sign-in unknown: Unknown key (hermes codex status lists all)\n",
  );
});

test("doctor tells what keeps turns from running on codex", async () => {
  const run = await startCli(["doctor"], { parts: codexRuns, cwd: directory }).finish();
  expect([run.code, run.stderr]).toEqual([
    5,
    "error: The codex program is not on PATH: codex (codex/missing)\nhint: npm install -g @openai/codex\n",
  ]);
});

test("doctor looks at the endpoint of a provider that codex cannot ask", async () => {
  const { model } = codexRuns.config;
  const config = { model: { ...model, provider: "custom", base_url: "http://127.0.0.1:9/v1" } };
  const parts = { config, credential: "environment LAB_KEY" };
  const run = await startCli(["doctor"], { parts, cwd: directory }).finish();
  expect(run.stdout).toContain("ok\tendpoint\t");
  expect(run.stdout).not.toContain("codex");
});

test("worstError() puts the store before the credential before the network", () => {
  const check = (code: HermesError["code"]) => ({
    name: code,
    status: "failed" as const,
    detail: "",
    error: new HermesError(code, code),
  });
  const checks = [check("network/timeout"), check("auth/missing"), check("store/invalid")];
  expect(worstError(checks)?.code).toBe("store/invalid");
  expect(worstError(checks.slice(0, 2))?.code).toBe("auth/missing");
  expect(worstError([])).toBeUndefined();
});
