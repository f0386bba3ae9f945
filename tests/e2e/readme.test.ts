import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { exitCodes } from "../../src/cli/exit_codes.ts";
import { codexVersions } from "../fakes/codex_binaries.ts";
import { type CodexHome, createCodexHome } from "../fakes/codex_home.ts";
import { textAnswer } from "../fakes/server_steps.ts";
import { binary, createSandbox, type Ended, type Sandbox } from "./sandbox.ts";
import { startVendors, type Vendors } from "./vendors.ts";

const root = resolve(import.meta.dir, "../..");
const readme = await readFile(join(root, "README.md"), "utf8");

/** The code blocks of one language, in order. */
function blocks(language: string): readonly string[] {
  const found = readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"));
  return [...found].map((match) => match[1] ?? "");
}

/** The address that README names for a server on the reader's own machine. */
const ownServer = "http://127.0.0.1:11434/v1";

let sandbox: Sandbox;
let vendors: Vendors;
let codexHome: CodexHome;
beforeAll(async () => {
  sandbox = await createSandbox();
  vendors = await startVendors([textAnswer("Hello from the model")]);
  const bin = join(sandbox.root, "bin");
  await mkdir(bin);
  await symlink(binary, join(bin, "hermes"));
  codexHome = await createCodexHome({ serverUrl: vendors.server.url });
  await symlink(codexVersions.at(-1)?.path ?? "", join(bin, "codex"));
  const mcpServer = "mcp-server-filesystem";
  await symlink(join(root, "node_modules/.bin", mcpServer), join(bin, mcpServer));
  await writeFile(join(sandbox.work, "notes.txt"), "Notes\n");
});
afterAll(async () => {
  await codexHome[Symbol.asyncDispose]();
  await vendors[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
});

/** The way to the fake vendors. */
const toVendors = (): Readonly<Record<string, string>> => ({
  ...vendors.env,
  NO_PROXY: "127.0.0.1",
});

/** Runs a program as the reader would, with a home of the sandbox. */
function run(
  command: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = toVendors(),
): Promise<Ended> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd,
    // A group of its own: what hangs ends with all it started, and says how far it came.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: `${join(sandbox.root, "bin")}:${process.env["PATH"] ?? ""}`,
      HOME: sandbox.root,
      TMPDIR: join(sandbox.root, "tmp"),
      CODEX_HOME: codexHome.directory,
      ...env,
    },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const hung = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), 200_000);
  return new Promise((done) => {
    child.once("close", (code) => {
      clearTimeout(hung);
      done({ code: code ?? -1, stdout, stderr });
    });
  });
}

/** Commands of README that belong to a checkout, not to the installed program. */
const checkoutCommands = new Set(["npm start", "npm test"]);

describe("README", () => {
  test("its commands run as they stand, one after the other", async () => {
    const commands = blocks("sh")
      .join("")
      .split("\n")
      .filter((line) => line !== "" && !checkoutCommands.has(line));
    expect(commands.length).toBeGreaterThan(10);
    const script = commands.join("\n").replaceAll(ownServer, vendors.server.url);
    const ended = await run(["sh", "-e", "-x", "-c", script], sandbox.work);
    expect([ended.code, ended.stderr]).toEqual([0, ended.stderr]);
    expect(ended.stdout).toContain("Hello from the model");
    const hosts = new Set(vendors.proxy.requests.map(({ host }) => host));
    expect(hosts).toEqual(new Set(["api.openai.com", "api.x.ai"]));
  });

  test("npm start shows the demo, and npm test is what the build machine runs", async () => {
    const { code, stdout } = await run(["npm", "start", "--silent"], root, {});
    expect(code).toBe(0);
    expect(stdout).toContain("hermes demo: one whole turn");
    expect(await readFile(join(root, ".ci/run"), "utf8")).toContain('run "npm test" npm test');
  });

  test("the recording is what hermes demo prints", async () => {
    const { stdout } = await sandbox.run(["demo"]);
    const plain = (text: string) => text.replace(/\/\S*hermes-demo-\w+/g, "DIRECTORY").trim();
    expect(blocks("text").map(plain)).toEqual([plain(stdout)]);
  });

  test("its configuration is accepted", async () => {
    const [text = ""] = blocks("yaml");
    await sandbox.configure(text);
    const { code, stdout, stderr } = await sandbox.run(["config", "check"]);
    expect([code, stdout + stderr]).toEqual([0, stdout + stderr]);
  });

  test("its exit codes are those of the program", () => {
    const rows = readme.matchAll(/^\| (\d+(?:, \d+)*) +\|/gm);
    const listed = [...rows].flatMap((row) => (row[1] ?? "").split(", ").map(Number));
    // A signal is 128 and its number; SIGHUP, which only terminals send, is not promised.
    const known = [...new Set([...Object.values(exitCodes), 130, 143])].filter(
      (code) => code !== 129,
    );
    expect(listed.toSorted((a, b) => a - b)).toEqual(known.toSorted((a, b) => a - b));
  });

  test.each([
    ["Bun", [process.execPath, "run"]],
    ["Deno", [join(root, "node_modules/.bin/deno"), "run", "-A", "--no-lock"]],
  ])("its example runs under %s", async (_name, runner) => {
    const [text = ""] = blocks("ts");
    // Beside mod.ts, as README has it: an import of the library finds its dependencies from there.
    const file = join(root, `dist/readme_example_${process.pid}.ts`);
    const example = text.replace("./mod.ts", "../mod.ts").replace(ownServer, vendors.server.url);
    await writeFile(file, example);
    try {
      const { code, stdout, stderr } = await run([...runner, file], root);
      expect([code, stderr]).toEqual([0, stderr]);
      expect(stdout).toContain('status: "completed"');
      expect(stdout).toContain("Hello from the model");
    } finally {
      await rm(file, { force: true });
    }
  });
});
