import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { machineProcesses } from "../../../src/platform/processes.ts";
import { until } from "../../fakes/until.ts";
import { binary, Running } from "../sandbox.ts";
import { createJobsBox, type JobsBox } from "./jobs_box.ts";

/** Processes that belong to the home of a box. */
const ofHome = (box: JobsBox): Promise<readonly number[]> =>
  machineProcesses.withVariable("HERMES_HOME", box.sandbox.home);

/** Starts a program whose output goes into a pipe that is full and that nobody reads. */
const unread =
  'mkfifo "$1" && exec 3<>"$1" && head -c 65536 /dev/zero >&3 && exec "$0" cron daemon >&3 2>&3';

describe("hermes cron daemon", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("runs what is due until %s", async (signal) => {
    await using box = await createJobsBox();
    await box.script("ok.sh", "#!/bin/sh\necho ok\n");
    const id = await box.add("every 1h", "--script", "ok.sh", "--no-agent", "--name", "ok");
    const daemon = box.sandbox.start(["cron", "daemon"]);
    const said = await daemon.untilStderr(/\n/);
    expect(said).toMatch(/^Running 1 job of .*: next \w{3} \d{4}-\d\d-\d\d \d\d:\d\d.*\n$/);
    while (!(await box.json("status")).daemon.running) await Bun.sleep(20);
    expect((await box.cron(["list"])).stderr).toBe("");
    expect((await box.sandbox.run(["doctor"])).stdout).toMatch(
      /\nok\tjobs\t1 active, run by process \d+\n/,
    );
    box.makeDue(id);
    await daemon.until(`${id} ok: completed`);
    daemon.signal(signal);
    const ended = await daemon.ended;
    expect([ended.code, ended.stderr.split("\n").at(-2)]).toEqual([0, `Ended by ${signal}`]);
    const { daemon: state, jobs } = await box.json("status");
    expect([state, jobs]).toEqual([{ running: false, pid: null, since: null }, 1]);
    expect((await box.sandbox.run(["doctor"])).stdout).toContain(
      "\nwarning\tjobs\t1 active, and nothing runs them (hermes cron install, or hermes cron daemon)\n",
    );
  });

  test("runs its jobs, and ends, also where nobody reads what it prints", async () => {
    await using box = await createJobsBox();
    const { work, home, root } = box.sandbox;
    await box.script("ok.sh", `#!/bin/sh\necho ran >> '${work}/ran'\n`);
    const id = await box.add("every 1h", "--script", "ok.sh", "--no-agent");
    const env = { PATH: process.env["PATH"] ?? "", HOME: root, HERMES_HOME: home };
    const daemon = new Running(
      spawn("sh", ["-c", unread, binary, join(work, "pipe")], {
        cwd: work,
        env,
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
    for (const runs of ["ran\n", "ran\nran\n"]) {
      box.makeDue(id);
      while ((await box.read("ran")) !== runs) await Bun.sleep(20);
    }
    daemon.signal("SIGTERM");
    expect((await daemon.ended).code).toBe(0);
    expect((await box.json("history", id)).runs).toHaveLength(2);
  });

  test("has no good end where a second signal leaves a run in the middle", async () => {
    await using box = await createJobsBox();
    await box.script("deaf.sh", "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n");
    const id = await box.add("every 1h", "--script", "deaf.sh", "--no-agent", "--name", "deaf");
    const daemon = box.sandbox.start(["cron", "daemon"]);
    box.makeDue(id);
    while ((await box.json("status")).running.length === 0) await Bun.sleep(20);
    // A third one would leave no time for the last line.
    const signals = setInterval(() => daemon.signal("SIGTERM"), 500);
    const { code, stderr } = await daemon.ended.finally(() => clearInterval(signals));
    expect([code, stderr.split("\n").at(-2)]).toEqual([
      143,
      "Left by a second SIGTERM: what ran is written down as lost",
    ]);
    // The script is deaf, and gone all the same.
    await until(async () => (await ofHome(box)).length === 0);
    expect((await box.cron(["tick"])).stdout).toContain("lost (cron/lost)");
  });

  test("that was killed is no reason to say that its runs go on", async () => {
    await using box = await createJobsBox();
    await box.script("long.sh", "#!/bin/sh\nsleep 600\n");
    const id = await box.add("every 1h", "--script", "long.sh", "--no-agent", "--name", "long");
    const daemon = box.sandbox.start(["cron", "daemon"]);
    box.makeDue(id);
    while ((await box.json("status")).running.length === 0) await Bun.sleep(20);
    expect((await box.json("list")).jobs[0].last_run.status).toBe("running");
    daemon.signal("SIGKILL");
    await daemon.ended;
    const status = await box.json("status");
    const message = expect.stringMatching(
      /^The process that ran it \(\d+\) died; the next tick writes that down$/,
    );
    const lost = { status: "lost", error: { code: "cron/lost", message }, ended_at: null };
    expect([status.running, status.failures]).toMatchObject([[], [lost]]);
    expect((await box.json("list")).jobs[0].last_run).toMatchObject(lost);
    expect((await box.json("show", id)).last_run).toMatchObject(lost);
    expect((await box.cron(["history", id])).stdout).toContain("\tlost (cron/lost)\t");
    // Looking changed nothing.
    const ticked = await box.cron(["tick"]);
    expect([ticked.code, ticked.stdout]).toEqual([1, expect.stringContaining("lost (cron/lost)")]);
    const [written] = (await box.json("history", id)).runs;
    expect([written.status, written.ended_at, written.exit_code]).toEqual([
      "lost",
      expect.any(String),
      1,
    ]);
    await until(async () => (await ofHome(box)).length === 0);
  });

  test("says what keeps its jobs from running, once", async () => {
    await using box = await createJobsBox();
    await box.script("ok.sh", "#!/bin/sh\necho ok\n");
    const id = await box.add("every 1h", "--script", "ok.sh", "--no-agent", "--name", "stuck");
    const other = await box.add("every 1h", "--script", "ok.sh", "--no-agent", "--name", "ok");
    // What should be a lock is something that none can be.
    const lock = join(box.sandbox.home, "cron/locks", `${id}.lock`);
    await mkdir(lock, { recursive: true });
    const daemon = box.sandbox.start(["cron", "daemon"]);
    await daemon.untilStderr(/^Running 2 jobs/);
    box.makeDue(id);
    await daemon.untilStderr(/\nwarning: What is due cannot run: /);
    box.makeDue(other);
    await daemon.until(`${other} ok: completed`);
    await rm(lock, { recursive: true });
    await daemon.until(`${id} stuck: completed`);
    daemon.signal("SIGTERM");
    const { code, stderr } = await daemon.ended;
    const [first, ...rest] = stderr.split("\n").slice(1, -2);
    expect(code).toBe(0);
    expect(first).toMatch(
      /^warning: What is due cannot run: Locks of jobs cannot be opened \(.*\): .*\.lock \(store\/unreadable\)$/,
    );
    // Again at most since the other one has run.
    expect(rest.filter((line) => line !== first)).toEqual([]);
    expect(rest.length).toBeLessThan(2);
  });

  test("is the only one of its home", async () => {
    await using box = await createJobsBox();
    const daemon = box.sandbox.start(["cron", "daemon"]);
    let pid = null;
    while (pid === null) ({ pid } = (await box.json("status")).daemon);
    const second = await box.cron(["daemon"]);
    expect(second).toEqual({
      code: 75,
      stdout: "",
      stderr: `error: A daemon runs already for this home: process ${pid} (cron/busy)\nhint: hermes cron status\n`,
    });
    daemon.signal("SIGKILL");
    await daemon.ended;
    // Its lock ended with it.
    const third = box.sandbox.start(["cron", "daemon"]);
    await third.untilStderr(/^Running 0 jobs/);
    while (!(await box.json("status")).daemon.running) await Bun.sleep(20);
    third.signal("SIGTERM");
    expect((await third.ended).code).toBe(0);
  });
});
