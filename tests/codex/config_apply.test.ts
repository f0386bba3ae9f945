import { expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { applyMigration, type MigrationRequest } from "../../src/codex/config_apply.ts";
import type { JsonObject } from "../../src/core/json.ts";
import { createRandom } from "../../scripts/torture/random.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { randomConfig } from "../fakes/config_texts.ts";
import { createFakeFiles, type FakeFiles } from "../fakes/files.ts";
import { createFakeSpawner } from "../fakes/spawner.ts";
import { thrown } from "../fakes/thrown.ts";
import { roundTrip } from "./round_trip.ts";

const fixtures = join(import.meta.dir, "../fixtures/config");
for (const name of await readdir(fixtures)) {
  test(`a migration and its way back leave ${name} as it is`, async () => {
    expect(await roundTrip(await readFile(join(fixtures, name), "utf8"))).toEqual([]);
  });
}

test("a migration and its way back leave no file where there was none", async () => {
  expect(await roundTrip(undefined)).toEqual([]);
});

test("a migration and its way back leave generated files as they are", async () => {
  const random = createRandom(5);
  for (let count = 0; count < 60; count++) {
    const text = randomConfig(random);
    expect({ text, failures: await roundTrip(text) }).toEqual({ text, failures: [] });
  }
});

const file = "/codex/config.toml";
const recordFile = "/home/codex-migration.json";
const fs: JsonObject = { command: "npx" };
const fsTable = '[mcp_servers.fs]\ncommand = "npx"\n';

interface Rig {
  readonly files: FakeFiles;
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly asked: string[];
  /** `/tmp` for a text that is not in place yet. */
  migrate(changes?: Partial<MigrationRequest>): ReturnType<typeof applyMigration>;
}

/** Codex says what `judge` says of the text in a home; undefined: it takes it. */
function createRig(
  text: string,
  judge: (text: string, home: string) => string | undefined = () => undefined,
): Rig {
  const files = createFakeFiles({ [file]: text });
  files.directory("/home");
  const asked: string[] = [];
  const clock = createFakeClock();
  const spawner = createFakeSpawner(async ({ request, printError }) => {
    const home = request.env["CODEX_HOME"] ?? "";
    asked.push(home === "/codex" ? "in place" : "beside");
    const complaint = judge(files.text(`${home}/config.toml`) ?? "", home);
    if (complaint === undefined) return 0;
    if (complaint === "silent") await new Promise(() => {});
    printError(
      `WARNING: odd\nError: failed to load configuration\n\nCaused by:\n    ${complaint}\n`,
    );
    return 1;
  });
  return {
    files,
    clock,
    asked,
    migrate: (changes = {}) =>
      applyMigration(
        { files, spawner, clock },
        {
          codexHome: "/codex",
          isDefaultHome: false,
          recordFile,
          desired: new Map([["fs", fs]]),
          configured: new Map(),
          judge: { path: "/usr/bin/codex", env: {} },
          isDryRun: false,
          ...changes,
        },
      ),
  };
}

test("applyMigration() has codex accept the old text, the new one, and the file", async () => {
  const rig = createRig("a = 1\n");
  expect(await rig.migrate()).toMatchObject({ isChanged: true, isChecked: true });
  // Once more under the lock.
  expect(rig.asked).toEqual(["beside", "beside", "beside", "beside", "in place"]);
  expect(rig.files.text(file)).toBe(`a = 1\n\n${fsTable}`);
});

test("applyMigration() puts nothing in place that codex refuses", async () => {
  const rig = createRig("a = 1\n", (text, home) =>
    text.includes("npx") ? `${home}/config.toml:3:5: no such thing` : undefined,
  );
  const error = await thrown(() => rig.migrate());
  expect(error).toMatchObject({
    code: "codex/config_invalid",
    message: `codex would not accept the configuration, ${file} is as it was: ${file}:3:5: no such thing`,
  });
  expect(rig.files.paths().filter((path) => /^\/(codex|home)\//.test(path))).toEqual([file]);
});

test("applyMigration() takes away what was written where a later codex refuses just that", async () => {
  let refused = "nothing";
  const rig = createRig("a = 1\n", (text, home) =>
    text.includes(refused) ? `${home}/config.toml:3:5: no such thing` : undefined,
  );
  await rig.migrate();
  const migrated = rig.files.text(file);
  refused = "npx";
  const told = `codex does not accept its configuration as it is, nothing was changed: ${file}:3:5: no such thing`;
  const more = new Map([
    ["fs", fs],
    ["more", { command: "more" }],
  ]);
  for (const desired of [new Map([["fs", fs]]), more]) {
    const error = await thrown(() => rig.migrate({ desired }));
    expect(error).toMatchObject({ code: "codex/config_invalid", message: told });
    expect(rig.files.text(file)).toBe(migrated);
  }
  expect(await rig.migrate({ desired: new Map() })).toMatchObject({
    isChanged: true,
    isChecked: true,
  });
  expect(rig.files.text(file)).toBe("a = 1\n");
  expect(JSON.parse(rig.files.text(recordFile) ?? "")).toEqual({ version: 1, homes: {} });
});

test("applyMigration() brings the old file back when only the real place shows the fault", async () => {
  const rig = createRig("a = 1\n", (text, home) => {
    // What a file refers to is not beside the text.
    if (home !== "/codex") return "instructions.md: No such file";
    return text.includes("npx") ? "it is not this" : undefined;
  });
  const error = await thrown(() => rig.migrate());
  expect(error).toMatchObject({ code: "codex/config_invalid" });
  expect(rig.files.text(file)).toBe("a = 1\n");
  expect(JSON.parse(rig.files.text(recordFile) ?? "")).toEqual({ version: 1, homes: {} });
});

test("applyMigration() brings the old file back when codex says nothing of the new one", async () => {
  const rig = createRig("a = 1\n", (text, home) =>
    home === "/codex" && text.includes("npx") ? "silent" : undefined,
  );
  const failing = thrown(() => rig.migrate());
  while (rig.asked.at(-1) !== "in place") await Bun.sleep(1);
  await rig.clock.untilSleeping();
  await rig.clock.advance(10_000);
  expect(await failing).toMatchObject({ code: "codex/silent" });
  expect(rig.files.text(file)).toBe("a = 1\n");
  expect(JSON.parse(rig.files.text(recordFile) ?? "")).toEqual({ version: 1, homes: {} });
});

test("applyMigration() reads again what codex wrote at the last moment", async () => {
  const rig = createRig("a = 1\n");
  let count = 0;
  const replaceFile = rig.files.replaceFile.bind(rig.files);
  rig.files.replaceFile = async (path, data, options) => {
    if (path === file && ++count === 1) rig.files.write(file, "a = 1\nb = 2\n");
    await replaceFile(path, data, options);
  };
  await rig.migrate();
  expect(rig.files.text(file)).toBe(`a = 1\nb = 2\n\n${fsTable}`);
});

test("applyMigration() gives up where somebody writes each time", async () => {
  const rig = createRig("a = 1\n");
  let count = 0;
  const replaceFile = rig.files.replaceFile.bind(rig.files);
  rig.files.replaceFile = async (path, data, options) => {
    if (path === file) rig.files.write(file, `b = ${++count}\n`);
    await replaceFile(path, data, options);
  };
  expect(await thrown(() => rig.migrate())).toMatchObject({
    code: "file/unwritable",
    retryable: true,
  });
  expect(rig.files.text(file)).toBe(`b = ${count}\n`);
});

test("applyMigration() leaves a file alone that is read-only", async () => {
  const rig = createRig('model = "m"\n');
  await rig.files.replaceFile(file, 'model = "m"\n', { mode: 0o444, isModeFixed: true });
  expect(await thrown(() => rig.migrate())).toMatchObject({
    code: "file/unwritable",
    message: `${file} is read-only, and stays as it is`,
    hint: `let it be changed: chmod u+w ${file}`,
  });
  expect(rig.files.text(file)).toBe('model = "m"\n');
});

test("applyMigration() starts from the first record where somebody wrote meanwhile", async () => {
  const rig = createRig("");
  const plain = 'model = "m"';
  await rig.files.replaceFile(file, "", { mode: 0o600 });
  let isFirst = true;
  const replaceFile = rig.files.replaceFile.bind(rig.files);
  rig.files.replaceFile = async (path, data, options) => {
    if (path === file && isFirst) {
      isFirst = false;
      await replaceFile(file, plain);
    }
    await replaceFile(path, data, options);
  };
  await rig.migrate();
  await rig.migrate({ desired: new Map() });
  expect(rig.files.text(file)).toBe(plain);
});

test("applyMigration() names the directory that it could not write in", async () => {
  const failing = async (path: string): Promise<unknown> => {
    const rig = createRig("a = 1\n");
    const replaceFile = rig.files.replaceFile.bind(rig.files);
    rig.files.replaceFile = async (target, data, options) => {
      if (target === path) throw Object.assign(new Error("denied"), { code: "EACCES" });
      await replaceFile(target, data, options);
    };
    return await thrown(() => rig.migrate());
  };
  for (const path of [recordFile, file]) {
    expect(await failing(path)).toMatchObject({
      code: "file/unwritable",
      message: `Could not write in ${dirname(path)}: EACCES`,
      hint: `look at its owner and mode: ls -ld ${dirname(path)}`,
    });
  }
  const rig = createRig("a = 1\n");
  rig.files.withLock = () =>
    Promise.reject(Object.assign(new Error("no"), { code: "ERR_SQLITE_ERROR" }));
  expect(await thrown(() => rig.migrate())).toMatchObject({
    message: `Could not write in ${dirname(recordFile)}: no lock can be had there`,
  });
});

test("applyMigration() updates what is ours, and what the user puts around it stays", async () => {
  const rig = createRig("a = 1\n");
  await rig.migrate();
  rig.files.write(
    file,
    `# top\n${(rig.files.text(file) ?? "").replace("command", "# mine\ncommand")}\n[b]\nc = 1\n`,
  );
  await rig.migrate({ desired: new Map([["fs", { command: "other", args: ["x"] }]]) });
  expect(rig.files.text(file)).toBe(
    '# top\na = 1\n\n[mcp_servers.fs]\ncommand = "other"\nargs = ["x"]\n# mine\n\n[b]\nc = 1\n',
  );
  await rig.migrate({ desired: new Map() });
  expect(rig.files.text(file)).toBe("# top\na = 1\n# mine\n\n[b]\nc = 1\n");
});

test.each([
  ['mcp_servers.fs = { command = "npx" }\n', 'mcp_servers.fs = { command = "other" }\n'],
  ['[mcp_servers]\nfs.command = "npx"\n', '[mcp_servers]\nfs = { command = "other" }\n'],
  [
    'mcp_servers = { a = { command = "x" }, fs = { command = "npx" } }\n',
    'mcp_servers = { a = { command = "x" }, fs = { command = "other" } }\n',
  ],
  ['[mcp_servers."fs"]\n"command" = \'npx\'\n', '[mcp_servers.fs]\ncommand = "other"\n'],
])("applyMigration() updates what codex wrote in another form: %j", async (text, updated) => {
  const rig = createRig("");
  await rig.migrate();
  rig.files.write(file, text);
  await rig.migrate({ desired: new Map([["fs", { command: "other" }]]) });
  expect(rig.files.text(file)).toBe(updated);
});
