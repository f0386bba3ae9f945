import { expect } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { asksToRun, runs, runsProgram } from "../../fakes/codex_cases.ts";
import { textAnswer } from "../../fakes/server_steps.ts";
import { type CodexLab, ctrlC, isNew, onEveryCodex, openLab, said, type Told } from "./sandbox.ts";

const done = textAnswer("All done.", { phase: "final_answer" });

/** A command as it is told. */
function ran(lab: CodexLab, command: string, facts: Told = {}): Told {
  return {
    type: "command",
    command,
    cwd: lab.work,
    exit_code: 0,
    output: "",
    status: "completed",
    ...facts,
  };
}

/**
 * Work before words: codex 0.130 may tell the end of a command after what the model says of it, and then loses what the
 * command wrote.
 */
function workFirst(items: readonly Told[]): readonly Told[] {
  const isWords = ({ type }: Told): boolean => type === "assistant_message";
  return items.toSorted((one, other) => Number(isWords(one)) - Number(isWords(other)));
}

/** What a command wrote, as far as this codex tells it. */
function written({ codex }: CodexLab, output: string): Told {
  return { output: isNew(codex) ? output : expect.any(String) };
}

/** A command that nobody ran. */
const declined: Told = { exit_code: null, status: "declined" };

/** Writes where the sandbox lets nobody write. */
const escape = "echo outside > ../outside/made.txt";
const made = (lab: CodexLab): string => join(lab.home.outside, "made.txt");

onEveryCodex("a command runs in the sandbox without a question", async (codex) => {
  const command = "echo one > made.txt; cat made.txt";
  await using lab = await openLab(codex, { steps: [runs(command), done] });
  const { code, items, verdicts } = await lab.turn("Make a file");
  expect([code, workFirst(items), verdicts]).toEqual([
    0,
    [ran(lab, command, written(lab, "one\n")), said("All done.")],
    [],
  ]);
  expect(await readFile(join(lab.work, "made.txt"), "utf8")).toBe("one\n");
});

onEveryCodex(
  "without a choice of the user's, commands may write where they work",
  async (codex) => {
    await using lab = await openLab(codex, {
      steps: [done],
      home: { sandboxMode: null, settings: { sandbox_workspace_write: {} } },
    });
    const { code } = await lab.turn("Say hello");
    expect(code).toBe(0);
    expect(JSON.stringify(lab.server.requests[0]?.body)).toContain(
      "`sandbox_mode` is `workspace-write`",
    );
  },
);

onEveryCodex("read-only stays read-only where the user chose it", async (codex) => {
  const command = "echo one > made.txt";
  const home = { sandboxMode: "read-only" } as const;
  await using lab = await openLab(codex, { steps: [runs(command), done], home });
  const { code } = await lab.turn("Make a file");
  expect(code).toBe(0);
  expect(existsSync(join(lab.work, "made.txt"))).toBe(false);
});

onEveryCodex("read-only stays read-only where the project chose it", async (codex) => {
  const command = "echo one > made.txt";
  const home = { sandboxMode: null, settings: { sandbox_workspace_write: {} } } as const;
  await using lab = await openLab(codex, { steps: [runs(command), done], home });
  const project = `[projects.${JSON.stringify(lab.work)}]\ntrust_level = "trusted"\n`;
  await lab.amendConfig(project);
  await mkdir(join(lab.work, ".codex"));
  await writeFile(join(lab.work, ".codex", "config.toml"), 'sandbox_mode = "read-only"\n');
  const { code } = await lab.turn("Make a file");
  expect([code, existsSync(join(lab.work, "made.txt"))]).toEqual([0, false]);
});

onEveryCodex("a command that fails is told with its exit code", async (codex) => {
  const command = "echo broken >&2; exit 3";
  await using lab = await openLab(codex, { steps: [runs(command), done] });
  const { code, items } = await lab.turn("Break it");
  const failed = { exit_code: 3, ...written(lab, "broken\n"), status: "failed" };
  expect([code, workFirst(items)]).toEqual([0, [ran(lab, command, failed), said("All done.")]]);
});

onEveryCodex("the sandbox keeps a command inside", async (codex) => {
  await using lab = await openLab(codex, { steps: [runs(escape), done] });
  const { code } = await lab.turn("Write outside");
  expect(code).toBe(0);
  expect(existsSync(made(lab))).toBe(false);
});

onEveryCodex("codex keeps its own environment and HOME for commands", async (codex) => {
  const command = 'echo "$HOME $MARK"';
  const situation = { steps: [runs(command), done], env: { MARK: "here" } };
  await using lab = await openLab(codex, situation);
  const { items } = await lab.turn("Look");
  const output = written(lab, `${lab.env["HOME"]} here\n`);
  expect(workFirst(items)[0]).toEqual(ran(lab, command, output));
});

onEveryCodex("commands are found again under every policy of their environment", async (codex) => {
  const command = 'echo "${HERMES_CODEX_RUN:+marked} $OWN" > made.txt';
  const policy = { inherit: "none", set: { OWN: "the user's" } };
  const home = { settings: { shell_environment_policy: policy } };
  await using lab = await openLab(codex, { steps: [runs(command), done], home });
  const { code } = await lab.turn("Look");
  const text = await readFile(join(lab.work, "made.txt"), "utf8");
  expect([code, text]).toEqual([0, "marked the user's\n"]);
});

onEveryCodex("outside the sandbox, the policy denies when nobody is there", async (codex) => {
  await using lab = await openLab(codex, { steps: [asksToRun(escape), done] });
  const { code, stderr, items, verdicts, last } = await lab.turn("Write outside");
  expect([code, workFirst(items), verdicts]).toEqual([
    6,
    [ran(lab, escape, declined), said("All done.")],
    ["deny by policy"],
  ]);
  expect(last).toMatchObject({
    type: "turn.failed",
    error: {
      code: "approval/denied",
      message: `The turn could not finish without what was denied: ${escape}`,
      hint: "allow it with --allow PATTERN, or everything with --yolo",
    },
  });
  expect(stderr).toContain("(approval/denied)\n");
  expect(existsSync(made(lab))).toBe(false);
});

onEveryCodex("work that goes on after a denial is no failure", async (codex) => {
  const steps = [asksToRun(escape), runs("echo inside > made.txt"), done];
  await using lab = await openLab(codex, { steps });
  const { code, verdicts } = await lab.turn("Write somewhere");
  expect([code, verdicts]).toEqual([0, ["deny by policy"]]);
});

onEveryCodex("--allow runs what matches and nothing else", async (codex) => {
  const [allowed, other] = ["touch ../outside/made.txt", "mkdir ../outside/other"];
  await using lab = await openLab(codex, { steps: [asksToRun(allowed), asksToRun(other), done] });
  const { code, items, verdicts } = await lab.turn("Write outside", "--allow", "touch *");
  expect([code, workFirst(items), verdicts]).toEqual([
    6,
    [ran(lab, allowed), ran(lab, other, declined), said("All done.")],
    ["allow_once by policy", "deny by policy"],
  ]);
  expect(existsSync(made(lab))).toBe(true);
});

onEveryCodex("--yolo runs everything", async (codex) => {
  await using lab = await openLab(codex, { steps: [asksToRun(escape), done] });
  const { code, items, verdicts } = await lab.turn("Write outside", "--yolo");
  expect([code, workFirst(items), verdicts]).toEqual([
    0,
    [ran(lab, escape), said("All done.")],
    ["allow_once by policy"],
  ]);
  expect(await readFile(made(lab), "utf8")).toBe("outside\n");
});

onEveryCodex("a person reads the command and allows it once", async (codex) => {
  const steps = [asksToRun(escape), asksToRun(escape), done];
  await using lab = await openLab(codex, { steps });
  const items = await lab.chat(async (person) => {
    person.says("Write outside");
    await person.sees("Allow this?", escape, `in ${lab.work}`, "allow once", "deny");
    await person.answers("o");
    await person.sees("Allow this?", escape, "deny");
    await person.answers("d");
    await person.sees("All done.");
  });
  expect(workFirst(items)).toEqual([
    ran(lab, escape),
    ran(lab, escape, declined),
    said("All done."),
  ]);
});

onEveryCodex("a person allows a command for the session", async (codex) => {
  const steps = [asksToRun(escape), asksToRun(escape), done];
  await using lab = await openLab(codex, { steps });
  const items = await lab.chat(async (person) => {
    person.says("Write outside");
    await person.sees("Allow this?", escape, "allow for this session");
    await person.answers("s");
    await person.sees("All done.");
  });
  expect(workFirst(items)).toEqual([ran(lab, escape), ran(lab, escape), said("All done.")]);
});

onEveryCodex("a person allows what begins like a command for ever", async (codex) => {
  const [first, second] = [
    "touch ../outside/one.txt",
    "touch ../outside/one.txt ../outside/two.txt",
  ];
  await using lab = await openLab(codex, { steps: [asksToRun(first), asksToRun(second), done] });
  const items = await lab.chat(async (person) => {
    person.says("Write outside");
    await person.sees("Allow this?", first, "always allow");
    await person.answers("a");
    await person.sees("All done.");
  });
  expect(workFirst(items)).toEqual([ran(lab, first), ran(lab, second), said("All done.")]);
  const rules = await readFile(join(lab.home.directory, "rules/default.rules"), "utf8");
  expect(rules).toContain("touch");
});

onEveryCodex("a person denies, and the model goes on", async (codex) => {
  const steps = [asksToRun(escape), done];
  await using lab = await openLab(codex, { steps });
  const items = await lab.chat(async (person) => {
    person.says("Write outside");
    await person.sees("Allow this?", escape, "deny");
    await person.answers("d");
    await person.sees("All done.");
  });
  expect(workFirst(items)).toEqual([ran(lab, escape, declined), said("All done.")]);
  expect(existsSync(made(lab))).toBe(false);
});

onEveryCodex("Ctrl-C at the question ends the turn, not the conversation", async (codex) => {
  const steps = [asksToRun(escape), textAnswer("Here again.")];
  await using lab = await openLab(codex, { steps });
  const items = await lab.chat(async (person) => {
    person.says("Write outside");
    await person.sees("Allow this?", escape, "deny");
    person.presses(ctrlC);
    await person.sees("interrupted", "> ");
    person.says("And now?");
    await person.sees("Here again.");
  });
  expect(workFirst(items)).toMatchObject([
    { type: "command", exit_code: null },
    said("Here again."),
  ]);
  expect(existsSync(made(lab))).toBe(false);
});

const both = `const ended = await Promise.allSettled(["one", "two"].map((name) =>
  tools.exec_command({
    cmd: "touch ../outside/" + name,
    yield_time_ms: 30_000,
    sandbox_permissions: "require_escalated",
    justification: "May I?",
  })));
text(JSON.stringify(ended));
`;
const code = { home: { model: "gpt-5.6-sol" }, steps: [runsProgram(both), done] };

onEveryCodex(
  "two questions at once are asked one after the other",
  async (codex) => {
    await using lab = await openLab(codex, code);
    const items = await lab.chat(async (person) => {
      person.says("Write both");
      await person.sees("Allow this?", "touch ../outside/", "deny");
      await person.answers("o");
      await person.sees("Allow this?", "touch ../outside/", "deny");
      await person.answers("d");
      await person.sees("All done.");
    });
    expect(new Set(items.map(({ status }) => status))).toEqual(
      new Set(["completed", "declined", undefined]),
    );
    const exist = ["one", "two"].map((name) => existsSync(join(lab.home.outside, name)));
    expect(new Set(exist)).toEqual(new Set([false, true]));
  },
  { since: "0.169.0" },
);

onEveryCodex(
  "two questions at once are both denied when nobody is there",
  async (codex) => {
    await using lab = await openLab(codex, code);
    const turn = await lab.turn("Write both");
    expect([turn.code, turn.verdicts]).toEqual([6, ["deny by policy", "deny by policy"]]);
  },
  { since: "0.169.0" },
);
