import { expect, test } from "bun:test";
import type { Migration } from "../../../../src/app/codex_config.ts";
import { HermesError } from "../../../../src/core/errors.ts";
import { startCli } from "../../../fakes/cli.ts";

const file = "/home/me/.codex/config.toml";
const migration: Migration = {
  codexHome: "/home/me/.codex",
  hasCodex: true,
  file,
  plan: {
    servers: [
      { name: "added", action: "add", isAdopted: false },
      { name: "edited", action: "keep-edited", isAdopted: false },
      { name: "foreign", action: "keep-foreign", isAdopted: false },
      { name: "same", action: "same-foreign", isAdopted: false },
      { name: "updated", action: "update", isAdopted: true },
    ],
    changes: [],
    owned: ["added", "edited", "updated"],
    takenBack: ["default_permissions"],
    markers: 2,
  },
  before: "a = 1\n",
  after: "a = 1\n\n[mcp_servers.added]\n",
  isChanged: true,
  isChecked: true,
  plugins: ["x@y"],
  problems: [{ server: "odd", message: "is left out: codex has no sse transport" }],
};

const warnings = [
  "warning: edited: changed since hermes wrote it, and left so; to have it anew: codex mcp remove edited",
  "warning: foreign: config.toml has a server of this name that this home of hermes did not write, which stays; to have this one: codex mcp remove foreign",
  "warning: odd is left out: codex has no sse transport",
  "warning: plugins stay as they are: x@y",
  "",
];

test.each([["migrate"], ["unmigrate"]])(
  "codex %s tells what it wrote, on stderr",
  async (command) => {
    expect(await startCli(["codex", command], { parts: { migration } }).finish()).toEqual({
      code: 0,
      stdout: "",
      stderr: [
        `Wrote ${file}`,
        "  + added",
        "  = same (yours, the same)",
        "  ~ updated (of an older hermes)",
        "  - default_permissions, which an older hermes had set",
        "  - the markers of an older hermes",
        ...warnings,
      ].join("\n"),
    });
  },
);

test("a file that goes away is removed, and nothing is said to be unchecked where nothing changes", async () => {
  const told = async (change: Partial<Migration>, ...flags: readonly string[]) => {
    const parts = { migration: { ...migration, plugins: [], problems: [], ...change } };
    const { stderr } = await startCli(["codex", "unmigrate", ...flags], { parts }).finish();
    return stderr.split("\n");
  };
  const plan = { ...migration.plan, servers: [], takenBack: [], markers: 0 };
  expect(await told({ plan, after: undefined })).toEqual([`Removed ${file}`, ""]);
  expect(await told({ plan, after: undefined }, "--dry-run")).toEqual([`Would remove ${file}`, ""]);
  const unchecked = { plan, isChecked: false, hasCodex: false };
  expect(await told({ ...unchecked, isChanged: false })).toEqual([
    `Nothing to change in ${file}`,
    "",
  ]);
  expect(await told(unchecked)).toEqual([
    `Wrote ${file}`,
    "warning: codex could not be asked whether it accepts this: its program was not found",
    "",
  ]);
  expect(await told({ ...unchecked, hasCodex: true })).toEqual([
    `Wrote ${file}`,
    `warning: codex can judge this only in its place, since ${file} does not stand without other files`,
    "",
  ]);
});

test("codex migrate --dry-run prints the diff, and its exit code says that there is one", async () => {
  const run = await startCli(["codex", "migrate", "--dry-run"], { parts: { migration } }).finish();
  expect([run.code, run.stdout]).toEqual([
    10,
    `--- ${file}\n+++ ${file}\n@@ -1,1 +1,3 @@\n a = 1\n+\n+[mcp_servers.added]\n`,
  ]);
  const nothing = await startCli(["codex", "migrate", "--dry-run"]).finish();
  expect(nothing).toEqual({ code: 0, stdout: "", stderr: `Nothing to change in ${file}\n` });
});

test("codex migrate --dry-run --json is one document", async () => {
  const argv = ["codex", "migrate", "--dry-run", "--json"];
  const run = await startCli(argv, { parts: { migration } }).finish();
  expect([run.code, JSON.parse(run.stdout), run.stderr]).toEqual([
    10,
    {
      ok: true,
      dry_run: true,
      changed: true,
      checked: true,
      codex_home: "/home/me/.codex",
      file,
      servers: [
        { name: "added", action: "add", adopted: false },
        { name: "edited", action: "keep_edited", adopted: false },
        { name: "foreign", action: "keep_foreign", adopted: false },
        { name: "same", action: "same_foreign", adopted: false },
        { name: "updated", action: "update", adopted: true },
      ],
      taken_back: ["default_permissions"],
      markers_removed: 2,
      problems: [{ server: "odd", message: "is left out: codex has no sse transport" }],
      plugins: ["x@y"],
      diff: `--- ${file}\n+++ ${file}\n@@ -1,1 +1,3 @@\n a = 1\n+\n+[mcp_servers.added]\n`,
    },
    "",
  ]);
});

test("codex enable changes nothing without a codex", async () => {
  const run = await startCli(["codex", "enable"], { parts: { migration } }).finish();
  expect([run.code, run.stderr]).toEqual([
    5,
    "error: The codex program is not on PATH: codex (codex/missing)\nhint: npm install -g @openai/codex\n",
  ]);
});

test("a refused migration fails with codex's words", async () => {
  const refusal = new HermesError("codex/config_invalid", `${file}:3:1: duplicate key`);
  const run = await startCli(["codex", "migrate"], { parts: { migration: refusal } }).finish();
  expect([run.code, run.stderr]).toEqual([
    78,
    `error: ${file}:3:1: duplicate key (codex/config_invalid)\n`,
  ]);
});
