import { expect, test } from "bun:test";
import { checkRooms, formatViolation } from "../../scripts/lib/rooms.ts";

/** The violations of one file, as printed. */
function check(path: string, source: string): readonly string[] {
  return checkRooms([{ path, source }]).map((violation) => formatViolation(violation));
}

/** Whether a file may contain a line. */
function isAllowed(path: string, source: string): boolean {
  return check(path, source).length === 0;
}

const rooms = [
  "core",
  "wire",
  "transports",
  "agent",
  "codex",
  "tools",
  "auth",
  "config",
  "storage",
].concat(["mcp", "cron", "platform", "cli"]);

test("checkRooms() lets every room import exactly the rooms of the table", () => {
  const reachable = (path: string): readonly string[] => {
    const up = path.startsWith("src/")
      ? "../".repeat(path.split("/").length - 2) || "./"
      : "./src/";
    return [...rooms.map((room) => `${room}/a.ts`), "app.ts", "app/b.ts", "main.ts"].filter(
      (target) => isAllowed(path, `import type { A } from "${up}${target}";`),
    );
  };
  const core = ["core/a.ts"];
  const app = ["app.ts", "app/b.ts"];
  const all = rooms
    .filter((room) => room !== "platform" && room !== "cli")
    .map((room) => `${room}/a.ts`);
  expect(
    Object.fromEntries(
      [...rooms.map((room) => `src/${room}/deep/x.ts`), "src/app/x.ts", "src/app.ts"]
        .concat(["src/main.ts", "mod.ts"])
        .map((path) => [path, reachable(path)]),
    ),
  ).toEqual({
    "src/core/deep/x.ts": core,
    "src/wire/deep/x.ts": ["core/a.ts", "wire/a.ts"],
    "src/transports/deep/x.ts": ["core/a.ts", "wire/a.ts", "transports/a.ts"],
    "src/agent/deep/x.ts": ["core/a.ts", "agent/a.ts"],
    "src/codex/deep/x.ts": ["core/a.ts", "wire/a.ts", "codex/a.ts"],
    "src/tools/deep/x.ts": ["core/a.ts", "tools/a.ts"],
    "src/auth/deep/x.ts": ["core/a.ts", "auth/a.ts"],
    "src/config/deep/x.ts": ["core/a.ts", "config/a.ts"],
    "src/storage/deep/x.ts": ["core/a.ts", "storage/a.ts"],
    "src/mcp/deep/x.ts": ["core/a.ts", "wire/a.ts", "mcp/a.ts"],
    "src/cron/deep/x.ts": ["core/a.ts", "cron/a.ts"],
    "src/platform/deep/x.ts": ["core/a.ts", "platform/a.ts"],
    "src/cli/deep/x.ts": [...all, "cli/a.ts", ...app],
    "src/app/x.ts": [...all, ...app],
    "src/app.ts": [...all, ...app],
    "src/main.ts": ["platform/a.ts", "cli/a.ts", ...app, "main.ts"],
    "mod.ts": [...all, "platform/a.ts", ...app],
  });
});

test("checkRooms() names the file, the line and the rule", () => {
  expect(
    check(
      "src/agent/loop.ts",
      `import { a } from "./a.ts";\nimport { t } from "../tools/todo.ts";`,
    ),
  ).toEqual([
    "src/agent/loop.ts:2: room agent must not import ../tools/todo.ts (it may import core)",
  ]);
  expect(check("src/app.ts", `const p = await import("./platform/clock.ts");`)).toEqual([
    "src/app.ts:1: room app must not import ./platform/clock.ts (platform is imported by main.ts and mod.ts only)",
  ]);
  expect(check("src/core/item.ts", `import { z } from "zod";`)).toEqual([
    "src/core/item.ts:1: room core must not import zod (it may import no package)",
  ]);
  expect(check("src/config/load.ts", `export * from "kysely";`)).toEqual([
    "src/config/load.ts:1: room config must not import kysely (it may import yaml, zod)",
  ]);
  expect(check("src/tools/skills/a.ts", `await import("yaml");\nimport "kysely";`)).toEqual([
    "src/tools/skills/a.ts:2: room tools must not import kysely (it may import diff, fflate, re2js, yaml, zod)",
  ]);
  expect(check("src/cli/chat.ts", `\nprocess.exit(1);`)).toEqual([
    "src/cli/chat.ts:2: room cli must not use process.exit(...) (process belongs to platform, storage/sqlite.ts and main.ts)",
  ]);
});

test("checkRooms() orders violations by path and line", () => {
  const source = `console.log(1);\nimport "zod";`;
  const files = ["src/wire/b.ts", "src/core/a.ts"].map((path) => ({ path, source }));
  expect(checkRooms(files).map(({ path, line }) => `${path}:${line}`)).toEqual([
    "src/core/a.ts:1",
    "src/core/a.ts:2",
    "src/wire/b.ts:1",
    "src/wire/b.ts:2",
  ]);
});

test("checkRooms() knows packages by name, with scope and subpath", () => {
  expect(isAllowed("src/config/schema.ts", `import z from "zod/mini";`)).toBe(true);
  expect(
    isAllowed("src/transports/ids.ts", `import { sha256 } from "@noble/hashes/sha2.js";`),
  ).toBe(true);
  expect(isAllowed("src/transports/ids.ts", `import { p256 } from "@noble/curves/nist.js";`)).toBe(
    false,
  );
  expect(isAllowed("src/config/schema.ts", `import z from "zod-extra";`)).toBe(false);
  for (const specifier of [
    "fs",
    "bun",
    "bun:sqlite",
    "npm:zod",
    "jsr:@std/toml",
    "https://x.example/a.ts",
    "/a.ts",
  ]) {
    expect([
      specifier,
      isAllowed("src/platform/files.ts", `import a from "${specifier}";`),
    ]).toEqual([specifier, false]);
  }
});

test("checkRooms() keeps node:* to platform and storage/sqlite.ts", () => {
  const source = `import { readFile } from "node:fs/promises";`;
  expect(isAllowed("src/platform/files.ts", source)).toBe(true);
  expect(isAllowed("src/storage/sqlite.ts", source)).toBe(true);
  expect(isAllowed("src/storage/lock.ts", source)).toBe(false);
  expect(isAllowed("src/main.ts", source)).toBe(false);
  expect(isAllowed("mod.ts", source)).toBe(false);
});

test("checkRooms() lets all rooms but core use the string functions of node:path/posix", () => {
  const source = `import { join } from "node:path/posix";`;
  expect(isAllowed("src/tools/read_file.ts", source)).toBe(true);
  expect(isAllowed("src/core/item.ts", source)).toBe(false);
  expect(isAllowed("src/tools/read_file.ts", `import { join } from "node:path";`)).toBe(false);
});

test("checkRooms() refuses what leaves src, computed imports and rooms that nobody knows", () => {
  expect(check("src/cli/version.ts", `import p from "../../package.json";`)).toEqual([
    "src/cli/version.ts:1: room cli must not import ../../package.json (sources import from src only)",
  ]);
  expect(check("src/cli/run_cli.ts", "await import(`./commands/${name}.ts`);\n")[0]).toBe(
    "src/cli/run_cli.ts:1: room cli must not import import(...) (an import must name its module)",
  );
  expect(check("src/plugins/a.ts", "export const a = 1;")).toEqual([
    "src/plugins/a.ts:1: plugins is no room of the table (scripts/lib/rooms.ts)",
  ]);
  expect(check("src/core.ts", "export const a = 1;")).toEqual([
    "src/core.ts:1: core.ts is no room of the table (scripts/lib/rooms.ts)",
  ]);
});

test("checkRooms() complains about a source that cannot be parsed", () => {
  expect(check("src/core/item.ts", "\nexport const = 1;")).toEqual([
    "src/core/item.ts:2: cannot be parsed: Unexpected token",
  ]);
});

test("checkRooms() keeps the system's globals where they belong", () => {
  const places = [
    "src/platform/a.ts",
    "src/storage/sqlite.ts",
    "src/main.ts",
    "src/storage/a.ts",
    "src/core/a.ts",
  ];
  const allowedIn = (source: string): readonly string[] =>
    places.filter((path) => isAllowed(path, source));
  const system = ["src/platform/a.ts", "src/storage/sqlite.ts"];
  const table: Record<string, readonly string[]> = {
    "process.exitCode = 1;": [...system, "src/main.ts"],
    "await fetch(url);": system,
    "deps({ fetch });": system,
    "Date.now();": system,
    "new Date();": system,
    "performance.now();": system,
    "setTimeout(f, 1);": system,
    "setInterval(f, 1);": system,
    "setImmediate(f);": system,
    "queueMicrotask(f);": system,
    "globalThis.setTimeout(f, 1);": system,
    "AbortSignal.timeout(5);": system,
    "console.error(1);": ["src/main.ts"],
    "Bun.file(path);": [],
    "Deno.cwd();": [],
    "require(path);": [],
    "new Date(0).toISOString();": places,
    "Date.parse(text);": places,
    "AbortSignal.any([a, b]);": places,
    "clock.setTimeout(f); crypto.randomUUID(); structuredClone(a);": places,
  };
  expect(
    Object.fromEntries(Object.keys(table).map((source) => [source, allowedIn(source)])),
  ).toEqual(table);
});
