import { expect, test } from "bun:test";
import { planMigration } from "../../src/codex/config_plan.ts";
import { changeText } from "../../src/codex/config_text.ts";
import { findLegacyBlock, type LegacyServer } from "../../src/codex/legacy_blocks.ts";
import { parseToml } from "../../src/codex/toml_tree.ts";

const start = "# managed by hermes-agent — `hermes codex-runtime migrate` regenerates this section";
const end = "# end hermes-agent managed section";

const fs: LegacyServer = {
  command: "npx",
  args: ["-y"],
  env: { A: "1" },
  cwd: "",
  url: "",
  headers: {},
  timeout: 180,
  connect_timeout: null,
  enabled: false,
};
const fsTable =
  '[mcp_servers.fs]\ncommand = "npx"\nargs = ["-y"]\nenv = { A = "1" }\ntool_timeout_sec = 180.0\nenabled = false\n';
const ownTable =
  '[mcp_servers.hermes-tools]\ncommand = "/usr/bin/python3"\nargs = ["-m", "agent.transports.hermes_tools_mcp_server"]\nenv = { HERMES_QUIET = "1" }\nstartup_timeout_sec = 30.0\ntool_timeout_sec = 600.0\n';

const find = (text: string) => findLegacyBlock(text, parseToml(text, "f"), new Map([["fs", fs]]));

test("findLegacyBlock() takes over what is as it was written, between the markers", () => {
  const text = `model = "a"\n${start}\n\ndefault_permissions = ":workspace"\n\n${fsTable}\n${ownTable}\n${end}\n`;
  expect(find(text)).toEqual({
    servers: new Set(["fs", "hermes-tools"]),
    rootKeys: ["default_permissions"],
    markers: 2,
  });
});

test.each([
  ["changed", `${start}\n${fsTable.replace("-y", "-x")}${end}\n`],
  ["outside", `${start}\n${end}\n${fsTable}`],
  ["unknown", `${start}\n[mcp_servers.mine]\ncommand = "npx"\n${end}\n`],
  ["another permission", `${start}\ndefault_permissions = ":read-only"\n${end}\n`],
])("findLegacyBlock() leaves what is %s", (_what, text) => {
  expect(find(text)).toEqual({ servers: new Set(), rootKeys: [], markers: 2 });
});

test("findLegacyBlock() sees no markers in strings", () => {
  const text = `a = """\n${start}\n${end}\n"""\n${fsTable}`;
  expect(find(text)).toEqual({ servers: new Set(), rootKeys: [], markers: 0 });
});

test("a plan without servers takes an old block away, and nothing of the user's", () => {
  const text = `# top\n${start}\nmodel = "mine"\ndefault_permissions = ":workspace"\n\n${fsTable}\n[plugins."x@y"]\nenabled = true\n\n${end}\n# last\n`;
  const plan = planMigration({
    tree: parseToml(text, "f"),
    desired: new Map(),
    owned: new Map(),
    hashes: new Map(),
    legacy: find(text),
  });
  expect(plan.servers).toEqual([{ name: "fs", action: "remove", isAdopted: true }]);
  expect(changeText(text, plan.changes, "f").text).toBe(
    '# top\nmodel = "mine"\n\n\n[plugins."x@y"]\nenabled = true\n\n# last\n',
  );
});
