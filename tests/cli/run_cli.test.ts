import { expect, test } from "bun:test";
import { runCli } from "../../src/cli/run_cli.ts";
import { HermesError } from "../../src/core/errors.ts";
import { createFakeApp, createFakePorts } from "../fakes/app.ts";
import { startCli } from "../fakes/cli.ts";
import { createFakeTerminal } from "../fakes/terminal.ts";

test("help and version are data, and compose no program", async () => {
  for (const argv of [["--help"], ["sessions", "list", "--help"], ["--debug", "--version"]]) {
    const run = startCli(argv);
    const { code, stdout, stderr } = await run.finish();
    expect([code, stderr, stdout === "", run.app()]).toEqual([0, "", false, undefined]);
  }
  expect((await startCli(["--version"]).finish()).stdout).toBe("hermes 1.2.3\n");
});

test("flags before the command reach the program", async () => {
  const ports = createFakePorts();
  const seen: unknown[] = [];
  const argv = ["--profile", "p", "--set", "a=1", "sessions", "list", "--set", "b=2"];
  await runCli(argv, ports, (options) => {
    seen.push(options);
    return createFakeApp(ports);
  });
  expect(seen).toEqual([{ profile: "p", overrides: ["a=1", "b=2"] }]);
});

test("the program is closed after the command, also when it failed", async () => {
  const ports = createFakePorts();
  const ends: string[] = [];
  const open = (broken: boolean) => () => ({
    ...createFakeApp(ports, broken ? { brokenStore: new HermesError("store/invalid", "No") } : {}),
    async [Symbol.asyncDispose]() {
      ends.push(broken ? "failed" : "done");
    },
  });
  expect(await runCli(["sessions", "list"], ports, open(false))).toBe(0);
  expect(await runCli(["sessions", "list"], ports, open(true))).toBe(78);
  expect(ends).toEqual(["done", "failed"]);
});

test("a program that cannot be composed is the command's failure", async () => {
  const ports = createFakePorts();
  const code = await runCli(["sessions", "list", "--json"], ports, () => {
    throw new HermesError("usage/invalid", "--profile is no profile name", { hint: "use letters" });
  });
  expect([code, ports.terminal.stderr.text()]).toEqual([
    2,
    "error: --profile is no profile name (usage/invalid)\nhint: use letters\n",
  ]);
  expect(JSON.parse(ports.terminal.stdout.text())).toMatchObject({
    error: { code: "usage/invalid" },
  });
});

test("a usage error masks secrets in what was typed", async () => {
  const key = `sk-${"a1B2c3D4".repeat(5)}`;
  const { code, stderr } = await startCli([key]).finish();
  expect(code).toBe(2);
  expect(stderr).toStartWith("error: Unknown command: sk-a1B...c3D4 (usage/invalid)\n");
});

test.each(["codex status", "codex status --json", "config path", "completion bash"])(
  "hermes %s says that stdout cannot take what it prints",
  async (line) => {
    const terminal = createFakeTerminal();
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
    });
    const ports = createFakePorts({
      terminal: { ...terminal, stdout: { ...terminal.stdout, write: () => Promise.reject(full) } },
    });
    const code = await runCli(line.split(" "), ports, () => createFakeApp(ports));
    expect([code, terminal.stderr.text()]).toEqual([
      1,
      "error: Cannot write to stdout: ENOSPC (file/unwritable)\nhint: free some space where stdout goes to\n",
    ]);
  },
);

test("a usage error of a group's command is one document with --json", async () => {
  const { code, stdout } = await startCli(["codex", "stauts", "--json"]).finish();
  expect([code, JSON.parse(stdout)]).toMatchObject([
    2,
    { error: { code: "usage/invalid", hint: "did you mean status?" } },
  ]);
  expect(stdout.trimEnd().split("\n").length).toBe(1);
});
