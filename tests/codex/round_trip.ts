/** A `config.toml` on its way through a migration, a second one and back. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../../src/core/json.ts";
import { applyMigration, type MigrationRequest } from "../../src/codex/config_apply.ts";
import { complaintOfHome } from "../../src/codex/config_check.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { machineFiles } from "../../src/platform/files.ts";
import { createSpawner } from "../../src/platform/spawner.ts";

/** What is migrated: names and values that need quotes, lists, tables. */
const desired: ReadonlyMap<string, JsonObject> = new Map<string, JsonObject>([
  [
    "fs",
    { command: '/opt/a "b"\\c', args: ["-x", "[y]", "# z"], env: { A: "1\n2", "B C": "\u007f" } },
  ],
  ["remote.dots", { url: "https://example.com/mcp", bearer_token_env_var: "T", enabled: false }],
  [
    "hermes-tools",
    {
      command: "/usr/bin/hermes",
      args: ["mcp", "serve"],
      env_vars: ["HERMES_HOME"],
      tool_timeout_sec: 600,
    },
  ],
]);

const deps = {
  files: machineFiles,
  clock: systemClock,
  spawner: createSpawner(process.env),
};

export interface RoundTripOptions {
  /** Programs of codex that have to accept every step; none is asked where absent. */
  readonly codex?: readonly string[];
}

/** What went wrong on the way; empty when nothing did. `before` is accepted by every codex. */
export async function roundTrip(
  before: string | undefined,
  { codex = [] }: RoundTripOptions = {},
): Promise<readonly string[]> {
  const root = await mkdtemp(join(tmpdir(), "hermes-migrate-"));
  try {
    const codexHome = join(root, "codex");
    await mkdir(codexHome);
    const file = join(codexHome, "config.toml");
    if (before !== undefined) await writeFile(file, before);
    const env = { PATH: process.env["PATH"], HOME: root };
    const [first] = codex;
    const request: MigrationRequest = {
      codexHome,
      isDefaultHome: false,
      recordFile: join(root, "record.json"),
      desired,
      configured: new Map(),
      judge: first === undefined ? undefined : { path: first, env },
      isDryRun: false,
    };
    const read = () => readFile(file, "utf8").catch(() => undefined);
    const failures: string[] = [];
    const accepted = async (step: string): Promise<void> => {
      for (const path of codex) {
        const complaint = await complaintOfHome(deps, { path, env }, codexHome);
        if (complaint !== undefined) failures.push(`${step}: ${path} refuses: ${complaint}`);
      }
    };
    const dry = await applyMigration(deps, { ...request, isDryRun: true });
    if ((await read()) !== before) failures.push("a dry run wrote");
    const migrated = await applyMigration(deps, request);
    const after = (await read()) ?? "";
    if (dry.after !== after || migrated.after !== after)
      failures.push("the dry run told another text");
    if (!isInsertion(before ?? "", after)) failures.push("bytes outside of ours changed");
    await accepted("migrated");
    const again = await applyMigration(deps, request);
    if (again.isChanged || (await read()) !== after) failures.push("the second run changed it");
    const back = await applyMigration(deps, { ...request, desired: new Map() });
    if (!back.isChanged) failures.push("the way back changed nothing");
    const restored = await read();
    if (restored !== before) failures.push(`not restored: ${JSON.stringify(restored)}`);
    if (restored !== undefined) await accepted("restored");
    return failures;
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Whether the second text is the first one with something put in at one place. */
function isInsertion(before: string, after: string): boolean {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  return after.endsWith(before.slice(start)) && after.length > before.length;
}
