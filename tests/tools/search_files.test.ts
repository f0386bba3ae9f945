import { describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import type { Spawner } from "../../src/core/ports.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { machineFiles } from "../../src/platform/files.ts";
import { createSpawner } from "../../src/platform/spawner.ts";
import { createSearchFilesTool } from "../../src/tools/search_files.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createFakeFiles } from "../fakes/files.ts";
import {
  callTool,
  fileToolDeps,
  type ToolAnswer,
  useTemporaryDirectory,
} from "../fakes/file_tools.ts";
import { createFakeSpawner } from "../fakes/spawner.ts";
import { thrown } from "../fakes/thrown.ts";
import { createToolContext } from "../fakes/tool_context.ts";

function setUp(tree: Readonly<Record<string, string | Uint8Array>>) {
  const files = createFakeFiles(tree);
  files.directory("/project");
  const { memory: _memory, ...deps } = fileToolDeps(files);
  const spawner = createFakeSpawner(() => 1, { programs: [] });
  const tool = createSearchFilesTool({ ...deps, spawner, clock: createFakeClock(), env: {} });
  let session = 0;
  return {
    files,
    tool,
    /** In a session of its own: what repeats is counted by session. */
    search: (input: object): Promise<ToolAnswer> =>
      callTool(tool, input, { sessionId: `s${++session}` }),
    searchAgain: (input: object): Promise<ToolAnswer> => callTool(tool, input),
  };
}

const tree = {
  "/project/src/a.ts": "one\ntwo needle\nthree\nfour needle\nfive\n",
  "/project/src/b.ts": "needle\n",
  "/project/docs/c.md": "no\n",
  "/elsewhere/d.md": "a needle\n",
};

describe("search_files", () => {
  test("finds lines, with paths as they are named from the working directory", async () => {
    const { search } = setUp(tree);
    expect(await search({ pattern: "needle" })).toEqual({
      total_count: 3,
      matches: [
        { path: "src/a.ts", line: 2, content: "two needle" },
        { path: "src/a.ts", line: 4, content: "four needle" },
        { path: "src/b.ts", line: 1, content: "needle" },
      ],
      isError: false,
    });
    expect(await search({ pattern: "needle", path: "/elsewhere" })).toEqual({
      total_count: 1,
      matches: [{ path: "/elsewhere/d.md", line: 1, content: "a needle" }],
      isError: false,
    });
    expect(await search({ pattern: "^needle", path: "src/b.ts" })).toMatchObject({
      matches: [{ path: "src/b.ts", line: 1, content: "needle" }],
    });
    expect(await search({ pattern: "needle", file_glob: "*.md" })).toEqual({
      total_count: 0,
      matches: [],
      isError: false,
    });
  });

  test("shows lines around each hit", async () => {
    const { search } = setUp(tree);
    expect(await search({ pattern: "needle", path: "src/a.ts", context: 2 })).toMatchObject({
      matches: [
        { line: 2, before: ["one"], after: ["three", "four needle"] },
        { line: 4, before: ["two needle", "three"], after: ["five"] },
      ],
    });
    expect(await search({ pattern: "^needle", context: 1 })).toMatchObject({
      matches: [{ path: "src/b.ts", line: 1, content: "needle", before: [], after: [] }],
    });
  });

  test("gives the hits without their surroundings when the file has vanished meanwhile", async () => {
    const { search, files } = setUp(tree);
    const readChunks = files.readChunks.bind(files);
    let reads = 0;
    files.readChunks = (path, options) => {
      if (++reads > 3) throw Object.assign(new Error("gone"), { code: "ENOENT" });
      return readChunks(path, options);
    };
    expect(await search({ pattern: "^needle", context: 1 })).toMatchObject({
      matches: [{ path: "src/b.ts", line: 1, content: "needle", before: [], after: [] }],
    });
  });

  test("names files, and counts hits in them", async () => {
    const { search } = setUp(tree);
    expect(await search({ pattern: "needle", output_mode: "files_only" })).toEqual({
      total_count: 2,
      files: ["src/a.ts", "src/b.ts"],
      isError: false,
    });
    expect(await search({ pattern: "needle", output_mode: "count" })).toEqual({
      total_count: 3,
      counts: { "src/a.ts": 2, "src/b.ts": 1 },
      isError: false,
    });
  });

  test("gives pages that join to the whole", async () => {
    const { search } = setUp({ ...tree, "/project/many": "x\n".repeat(25) });
    for (const mode of ["content", "files_only", "count"]) {
      const whole = await search({ pattern: "needle|x", output_mode: mode, limit: 1_000 });
      const pages: unknown[] = [];
      for (let offset: unknown = 0; offset !== undefined;) {
        const page = await search({ pattern: "needle|x", output_mode: mode, limit: 2, offset });
        expect(page["total_count"]).toBe(whole["total_count"]);
        expect("truncated" in page).toBe("next_offset" in page);
        pages.push(...Object.entries(page["matches"] ?? page["files"] ?? page["counts"] ?? {}));
        offset = page["next_offset"];
      }
      const all = Object.entries(whole["matches"] ?? whole["files"] ?? whole["counts"] ?? {});
      const valuesOf = (entries: readonly unknown[]): unknown =>
        entries.map((entry) => (Array.isArray(entry) ? entry[1] : entry));
      expect(valuesOf(pages)).toEqual(valuesOf(all));
      expect(whole).not.toHaveProperty("truncated");
    }
    expect(await search({ pattern: "needle", limit: 1 })).toEqual({
      total_count: 3,
      matches: [{ path: "src/a.ts", line: 2, content: "two needle" }],
      truncated: true,
      next_offset: 1,
      isError: false,
    });
    expect(await search({ pattern: "needle", offset: 10 })).toEqual({
      total_count: 3,
      matches: [],
      isError: false,
    });
  });

  test("stays below the size at which results are spilled, and says how to go on", async () => {
    const { tool } = setUp({ "/project/a": `${'"'.repeat(400)}x\n`.repeat(1_000) });
    for (const context of [0, 20]) {
      const input = tool.parse(JSON.stringify({ pattern: "x", limit: 1_000, context }));
      const { text } = await tool.run(input, createToolContext({ sessionId: `c${context}` }));
      expect(text.length).toBeLessThan(100_000);
      const found = JSON.parse(text);
      expect(found).toMatchObject({ total_count: 1_000, truncated: true });
      expect(found.next_offset).toBe(found.matches.length);
      expect(found.matches.length).toBeGreaterThan(0);
    }
  });

  test("counts no more than 10,000 hits", async () => {
    const { search } = setUp({ "/project/a": "x\n".repeat(10_500) });
    expect(await search({ pattern: "x", limit: 1 })).toMatchObject({
      total_count: 10_000,
      truncated: true,
      next_offset: 1,
      limit_reason: "there are more than 10000 hits",
    });
  });

  test("finds files by a part of the name, by a part of the path, and by a glob", async () => {
    const { search } = setUp({ ...tree, "/project/src/deep/src/a.tsx": "" });
    const files = async (pattern: string, rest: object = {}): Promise<unknown> =>
      (await search({ pattern, target: "files", ...rest }))["files"];
    const all = ["docs/c.md", "src/a.ts", "src/b.ts", "src/deep/src/a.tsx"];
    expect(await files("*")).toEqual(all);
    expect(await files("a.ts")).toEqual(["src/a.ts", "src/deep/src/a.tsx"]);
    expect(await files("src/a")).toEqual(["src/a.ts", "src/deep/src/a.tsx"]);
    expect(await files("*.{md,tsx}")).toEqual(["docs/c.md", "src/deep/src/a.tsx"]);
    expect(await files("src/*.ts")).toEqual(["src/a.ts", "src/b.ts"]);
    expect(await files("./src/*.ts")).toEqual(["src/a.ts", "src/b.ts"]);
    expect(await files("*.ts", { path: "src" })).toEqual(["src/a.ts", "src/b.ts"]);
    expect(await files("*", { path: "docs/c.md" })).toEqual(["docs/c.md"]);
    expect(await search({ pattern: "*", target: "files", limit: 2, offset: 1 })).toEqual({
      total_count: 4,
      files: ["src/a.ts", "src/b.ts"],
      truncated: true,
      next_offset: 3,
      isError: false,
    });
  });

  test("shows nothing of files that must not be read", async () => {
    const { search } = setUp({
      "/home/anna/.hermes/auth.json": "token\n",
      "/home/anna/.hermes/notes.md": "token\n",
      "/home/anna/.hermes/mcp-tokens/x": "token\n",
    });
    const path = "/home/anna/.hermes";
    expect(await search({ pattern: "token", path })).toEqual({
      total_count: 1,
      matches: [{ path: "/home/anna/.hermes/notes.md", line: 1, content: "token" }],
      isError: false,
    });
    expect(await search({ pattern: "token", path: `${path}/auth.json` })).toEqual({
      error: "/home/anna/.hermes/auth.json is off limits: it holds credentials",
      isError: true,
    });
  });

  test("says what is wrong", async () => {
    const { search, files, tool } = setUp(tree);
    files.device("/project/pipe");
    const problem = async (input: object): Promise<unknown> => (await search(input))["error"];
    expect(await problem({ pattern: "x", path: "" })).toBe("path must not be empty");
    expect(await problem({ pattern: "x", path: "none" })).toBe("/project/none does not exist");
    expect(await problem({ pattern: "x", path: "pipe" })).toBe(
      "/project/pipe is neither a directory nor a regular file",
    );
    expect(await problem({ pattern: "x", path: "/dev" })).toBe(
      "/dev is off limits: it is a device or a window into a process",
    );
    expect(await problem({ pattern: "(" })).toStartWith("Cannot search: error parsing regexp");
    expect(await problem({ pattern: "x", file_glob: "[" })).toBe(
      "Cannot search: the glob cannot be read: [",
    );
    files.fail("stat", "/project/src", "EACCES");
    expect(await problem({ pattern: "x", path: "src" })).toBe(
      "Cannot search in /project/src: permission denied",
    );
    for (const input of [
      {},
      { pattern: "" },
      { pattern: "x", limit: 0 },
      { pattern: "x", limit: 1_001 },
      { pattern: "x", context: 21 },
    ]) {
      expect(await thrown(() => tool.parse(JSON.stringify(input)))).toMatchObject({
        code: "turn/tool_arguments",
      });
    }
  });

  test("warns of a search that finds the same again and again, then shows it no more", async () => {
    const { searchAgain, files } = setUp(tree);
    const again = (): Promise<ToolAnswer> => searchAgain({ pattern: "needle" });
    await again();
    expect(await again()).not.toHaveProperty("_warning");
    expect(await again()).toMatchObject({
      total_count: 3,
      _warning: "The same search has found the same 3 times in a row",
    });
    expect(await again()).toEqual({
      error:
        "BLOCKED: this search has found the same 4 times in a row. Use what you have, or search for something else",
      isError: true,
    });
    files.write("/project/src/b.ts", "gone");
    expect(await again()).toMatchObject({ total_count: 2, isError: false });
    await searchAgain({ pattern: "two" });
    expect(await again()).not.toHaveProperty("_warning");
  });

  test("fails as the turn is interrupted", async () => {
    const { tool } = setUp(tree);
    const context = createToolContext({ signal: AbortSignal.abort() });
    expect(await thrown(() => tool.run(tool.parse('{"pattern":"x"}'), context))).toMatchObject({
      code: "turn/interrupted",
    });
  });

  test("uses ripgrep where it is installed", async () => {
    const files = createFakeFiles(tree);
    const { memory: _memory, ...deps } = fileToolDeps(files);
    const spawner = createFakeSpawner(
      ({ print }) => {
        print("/project/src/a.ts\x002:two needle\n");
        return 0;
      },
      { programs: ["rg"] },
    );
    const tool = createSearchFilesTool({ ...deps, spawner, clock: createFakeClock(), env: {} });
    expect(await callTool(tool, { pattern: "needle", context: 1 })).toEqual({
      total_count: 1,
      matches: [
        { path: "src/a.ts", line: 2, content: "two needle", before: ["one"], after: ["three"] },
      ],
      isError: false,
    });
    expect(spawner.requests.map(({ program }) => program)).toEqual(["/usr/bin/rg"]);
  });
});

describe("search_files on this machine", () => {
  const temporary = useTemporaryDirectory();

  test("gives the same with and without ripgrep, and waits for no named pipe", async () => {
    await temporary.put({
      ".git/HEAD": "needle",
      ".gitignore": "dist/\n",
      "dist/a.js": "needle",
      "src/a.ts": "one\r\nneedle\r\nthree\r\n",
      "src/b.md": "needle",
    });
    execFileSync("mkfifo", [temporary.at("src/pipe")]);
    const { memory: _memory, ...deps } = fileToolDeps(machineFiles);
    const real = createSpawner(process.env);
    const toolWith = (find: Spawner["find"]) =>
      createSearchFilesTool({ ...deps, spawner: { ...real, find }, clock: systemClock, env: {} });
    const input = { pattern: "^needle$", context: 1, file_glob: "*.{ts,js}" };
    const context = { cwd: temporary.at("") };
    const found: ToolAnswer = {
      total_count: 1,
      matches: [
        { path: "src/a.ts", line: 2, content: "needle", before: ["one"], after: ["three"] },
      ],
      isError: false,
    };
    expect(
      await callTool(
        toolWith((program) => real.find(program)),
        input,
        context,
      ),
    ).toEqual(found);
    expect(
      await callTool(
        toolWith(() => Promise.resolve(undefined)),
        input,
        context,
      ),
    ).toEqual(found);
  });
});
