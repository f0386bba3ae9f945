import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import type { ChildProcess, Spawner } from "../../../src/core/ports.ts";
import { createSpawner } from "../../../src/platform/spawner.ts";
import { createRipgrepEngine } from "../../../src/tools/searching/ripgrep.ts";
import { failureOf, useTemporaryDirectory } from "../../fakes/file_tools.ts";
import { createFakeSpawner, type FakeProgram } from "../../fakes/spawner.ts";

const real = createSpawner(process.env);
const program = await real.find("rg");
if (program === undefined) console.error("ripgrep (rg) is not installed: it is not tested");

const never = new AbortController().signal;
const request = { root: "/project", pattern: "x", signal: never };

function setUp(behaviour: FakeProgram) {
  const spawner = createFakeSpawner(behaviour);
  const engine = createRipgrepEngine({ spawner, env: { A: "1" }, program: "/usr/bin/rg" });
  return { spawner, engine };
}

describe("the engine of ripgrep", () => {
  test("starts it with flags of its own, and with the expression where no flag can be", async () => {
    const { engine, spawner } = setUp(() => 1);
    await Array.fromAsync(
      engine.matches({ ...request, pattern: "--files", glob: "src/*.{ts,js}" }),
    );
    await Array.fromAsync(engine.files({ ...request, glob: "*.ts" }));
    const common = [
      "--no-config",
      "--sort=path",
      "--no-messages",
      "--no-ignore-dot",
      "--no-ignore-exclude",
      "--no-ignore-global",
      "--color=never",
    ];
    const rest = { program: "/usr/bin/rg", cwd: "/", env: { A: "1" }, stdin: "null" as const };
    expect(spawner.requests).toEqual([
      {
        ...rest,
        arguments: [
          ...common,
          "--crlf",
          "--no-heading",
          "--with-filename",
          "--line-number",
          "--null",
          "--max-columns=4000",
          "--max-columns-preview",
          "--max-count=10001",
          "--max-filesize=20971520",
          "--type-add=wanted:*.ts",
          "--type-add=wanted:*.js",
          "--type=wanted",
          "-e",
          "--files",
          "--",
          "/project",
        ],
      },
      { ...rest, arguments: [...common, "--files", "--null", "--", "/project"] },
    ]);
  });

  test("reads what it prints: several files, line breaks in names, colons and numbers in lines", async () => {
    const { engine } = setUp(({ print }) => {
      print("/project/a\x001:x: 2:y\n/project/a\x0012:\n/project/li");
      print("ne\nbreak\n.txt\x003:x\r\n");
      return 0;
    });
    expect(await Array.fromAsync(engine.matches(request))).toEqual([
      { path: "/project/a", line: 1, content: "x: 2:y" },
      { path: "/project/a", line: 12, content: "" },
      { path: "/project/line\nbreak\n.txt", line: 3, content: "x" },
    ]);
  });

  test("takes back the lines of a file that turns out to be binary, and no others", async () => {
    const { engine } = setUp(({ print }) => {
      print("/project/a\x001:x\n");
      print("/project/b\x001:x\n/project/b\x002:x\n");
      print(
        '/project/b: WARNING: stopped searching binary file after match (found "\\0" byte around offset 9)\n',
      );
      print("/project/c\x001:x binary file matches\n");
      print('/project/d: binary file matches (found "\\0" byte around offset 4)\n');
      return 0;
    });
    expect((await Array.fromAsync(engine.matches(request))).map(({ path }) => path)).toEqual([
      "/project/a",
      "/project/c",
    ]);
  });

  test("says what it says of an expression, but nothing of files that it could not read", async () => {
    const { engine } = setUp(({ printError }) => {
      printError("regex parse error:\n    (\n    ^\nerror: unclosed group\n");
      return 2;
    });
    expect(await failureOf(engine.matches(request))).toBe(
      "regex parse error:\n    (\n    ^\nerror: unclosed group",
    );
    const unreadable = setUp(({ print }) => {
      print("/project/a\x001:x\n");
      return 2;
    });
    expect(await Array.fromAsync(unreadable.engine.matches(request))).toHaveLength(1);
  });

  test("fails when ripgrep is killed by somebody else", async () => {
    const spawner: Spawner = {
      ...createFakeSpawner(() => 0),
      async spawn(one) {
        const child = await createFakeSpawner(() => 0).spawn(one);
        const exited = Promise.resolve({ code: null, signal: "SIGKILL" });
        return {
          ...child,
          stdout: child.stdout,
          stderr: child.stderr,
          exited,
          killGroup: () => false,
          abandon: () => undefined,
        };
      },
    };
    const engine = createRipgrepEngine({ spawner, env: {}, program: "/usr/bin/rg" });
    expect(await failureOf(engine.matches(request))).toBe("ripgrep was ended by SIGKILL");
  });
});

describe("ripgrep on this machine", () => {
  const temporary = useTemporaryDirectory();

  test.skipIf(program === undefined)(
    "is ended by an abort, and by a consumer who has enough",
    async () => {
      const children: ChildProcess[] = [];
      const spawner: Spawner = {
        ...real,
        async spawn(one) {
          const child = await real.spawn(one);
          children.push(child);
          return child;
        },
      };
      const engine = createRipgrepEngine({ spawner, env: {}, program: program ?? "" });
      // More than a pipe holds: it cannot end by itself while nobody reads.
      for (let index = 0; index < 40; index++) {
        await writeFile(temporary.at(`${index}.txt`), "x".repeat(99).concat("\n").repeat(5_000));
      }
      const root = temporary.at("");
      for await (const match of engine.matches({ ...request, root })) {
        expect(match.line).toBe(1);
        break;
      }
      const abort = new AbortController();
      const hits = engine.matches({ ...request, root, signal: abort.signal });
      const problem = await failureOf(
        (async function* () {
          for await (const match of hits) {
            abort.abort();
            yield match;
          }
        })(),
      );
      expect(problem).toBe("Interrupted");
      // Both have ended, killed or because nobody reads any more: waiting for one that has not would never end.
      expect(await Promise.all(children.map(({ exited }) => exited))).toHaveLength(2);
    },
  );
});
