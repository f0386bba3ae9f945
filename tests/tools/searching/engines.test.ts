import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { mkdir, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemClock } from "../../../src/platform/clock.ts";
import { machineFiles } from "../../../src/platform/files.ts";
import { createSpawner } from "../../../src/platform/spawner.ts";
import type { Match, SearchEngine } from "../../../src/tools/searching/engine.ts";
import { createOwnEngine } from "../../../src/tools/searching/own_engine.ts";
import { createRipgrepEngine } from "../../../src/tools/searching/ripgrep.ts";
import { failureOf, useTemporaryDirectory } from "../../fakes/file_tools.ts";

const spawner = createSpawner(process.env);
const program = await spawner.find("rg");
if (program === undefined) console.error("ripgrep (rg) is not installed: its engine is not tested");

const own = createOwnEngine({ files: machineFiles, clock: systemClock });
const ripgrep: SearchEngine | undefined =
  program === undefined
    ? undefined
    : createRipgrepEngine({ spawner, env: { PATH: process.env["PATH"] ?? "" }, program });
const engines: readonly (readonly [name: string, engine: SearchEngine])[] = [
  ["the own engine", own],
  ...(ripgrep ? ([["ripgrep", ripgrep]] as const) : []),
];

const never = new AbortController().signal;
const temporary = useTemporaryDirectory();
let trees = 0;

interface Query {
  readonly pattern: string;
  readonly glob?: string;
  /** Below the tree; the tree itself where absent. */
  readonly path?: string;
}

/** A new directory with these files; a name that ends in a slash is an empty directory. */
async function plant(tree: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = temporary.at(`tree-${++trees}`);
  await mkdir(root);
  for (const [name, content] of Object.entries(tree)) {
    const path = join(root, name);
    await mkdir(name.endsWith("/") ? path : dirname(path), { recursive: true });
    if (!name.endsWith("/")) await writeFile(path, content);
  }
  return root;
}

/** Hits as `path:line:content`. */
async function matches(
  engine: SearchEngine,
  root: string,
  query: Query,
): Promise<readonly string[]> {
  const { path = "", ...rest } = query;
  const found: readonly Match[] = await Array.fromAsync(
    engine.matches({ root: join(root, path), signal: never, ...rest }),
  );
  return found.map((one) => `${one.path.slice(root.length + 1)}:${one.line}:${one.content}`);
}

async function filesOf(
  engine: SearchEngine,
  root: string,
  glob?: string,
): Promise<readonly string[]> {
  const found = engine.files({ root, signal: never, ...(glob === undefined ? {} : { glob }) });
  return (await Array.fromAsync(found)).map((path) => path.slice(root.length + 1));
}

describe.each(engines)("%s", (_name, engine) => {
  test("finds lines, in the order of the paths", async () => {
    const root = await plant({
      "b.txt": "x\nneedle 1\n",
      "a/z.txt": "needle 2",
      "a-b.txt": "needle 3\r\nno\r\nneedle 4\r\n",
      "a.txt": "needle 5\n",
      "ä💾.txt": "needle 6\n",
      "a/deep/er/x": "Needle\nneedle 7\n",
    });
    expect(await matches(engine, root, { pattern: "needle" })).toEqual([
      "a/deep/er/x:2:needle 7",
      "a/z.txt:1:needle 2",
      "a-b.txt:1:needle 3",
      "a-b.txt:3:needle 4",
      "a.txt:1:needle 5",
      "b.txt:2:needle 1",
      "ä💾.txt:1:needle 6",
    ]);
    expect(await matches(engine, root, { pattern: "^(?i)NEEDLE$" })).toEqual([
      "a/deep/er/x:1:Needle",
    ]);
    expect(await matches(engine, root, { pattern: "4$", glob: "*.txt" })).toEqual([
      "a-b.txt:3:needle 4",
    ]);
    expect(await matches(engine, root, { pattern: "nothing" })).toEqual([]);
  });

  test("passes over what is hidden, ignored, binary or a link", async () => {
    const root = await plant({
      ".git/": "",
      ".git/config": "needle",
      ".hidden": "needle",
      ".gitignore": "*.log\n/build/\n!.seen\n",
      ".seen": "needle",
      "a.log": "needle",
      "build/x": "needle",
      "sub/build/x": "needle",
      "sub/.gitignore": "!kept.log\n",
      "sub/kept.log": "needle",
      "sub/other.log": "needle",
      "early.bin": "needle\0",
      "late.bin": `needle\n${"x\n".repeat(200_000)}\0`,
      "module/.git": "gitdir: elsewhere",
      "module/a.log": "needle",
      "utf16.txt": new Uint8Array(Buffer.from("\ufeffx\nneedle", "utf16le")),
      "latin1.txt": new Uint8Array([...Buffer.from("needle "), 0xe9]),
    });
    await symlink("sub", join(root, "link"));
    await symlink("sub/build/x", join(root, "linked"));
    expect(await matches(engine, root, { pattern: "needle" })).toEqual([
      "latin1.txt:1:needle \ufffd",
      "module/a.log:1:needle",
      "sub/build/x:1:needle",
      "sub/kept.log:1:needle",
      "utf16.txt:2:needle",
    ]);
    expect(await filesOf(engine, root, "*")).toEqual([
      "early.bin",
      "late.bin",
      "latin1.txt",
      "module/a.log",
      "sub/build/x",
      "sub/kept.log",
      "utf16.txt",
    ]);
    // The rules of the repository count below it; a hidden root was meant.
    expect(await matches(engine, root, { pattern: "needle", path: "sub" })).toEqual([
      "sub/build/x:1:needle",
      "sub/kept.log:1:needle",
    ]);
    expect(await matches(engine, root, { pattern: "needle", path: ".git" })).toEqual([
      ".git/config:1:needle",
    ]);
    expect(await matches(engine, root, { pattern: "needle", path: "link" })).toHaveLength(2);
  });

  test("takes no account of .gitignore outside of a repository", async () => {
    const root = await plant({ ".gitignore": "*.log\n", "a.log": "needle" });
    expect(await matches(engine, root, { pattern: "needle" })).toEqual(["a.log:1:needle"]);
  });

  test("brings back nothing ignored or hidden for a glob that names it", async () => {
    const root = await plant({
      ".git/": "",
      ".gitignore": "*.log\nnode_modules/\n",
      ".env": "needle",
      "a.log": "needle",
      "node_modules/m/index.js": "needle",
      "src/index.js": "needle",
    });
    expect(await filesOf(engine, root, "*")).toEqual(["src/index.js"]);
    expect(await filesOf(engine, root, "*.log")).toEqual([]);
    expect(await matches(engine, root, { pattern: "needle", glob: ".env" })).toEqual([]);
    expect(await matches(engine, root, { pattern: "needle", glob: "*.log" })).toEqual([]);
    expect(await matches(engine, root, { pattern: "needle", glob: "*.{js,log}" })).toEqual([
      "src/index.js:1:needle",
    ]);
    expect(await matches(engine, root, { pattern: "needle", glob: "src/*.js" })).toEqual([
      "src/index.js:1:needle",
    ]);
  });

  test("searches a file that is named, whatever it is", async () => {
    const root = await plant({
      ".git/": "",
      ".gitignore": "*\n",
      ".env": "needle\n",
      binary: "needle\0",
      "large.txt": "needle\n",
    });
    await truncate(join(root, "large.txt"), 21 * 1024 * 1024);
    await writeFile(join(root, "long.txt"), `${"x\n".repeat(11 * 1024 * 1024)}needle\n`);
    const search = (path: string): Promise<readonly string[]> =>
      matches(engine, root, { pattern: "needle", path, glob: "*.none" });
    expect(await search(".env")).toEqual([".env:1:needle"]);
    expect(await search("long.txt")).toEqual([`long.txt:${11 * 1024 * 1024 + 1}:needle`]);
    expect(await search("binary")).toEqual([]);
    expect(await search("large.txt")).toEqual([]);
    expect(
      await Array.fromAsync(engine.files({ root: join(root, ".env"), signal: never })),
    ).toEqual([join(root, ".env")]);
  });

  test("passes over very large files in a directory", async () => {
    const root = await plant({ "small.txt": "needle", "large.txt": "" });
    await writeFile(join(root, "large.txt"), `needle\n${"x".repeat(20 * 1024 * 1024)}`);
    expect(await matches(engine, root, { pattern: "needle" })).toEqual(["small.txt:1:needle"]);
  });

  test("shows the beginning of a huge line", async () => {
    const root = await plant({
      "a.txt": `${"ä".repeat(1_000)}needle${"x".repeat(5_000_000)}\nneedle`,
      "b.txt": `${"x".repeat(499)}💾needle`,
    });
    expect(await matches(engine, root, { pattern: "needle" })).toEqual([
      `a.txt:1:${"ä".repeat(500)}…`,
      "a.txt:2:needle",
      `b.txt:1:${"x".repeat(499)}\ufffd…`,
    ]);
  });

  test("takes little time for expressions that others never finish", async () => {
    const root = await plant({ "a.txt": `${"a".repeat(50_000)}!\n` });
    for (const pattern of ["(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(a?){50}a{50}$", "(.*)*x"]) {
      expect(await matches(engine, root, { pattern })).toEqual([]);
    }
  });

  test("says what is wrong with an expression, and with a glob", async () => {
    const root = await plant({ "a.txt": "x" });
    for (const pattern of ["(", "[a", "a)", "(?=a)", "(a)\\1", "x{2,1}", "\\"]) {
      const problem = await failureOf(engine.matches({ root, pattern, signal: never }));
      expect(problem).not.toBe("no failure");
      expect(problem.length).toBeLessThan(1_001);
    }
    expect(await failureOf(engine.files({ root, glob: "[", signal: never }))).toBe(
      "the glob cannot be read: [",
    );
    const hits = engine.matches({ root, pattern: "x", glob: "[", signal: never });
    expect(await failureOf(hits)).toBe("the glob cannot be read: [");
  });

  test("passes over what cannot be read", async () => {
    const root = await plant({ "a.txt": "needle" });
    await symlink("nowhere", join(root, "dangling"));
    expect(await matches(engine, root, { pattern: "needle" })).toEqual(["a.txt:1:needle"]);
    expect(
      await failureOf(
        engine.matches({ root: join(root, "dangling"), pattern: "x", signal: never }),
      ),
    ).toBe("no failure");
  });

  test("ends when the signal aborts, before or in the middle", async () => {
    const root = await plant(
      Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`${index}.txt`, "x\n"])),
    );
    const aborted = AbortSignal.abort();
    expect(await failureOf(engine.matches({ root, pattern: "x", signal: aborted }))).toBe(
      "Interrupted",
    );
    const abort = new AbortController();
    let seen = 0;
    const problem = await failureOf(
      (async function* () {
        for await (const match of engine.matches({ root, pattern: "x", signal: abort.signal })) {
          seen++;
          abort.abort();
          yield match;
        }
      })(),
    );
    expect([problem, seen > 0]).toEqual(["Interrupted", true]);
  });
});

test.skipIf(ripgrep === undefined)(
  "both engines find the same in generated trees",
  async () => {
    // Two characters: for ripgrep, `?` stands for one byte.
    const name = fc.constantFrom("a", "b.ts", "c.txt", "build", ".hid", "a-b", "éa", "B");
    // What a carriage return at the very end is differs from one ripgrep to the next.
    const joined = (lines: readonly string[]): string => lines.join("\n").replace(/\r$/, "\r\n");
    const line = fc.constantFrom(
      "foo",
      "bar foo",
      "",
      "  foo()",
      "x = 1;",
      "FOO é",
      "\tfoo\r",
      "baz",
    );
    const content = fc.oneof(
      { weight: 8, arbitrary: fc.array(line, { maxLength: 6 }).map(joined) },
      { weight: 1, arbitrary: fc.constant("foo\n\0bin") },
      { weight: 1, arbitrary: fc.constant("") },
    );
    const rule = fc.constantFrom(
      "*.ts",
      "!b.ts",
      "build",
      "build/",
      "/a",
      "a/*",
      "!a/b.ts",
      "**/c.txt",
      "a/**",
      "a/**/B",
      "!build",
      "[ab]*",
      "?",
      "*-b",
      "!.hid",
      "# no",
      "",
    );
    const directory = fc.array(name, { maxLength: 3 });
    const tree = fc.record({
      files: fc.array(fc.tuple(directory, name, content), { maxLength: 10 }),
      ignores: fc.array(fc.tuple(directory, fc.array(rule, { maxLength: 4 })), { maxLength: 3 }),
      repositories: fc.array(directory, { maxLength: 2 }),
    });
    const query = fc.record(
      {
        pattern: fc.constantFrom(
          "foo",
          "^foo",
          "o$",
          "(?i)foo",
          "^$",
          "x|bar",
          "\\bfoo\\(",
          "[^a]z",
          "é",
        ),
        glob: fc.constantFrom(
          "*.ts",
          "*",
          "!*.ts",
          "a/*",
          "**/B",
          "*.{ts,txt}",
          "build/**",
          "a",
          "/c.txt",
        ),
      },
      { requiredKeys: ["pattern"] },
    );
    await fc.assert(
      fc.asyncProperty(
        tree,
        query,
        directory,
        async ({ files, ignores, repositories }, one, below) => {
          const root = await plant({});
          const put = async (names: readonly string[], data: string | undefined): Promise<void> => {
            const path = join(root, ...names);
            // A name may be a file in one place and a directory in another: what does not fit is left out.
            try {
              await mkdir(data === undefined ? path : dirname(path), { recursive: true });
              if (data !== undefined) await writeFile(path, data, { flag: "wx" });
            } catch {
              // It is there already.
            }
          };
          for (const names of repositories) await put([...names, ".git"], undefined);
          for (const [names, rules] of ignores)
            await put([...names, ".gitignore"], rules.join("\n"));
          for (const [names, file, data] of files) await put([...names, file], data);
          const path =
            (await machineFiles.stat(join(root, ...below)))?.kind === "directory"
              ? join(...below, ".")
              : ".";
          const start = join(root, path);
          expect(await filesOf(own, start, one.glob)).toEqual(
            await filesOf(ripgrep!, start, one.glob),
          );
          expect(await matches(own, root, { ...one, path })).toEqual(
            await matches(ripgrep!, root, { ...one, path }),
          );
          await rm(root, { recursive: true });
        },
      ),
      { seed: 131, numRuns: 150 },
    );
  },
  240_000,
);
