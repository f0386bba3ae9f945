import { expect } from "bun:test";
import { onEveryCodex, openLab } from "./sandbox.ts";

onEveryCodex("hermes codex status tells what is there", async (codex) => {
  await using lab = await openLab(codex, { steps: [] });
  const { code, stdout, stderr } = await lab.run(["codex", "status"]);
  expect([code, stderr]).toEqual([0, ""]);
  for (const text of [codex.path, codex.version, "not needed", "gpt-5.5 (fake)"]) {
    expect(stdout).toContain(text);
  }
});

onEveryCodex("hermes codex status --json is one document", async (codex) => {
  await using lab = await openLab(codex, { steps: [] });
  const { code, stdout } = await lab.run(["codex", "status", "--json"]);
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    {
      ok: true,
      runtime: "auto",
      binary: codex.path,
      version: codex.version,
      account: { signed_in: false, required: false, kind: null, email: null, plan: null },
      model: "gpt-5.5",
      model_provider: "fake",
      config_file: lab.home.configFile,
      migrated_servers: [],
      warnings: expect.any(Array),
      error: null,
    },
  ]);
});

onEveryCodex("hermes codex status finds what is wrong", async (codex) => {
  await using lab = await openLab(codex, { steps: [], home: { appended: "[broken\n" } });
  const { code, stdout } = await lab.run(["codex", "status", "--json"]);
  expect([code, JSON.parse(stdout)]).toMatchObject([
    78,
    { ok: false, version: codex.version, error: { code: "codex/config_invalid" } },
  ]);
});

onEveryCodex("hermes codex status says that there is no codex", async (codex) => {
  await using lab = await openLab(codex, { steps: [], program: "/nowhere/codex" });
  const { code, stdout } = await lab.run(["codex", "status", "--json"]);
  expect([code, JSON.parse(stdout)]).toMatchObject([
    5,
    { ok: false, binary: null, version: null, error: { code: "codex/missing" } },
  ]);
});
