import { expect } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { patches } from "../../fakes/codex_cases.ts";
import { textAnswer } from "../../fakes/server_steps.ts";
import { type CodexLab, onEveryCodex, openLab, said } from "./sandbox.ts";

const done = textAnswer("All done.", { phase: "final_answer" });

const escaping = patches("*** Add File: ../outside/made.txt", "+first line", "+second line");
const made = (lab: CodexLab): string => join(lab.home.outside, "made.txt");

/** The change outside as it is told. */
function changed(lab: CodexLab, status: string) {
  const diff = "first line\nsecond line\n";
  return { type: "file_change", changes: [{ path: made(lab), kind: "add", diff }], status };
}

onEveryCodex("files of the workspace are added, changed and deleted", async (codex) => {
  const steps = [
    patches("*** Add File: hello.txt", "+hello", "*** Add File: notes.txt", "+a", "+b"),
    patches(
      "*** Update File: hello.txt",
      "@@",
      "-hello",
      "+hello world",
      "*** Delete File: notes.txt",
    ),
    done,
  ];
  await using lab = await openLab(codex, { steps });
  const { code, items, verdicts } = await lab.turn("Write a greeting");
  const [hello, notes] = [join(lab.work, "hello.txt"), join(lab.work, "notes.txt")];
  expect([code, verdicts, items]).toEqual([
    0,
    [],
    [
      {
        type: "file_change",
        changes: [
          { path: hello, kind: "add", diff: "hello\n" },
          { path: notes, kind: "add", diff: "a\nb\n" },
        ],
        status: "completed",
      },
      {
        type: "file_change",
        changes: [
          { path: hello, kind: "update", diff: "@@ -1 +1 @@\n-hello\n+hello world\n" },
          { path: notes, kind: "delete", diff: "a\nb\n" },
        ],
        status: "completed",
      },
      said("All done."),
    ],
  ]);
  expect([await readFile(hello, "utf8"), existsSync(notes)]).toEqual(["hello world\n", false]);
});

onEveryCodex("a patch that does not fit fails, and the turn goes on", async (codex) => {
  const steps = [patches("*** Update File: none.txt", "@@", "-a", "+b"), done];
  await using lab = await openLab(codex, { steps });
  const { code, last } = await lab.turn("Change it");
  expect([code, last["final_text"]]).toEqual([0, "All done."]);
});

onEveryCodex("a patch outside is denied when nobody is there", async (codex) => {
  await using lab = await openLab(codex, { steps: [escaping, done] });
  const { code, items, verdicts, events } = await lab.turn("Write outside");
  expect([code, items, verdicts]).toEqual([
    6,
    [changed(lab, "declined"), said("All done.")],
    ["deny by policy"],
  ]);
  expect(events.find(({ type }) => type === "approval.decided")).toMatchObject({
    subject: {
      kind: "file_change",
      changes: [{ path: made(lab), kind: "add" }],
      diff: `--- /dev/null\n+++ ${made(lab)}\n@@ -0,0 +1,2 @@\n+first line\n+second line`,
    },
  });
  expect(existsSync(made(lab))).toBe(false);
});

onEveryCodex("what was denied can be allowed as its hint says", async (codex) => {
  await using lab = await openLab(codex, { steps: [escaping, done, escaping, done] });
  const { stderr } = await lab.turn("Write outside");
  expect(stderr).toContain(`without what was denied: add ${made(lab)} (`);
  const [, key = ""] = /--allow '(.+)', or everything/.exec(stderr) ?? [];
  const { code } = await lab.turn("Write outside", "--allow", key);
  expect([code, existsSync(made(lab))]).toEqual([0, true]);
});

onEveryCodex("--yolo lets a patch write outside", async (codex) => {
  await using lab = await openLab(codex, { steps: [escaping, done] });
  const { code, items } = await lab.turn("Write outside", "--yolo");
  expect([code, items[0]]).toEqual([0, changed(lab, "completed")]);
  expect(await readFile(made(lab), "utf8")).toBe("first line\nsecond line\n");
});

onEveryCodex("a person reads the change and allows it", async (codex) => {
  await using lab = await openLab(codex, { steps: [escaping, done] });
  const items = await lab.chat(async (person) => {
    person.says("Write outside");
    await person.sees("Allow this?", `add ${made(lab)}`, "+first line", "+second line", "deny");
    await person.answers("o");
    await person.sees("All done.");
  });
  expect(items).toEqual([changed(lab, "completed"), said("All done.")]);
  expect(await readFile(made(lab), "utf8")).toBe("first line\nsecond line\n");
});

onEveryCodex("a person allows changes of a file for the session", async (codex) => {
  const again = patches("*** Update File: ../outside/made.txt", "@@", "-first line", "+other line");
  await using lab = await openLab(codex, { steps: [escaping, again, done] });
  const items = await lab.chat(async (person) => {
    person.says("Write outside");
    await person.sees("Allow this?", made(lab), "allow for this session");
    await person.answers("s");
    await person.sees("All done.");
  });
  expect(items.map(({ status }) => status)).toEqual(["completed", "completed", undefined]);
  expect(await readFile(made(lab), "utf8")).toBe("other line\nsecond line\n");
});

onEveryCodex("a person denies the change", async (codex) => {
  await using lab = await openLab(codex, { steps: [escaping, done] });
  const items = await lab.chat(async (person) => {
    person.says("Write outside");
    await person.sees("Allow this?", made(lab), "deny");
    await person.answers("d");
    await person.sees("All done.");
  });
  expect(items).toEqual([changed(lab, "declined"), said("All done.")]);
  expect(existsSync(made(lab))).toBe(false);
});
