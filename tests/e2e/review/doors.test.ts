import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { startInPty } from "../../fakes/pty.ts";
import { startResponsesServer } from "../../fakes/responses_server.ts";
import { callTool, textAnswer } from "../../fakes/server_steps.ts";
import { binary, configFor, createSandbox, type Sandbox } from "../sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

async function keep(path: string, text: string): Promise<string> {
  const file = join(sandbox.home, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

async function json(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await sandbox.run([...args, "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as unknown;
}

const deploy = (more = "") =>
  `---\nname: deploy\ndescription: Puts the site online\n${more}---\nRun make deploy.\n`;

test("memory is shown, and forgotten after a copy was made", async () => {
  expect(await sandbox.run(["memory", "status"])).toEqual({
    code: 0,
    stdout: "",
    stderr: `Nothing is remembered: it would be in ${sandbox.home}/memories\n`,
  });
  const notes = await keep("memories/MEMORY.md", "uses pnpm\n§\nruns on arm\n");
  const user = await keep("memories/USER.md", "Anna");
  expect(await sandbox.run(["memory", "status"])).toEqual({
    code: 0,
    stdout:
      "notes  1% — 23/2,200 chars\n- uses pnpm\n- runs on arm\nyou  0% — 4/1,375 chars\n- Anna\n",
    stderr: "",
  });
  expect(await json("memory", "status")).toEqual({
    targets: [
      {
        target: "memory",
        file: notes,
        enabled: true,
        limit: 2_200,
        usage: "1% — 23/2,200 chars",
        entries: ["uses pnpm", "runs on arm"],
      },
      {
        target: "user",
        file: user,
        enabled: true,
        limit: 1_375,
        usage: "0% — 4/1,375 chars",
        entries: ["Anna"],
      },
    ],
    warnings: [],
    pending: 0,
  });

  const unasked = await sandbox.run(["memory", "reset", "user"]);
  expect([unasked.code, unasked.stderr]).toEqual([
    2,
    "error: Nobody can be asked here: this needs a confirmation (usage/invalid)\nhint: pass --yes\n",
  ]);
  const reset = await sandbox.run(["memory", "reset", "user", "--yes"]);
  const copy = reset.stderr.trim().split("as it was: ")[1] ?? "";
  expect([reset.code, await readFile(copy, "utf8"), await readFile(user, "utf8")]).toEqual([
    0,
    "Anna",
    "",
  ]);
  expect(await readFile(notes, "utf8")).toContain("pnpm");
  const both = await sandbox.run(["memory", "reset", "-y"]);
  expect(both.stderr).toStartWith("Forgotten: the notes of the agent; as it was: ");
  expect((await sandbox.run(["memory", "reset", "-y"])).stderr).toBe(
    "There was nothing to forget\n",
  );
  expect((await sandbox.run(["memory", "reset", "all", "-y"])).code).toBe(2);
});

test("a person at a terminal is asked before anything is forgotten", async () => {
  const user = await keep("memories/USER.md", "Anna");
  const env = { HOME: sandbox.root, HERMES_HOME: sandbox.home, TERM: "xterm" };
  for (const [answer, code, text] of [
    ["n", 1, "Anna"],
    ["y", 0, ""],
  ] as const) {
    await using asked = startInPty({ command: [binary, "memory", "reset"], env });
    await asked.untilShown("Forget the notes of the agent and what it knows of you?");
    asked.type(`${answer}\r`);
    expect([await asked.exited, await readFile(user, "utf8")]).toEqual([code, text]);
  }
});

test("skills are listed, shown and taken away", async () => {
  const path = await keep("skills/web/deploy/SKILL.md", deploy());
  await keep("skills/web/deploy/references/hosts.md", "one.example");
  await keep("skills/pinned/SKILL.md", deploy("pinned: true\n").replace("deploy\n", "pinned\n"));
  await keep("skills/odd/SKILL.md", "no front matter");
  const listed = await sandbox.run(["skills", "list"]);
  expect(listed.stdout).toBe(
    "pinned\ton\tPuts the site online\n" +
      "web/deploy\ton\tPuts the site online\n" +
      `odd\tbroken\t${sandbox.home}/skills/odd: it does not begin with front matter between lines of ---\n`,
  );
  expect(await json("skills", "list")).toMatchObject({
    skills: [
      { name: "pinned", category: null, pinned: true, read_only: false },
      { name: "deploy", category: "web", pinned: false, directory: dirname(path) },
    ],
    broken: [{ name: "odd" }],
    not_used: [],
    problems: [],
    pending: 0,
  });
  expect(await sandbox.run(["skills", "view", "deploy"])).toEqual({
    code: 0,
    stdout: deploy(),
    stderr: "Files: references/hosts.md\n",
  });
  const file = await sandbox.run(["skills", "view", "web/deploy", "references/hosts.md"]);
  expect(file.stdout).toBe("one.example\n");
  expect(await json("skills", "view", "deploy")).toMatchObject({
    name: "deploy",
    file: "SKILL.md",
    content: deploy(),
    files: ["references/hosts.md"],
  });
  const failures = await Promise.all(
    [
      ["skills", "view", "deplyo"],
      ["skills", "view", "odd"],
      ["skills", "view", "deploy", "../../../config.yaml"],
      ["skills", "remove", "-y", "pinned"],
      ["skills", "remove", "-y", "deploy", "nobody"],
    ].map((args) => sandbox.run(args)),
  );
  expect(failures.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2]);
  expect(failures[0]?.stderr).toContain("hint: did you mean deploy?");

  const removed = await sandbox.run(["skills", "remove", "deploy", "odd", "--yes"]);
  expect([removed.code, removed.stderr.split("\n").length]).toEqual([0, 3]);
  const kept = await readdir(join(sandbox.home, "skills/.deleted"));
  expect(kept.map((name) => name.replace(/^.*Z-/, "")).toSorted()).toEqual(["deploy", "odd"]);
  expect((await sandbox.run(["skills", "list"])).stdout).toStartWith("pinned\t");
});

test("what waits is listed, made and forgotten from a shell", async () => {
  const add = (content: string) => callTool("memory", { action: "add", target: "memory", content });
  await using server = await startResponsesServer({
    steps: [
      add("uses pnpm"),
      add("runs on arm"),
      callTool("skill_manage", { action: "create", name: "deploy", content: deploy() }),
      textAnswer("done"),
    ],
  });
  await sandbox.configure(
    `${configFor(server.url)}memory: {write_approval: true}\nskills: {write_approval: true}\n`,
  );
  await sandbox.run(["-z", "remember"]);
  expect((await sandbox.run(["memory", "status"])).stderr).toContain(
    "2 changes wait for you: hermes memory pending",
  );
  const { pending } = (await json("memory", "pending")) as {
    readonly pending: readonly { readonly id: string; readonly summary: string }[];
  };
  expect(pending).toMatchObject([
    { action: "add", summary: "add memory: uses pnpm", origin: "oneshot" },
    { action: "add", summary: "add memory: runs on arm", origin: "oneshot" },
  ]);
  const [first, second] = pending.map(({ id }) => id);
  expect(await sandbox.run(["memory", "approve", first ?? ""])).toMatchObject({
    code: 0,
    stderr: "Done: add memory: uses pnpm (0% — 9/2,200 chars)\n",
  });
  expect((await sandbox.run(["memory", "reject", second ?? ""])).stderr).toBe(
    "Not done: add memory: runs on arm\n",
  );
  expect(await sandbox.run(["memory", "reject", second ?? ""])).toMatchObject({
    code: 2,
    stderr: `error: No such change waits: ${second} (usage/invalid)\nhint: nothing waits\n`,
  });
  expect((await sandbox.run(["memory", "status"])).stdout).toContain("- uses pnpm\n");

  const { stdout } = await sandbox.run(["skills", "pending"]);
  const [id = "", , what] = stdout.trim().split("\t");
  expect(what).toBe("create the skill deploy");
  expect((await sandbox.run(["skills", "approve", id])).stderr).toBe(
    "Done: create the skill deploy\n",
  );
  expect(await readFile(join(sandbox.home, "skills/deploy/SKILL.md"), "utf8")).toBe(deploy());
});
