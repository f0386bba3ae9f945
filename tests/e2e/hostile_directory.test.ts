import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const hermes = resolve(process.env["HERMES_BINARY"] ?? "dist/hermes");
const hasStrace = spawnSync("strace", ["-V"]).status === 0;

const root = mkdtempSync(join(tmpdir(), "hermes-hostile-"));
const [hostile, harmless, home] = [
  join(root, "hostile"),
  join(root, "harmless"),
  join(root, "home"),
];
/** Exists as soon as any of the hostile code was executed. */
const trace = join(root, "executed");

beforeAll(() => {
  for (const directory of [hostile, harmless, home]) mkdirSync(directory);
  for (const [name, text] of Object.entries(hostileFiles())) {
    mkdirSync(dirname(join(hostile, name)), { recursive: true });
    writeFileSync(join(hostile, name), text);
  }
});

afterAll(() => rmSync(root, { recursive: true }));

/** Everything by which a directory can steer Bun, Node or a package manager. */
function hostileFiles(): Readonly<Record<string, string>> {
  const code = `require("node:fs").writeFileSync(${JSON.stringify(trace)}, "");`;
  const preload = `preload = ["./preload.cjs"]\n`;
  const env =
    "HERMES_HOME=/nowhere\nHERMES_PROFILE=hostile\nOPENAI_BASE_URL=http://127.0.0.1:9/v1\n";
  const modules = [
    "@inquirer/prompts",
    "bun",
    "commander",
    "hermes",
    "kysely",
    "openai",
    "yaml",
    "zod",
  ];
  return {
    "preload.cjs": code,
    "bunfig.toml": `${preload}[run]\n${preload}[test]\n${preload}`,
    ".bunfig.toml": preload,
    ".env": `${env}BUN_OPTIONS=--preload=./preload.cjs\nNODE_OPTIONS=--require=./preload.cjs\n`,
    ".env.local": `${env}BUN_BE_BUN=1\n`,
    ".env.production": env,
    "package.json": JSON.stringify({
      main: "./preload.cjs",
      imports: { "#*": "./preload.cjs" },
      scripts: { demo: "node preload.cjs" },
    }),
    "tsconfig.json": JSON.stringify({ compilerOptions: { paths: { "*": ["./preload.cjs"] } } }),
    "src/main.ts": code,
    ...Object.fromEntries(modules.map((name) => [`node_modules/${name}/index.js`, code])),
  };
}

interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with nothing but a home, and PATH, in its environment. */
function run(cwd: string, command: string, args: readonly string[], env = {}): Outcome {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { PATH: process.env["PATH"], HOME: home, ...env },
    input: "",
    encoding: "utf8",
  });
  return { exitCode: status, stdout, stderr };
}

test("the trap works: Bun itself runs the code of the directory", () => {
  run(hostile, process.execPath, ["-e", "0"]);
  expect(existsSync(trace)).toBe(true);
  rmSync(trace);
});

for (const args of [["--version"], ["--help"], ["config", "path"]]) {
  test(`hermes ${args.join(" ")} is the same in a hostile directory`, () => {
    const expected = run(harmless, hermes, args);
    expect(expected).toEqual({ exitCode: 0, stdout: expect.stringMatching(/./), stderr: "" });
    expect(run(hostile, hermes, args)).toEqual(expected);
    // With options for the runtime in the environment Bun takes another path through its start.
    expect(run(hostile, hermes, args, { BUN_OPTIONS: "--smol" })).toEqual(expected);
    expect(existsSync(trace)).toBe(false);
  });
}

test("hermes demo executes nothing of a hostile directory and leaves it as it was", () => {
  const files = (): readonly string[] =>
    readdirSync(hostile, { recursive: true, encoding: "utf8" }).toSorted();
  const before = files();
  expect(run(hostile, hermes, ["demo"]).exitCode).toBe(0);
  expect(existsSync(trace)).toBe(false);
  expect(files()).toEqual(before);
});

test.skipIf(!hasStrace)("hermes --version opens no file of a hostile directory", () => {
  const log = join(root, "strace");
  const args = ["-f", "-qq", "-e", "trace=open,openat", "-o", log, hermes, "--version"];
  expect(run(hostile, "strace", args).exitCode).toBe(0);
  const paths = [...readFileSync(log, "utf8").matchAll(/open(?:at)?\([^"]*"([^"]*)"/g)].map(
    ([, path]) => resolve(hostile, path ?? ""),
  );
  expect(paths.length).toBeGreaterThan(0);
  expect(paths.filter((path) => path.startsWith(hostile))).toEqual([]);
});
