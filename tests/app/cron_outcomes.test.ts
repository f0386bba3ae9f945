import { describe, expect, test } from "bun:test";
import { createOutcomeFiles } from "../../src/app/cron_outcomes.ts";
import type { RunOutcome } from "../../src/cron/run_job.ts";
import { createFakeFiles } from "../fakes/files.ts";
import { createJob, createRun } from "../fakes/job.ts";
import { thrown } from "../fakes/thrown.ts";

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const job = createJob({ name: "my\nnews" });
const run = createRun({ dueAt: at - 678, startedAt: at });
const outcome: RunOutcome = {
  status: "completed",
  text: "All is well, my secret\n",
  exitCode: 0,
  error: null,
  sessionId: "s1",
  usage: null,
};
const path = "/out/0123456789ab/2026-01-02T03-04-05.678Z.md";

function rig(initial: Record<string, string> = {}) {
  const files = createFakeFiles(initial);
  const outcomes = createOutcomeFiles(
    { files, now: () => at + 1_000, redact: (text) => text.replaceAll("secret", "***") },
    "/out",
  );
  return { files, outcomes };
}

describe("createOutcomeFiles()", () => {
  test("writes what came of a run, for the user alone, and reads it again", async () => {
    const { files, outcomes } = rig();
    expect(await outcomes.keep(job, run, outcome)).toBe(path);
    expect([files.text(path), files.modeOf(path), files.modeOf("/out/0123456789ab")]).toEqual([
      `# my news

- job: 0123456789ab
- run: run_1
- status: completed
- exit code: 0
- due: 2026-01-02T03:04:05.000Z
- started: 2026-01-02T03:04:05.678Z
- ended: 2026-01-02T03:04:06.678Z
- session: s1

---

All is well, my ***
`,
      0o600,
      0o700,
    ]);
    expect(await outcomes.read(path)).toBe("All is well, my ***\n");
    expect(await outcomes.read("/out/none.md")).toBeUndefined();
  });

  test("says what went wrong", async () => {
    const { files, outcomes } = rig();
    const error = { code: "model/quota", message: "No\nquota" } as const;
    await outcomes.keep(job, run, {
      ...outcome,
      status: "failed",
      exitCode: 75,
      error,
      sessionId: null,
    });
    expect(files.text(path)).toContain("- exit code: 75\n- error: No quota (model/quota)\n- due: ");
  });

  test("keeps the newest hundred, and what is no outcome, but not what a process began when it died", async () => {
    const names = Array.from({ length: 120 }, (_, day) =>
      new Date(day * 86_400_000).toISOString().replaceAll(":", "-"),
    );
    const { files, outcomes } = rig({
      "/out/0123456789ab/notes.txt": "",
      "/out/0123456789ab/.hermes-1b4e28ba-2fa1.tmp": "# my",
      ...Object.fromEntries(names.map((name) => [`/out/0123456789ab/${name}.md`, ""])),
    });
    await outcomes.keep(job, run, outcome);
    const left = (await files.list("/out/0123456789ab")).map(({ name }) => name).toSorted();
    expect(left).toEqual([
      ...names.slice(-99).map((name) => `${name}.md`),
      "2026-01-02T03-04-05.678Z.md",
      "notes.txt",
    ]);
  });

  test("keeps what was written just now, also behind a hundred of a clock that was ahead", async () => {
    const ahead = Array.from({ length: 100 }, (_, hour) =>
      new Date(at + (hour + 1) * 3_600_000).toISOString().replaceAll(":", "-"),
    );
    const before = "2025-12-31T00-00-00.000Z.md";
    const { files, outcomes } = rig({
      [`/out/0123456789ab/${before}`]: "",
      "/out/0123456789ab/thoughts.md": "",
      ...Object.fromEntries(ahead.map((name) => [`/out/0123456789ab/${name}.md`, ""])),
    });
    await outcomes.keep(job, run, outcome);
    const left = (await files.list("/out/0123456789ab")).map(({ name }) => name).toSorted();
    expect(left).toEqual([
      before,
      "2026-01-02T03-04-05.678Z.md",
      ...ahead.slice(-98).map((name) => `${name}.md`),
      "thoughts.md",
    ]);
  });

  test.each([
    ["ENOSPC", "store/full", `The disk is full, cannot write the outcome: ${path}`],
    ["EROFS", "file/unwritable", `Cannot write the outcome (EROFS): ${path}`],
  ] as const)("fails with %s as %s", async (errno, code, message) => {
    const { files, outcomes } = rig();
    files.fail("replaceFile", "/out", errno);
    const error = await thrown(() => outcomes.keep(job, run, outcome));
    expect([error.code, error.message]).toEqual([code, message]);
  });
});
