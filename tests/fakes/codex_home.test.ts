import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { parse } from "smol-toml";
import { codexConfig, createCodexHome } from "./codex_home.ts";

const serverUrl = "http://127.0.0.1:8000/v1";

test("a codex home has its configuration, keeps TMPDIR apart, and goes", async () => {
  let root = "";
  {
    await using home = await createCodexHome({ serverUrl });
    ({ root } = home);
    expect((await readdir(root)).toSorted()).toEqual([
      "codex-home",
      "home",
      "outside",
      "tmp",
      "work",
    ]);
    expect(await readdir(home.work)).toEqual([]);
    expect(home.env).toEqual({
      PATH: process.env["PATH"] ?? "",
      HOME: `${root}/home`,
      CODEX_HOME: home.directory,
      TMPDIR: `${root}/tmp`,
      NO_COLOR: "1",
    });
    expect(await home.readConfig()).toBe(codexConfig({ serverUrl }));
  }
  expect(existsSync(root)).toBe(false);
});

test("codexConfig() takes every option", () => {
  const server = { command: "bun", args: ["server.ts"], required: true };
  const text = codexConfig({
    serverUrl,
    model: "gpt-5.6-sol",
    approvalPolicy: "never",
    sandboxMode: null,
    retries: 2,
    features: { request_permissions_tool: true },
    mcpServers: { lab: server },
    settings: { default_permissions: ":workspace" },
    appended: "[tools]\nview_image = false\n",
  });
  expect(parse(text)).toEqual({
    model: "gpt-5.6-sol",
    model_provider: "fake",
    approval_policy: "never",
    default_permissions: ":workspace",
    model_providers: {
      fake: {
        name: "fake",
        base_url: serverUrl,
        wire_api: "responses",
        request_max_retries: 2,
        stream_max_retries: 2,
      },
    },
    analytics: { enabled: false },
    features: { plugins: false, request_permissions_tool: true },
    sandbox_workspace_write: { exclude_slash_tmp: true, exclude_tmpdir_env_var: true },
    mcp_servers: { lab: server },
    tools: { view_image: false },
  });
});
