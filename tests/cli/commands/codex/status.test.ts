import { expect, test } from "bun:test";
import { HermesError } from "../../../../src/core/errors.ts";
import { startCli } from "../../../fakes/cli.ts";

const healthy = {
  path: "/usr/bin/codex",
  version: "0.169.0",
  account: { kind: "chatgpt", email: "ann@example.org", plan: "plus", isNeeded: true },
  settings: { model: "gpt-5.5", modelProvider: "openai", hasSandboxChoice: false },
  warnings: ["Unknown key: colour"],
  failure: undefined,
};

test("codex status shows the program, who is signed in, and what codex finds odd", async () => {
  expect(await startCli(["codex", "status"], { parts: { codex: healthy } }).finish()).toEqual({
    code: 0,
    stdout: [
      "runtime\tmodel.openai_runtime is auto: turns run on it with --runtime codex_app_server; always: hermes codex enable",
      "binary\t/usr/bin/codex",
      "version\t0.169.0",
      "sign-in\tchatgpt (ann@example.org, plus)",
      "model\tgpt-5.5 (openai)",
      "warning\tUnknown key: colour",
      "MCP servers\tnothing of hermes in /home/me/.codex/config.toml: hermes codex migrate",
      "",
    ].join("\n"),
    stderr: "",
  });
});

test("codex status cuts nothing on a narrow terminal", async () => {
  const warning = "Ignored unsupported project-local config keys: model_providers";
  const codex = { ...healthy, warnings: [warning] };
  const run = await startCli(["codex", "status"], {
    parts: { codex },
    terminal: { columns: 40 },
  }).finish();
  expect(run.stdout).toContain(`warning      ${warning}\n`);
  expect(run.stdout).toContain("always: hermes codex enable\n");
});

test("codex status --json is one document, also where there is no codex", async () => {
  const run = await startCli(["codex", "status", "--json"]).finish();
  expect([run.code, JSON.parse(run.stdout), run.stderr]).toEqual([
    5,
    {
      ok: false,
      runtime: "auto",
      binary: null,
      version: null,
      account: null,
      model: null,
      model_provider: null,
      config_file: "/home/me/.codex/config.toml",
      migrated_servers: [],
      warnings: [],
      error: {
        code: "codex/missing",
        message: "The codex program is not on PATH: codex",
        hint: "npm install -g @openai/codex",
        retryable: false,
        http_status: null,
      },
    },
    "",
  ]);
});

test("codex status tells of a record of migrations that cannot be read, in JSON as well", async () => {
  const message = "codex-migration.json cannot be understood, nothing was changed";
  const parts = { codex: healthy, migration: new HermesError("store/invalid", message) };
  const text = await startCli(["codex", "status"], { parts }).finish();
  expect([text.code, text.stderr]).toEqual([0, `warning: ${message}\n`]);
  const json = await startCli(["codex", "status", "--json"], { parts }).finish();
  expect([json.code, JSON.parse(json.stdout)]).toMatchObject([
    0,
    { config_file: null, migrated_servers: null, warnings: ["Unknown key: colour", message] },
  ]);
});

test("codex status says what is wrong, and how to mend it", async () => {
  const codex = {
    ...healthy,
    account: { kind: undefined, email: undefined, plan: undefined, isNeeded: true },
    failure: new HermesError("auth/missing", "codex is not signed in", { hint: "codex login" }),
  };
  const run = await startCli(["codex", "status"], { parts: { codex } }).finish();
  expect([run.code, run.stderr]).toEqual([
    4,
    "error: codex is not signed in (auth/missing)\nhint: codex login\n",
  ]);
  expect(run.stdout).toContain("sign-in\tnobody is signed in\n");
});
