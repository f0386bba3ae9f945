import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hangBeforeHeaders, rateLimited, textAnswer } from "../../fakes/server_steps.ts";
import { until } from "../../fakes/until.ts";
import { createJobsBox, type JobsBox } from "./jobs_box.ts";

/** `long.sh`: makes the file `begun`, and ends when there is the file `may`. */
async function longScript(box: JobsBox): Promise<{ readonly begun: string; readonly may: string }> {
  const begun = join(box.sandbox.root, "begun");
  const may = join(box.sandbox.root, "may-end");
  const lines = ["#!/bin/sh", `touch '${begun}'`, `until [ -e '${may}' ]; do sleep 0.05; done`, ""];
  await box.script("long.sh", lines.join("\n"));
  return { begun, may };
}

describe("hermes cron run", () => {
  test("prints the answer, delivers it to a file and a command, and writes it down", async () => {
    await using box = await createJobsBox([textAnswer("All is well")]);
    await box.add(
      "every 1h",
      "How is it?",
      "--name",
      "news",
      "--deliver",
      "file:told.md",
      "--deliver",
      "command:cat > said",
    );
    const ended = await box.cron(["run", "news"]);
    expect([ended.code, ended.stdout]).toEqual([0, "All is well\n"]);
    expect(await box.read("told.md")).toContain("All is well");
    const { runs } = await box.json("history", "news");
    expect(runs).toEqual([
      {
        id: expect.stringMatching(/^run_[\da-f]{32}$/),
        job_id: expect.any(String),
        trigger: "manual",
        status: "completed",
        due_at: expect.any(String),
        started_at: expect.any(String),
        ended_at: expect.any(String),
        exit_code: 0,
        error: null,
        session_id: expect.any(String),
        usage: expect.objectContaining({ total_tokens: expect.any(Number) }),
        output_file: expect.stringContaining("/cron/output/"),
        deliveries: [
          {
            target: `file:${box.sandbox.work}/told.md`,
            delivered: true,
            attempts: 1,
            problem: null,
          },
          { target: "command:cat > said", delivered: true, attempts: 1, problem: null },
        ],
        pid: expect.any(Number),
      },
    ]);
    expect(await readFile(runs[0].output_file, "utf8")).toEndWith("\n---\n\nAll is well\n");
    expect((await box.json("show", "news")).last_run).toEqual(runs[0]);
    // A run by hand moves nothing.
    expect((await box.json("show", "news")).job.completed_runs).toBe(0);
  });

  test("exits as its run did, and tells of the failure", async () => {
    await using box = await createJobsBox([rateLimited(1)]);
    await box.script("bad.sh", "#!/bin/sh\necho halfway; echo broken >&2; exit 3\n");
    await box.add("every 1h", "x", "--name", "asks", "--deliver", "file:told.md");
    await box.add("every 1h", "--script", "bad.sh", "--no-agent", "--name", "bad");
    const asked = await box.cron(["run", "asks"]);
    expect([asked.code, asked.stdout]).toEqual([75, ""]);
    expect(asked.stderr).toContain("(model/rate_limited)");
    expect(await box.read("told.md")).toContain('The job "asks" failed');

    const bad = await box.cron(["run", "bad"]);
    expect([bad.code, bad.stdout]).toEqual([1, ""]);
    expect(bad.stderr).toContain("halfway");
    expect(bad.stderr).toContain("The script bad.sh ended with exit code 3 (cron/script_failed)");
    const { code, stdout } = await box.cron(["run", "bad", "--json"]);
    expect([code, JSON.parse(stdout).run.error.code]).toEqual([1, "cron/script_failed"]);
    const { failures } = await box.json("status");
    expect(failures.map((run: { error: { code: string } }) => run.error.code).toSorted()).toEqual([
      "cron/script_failed",
      "cron/script_failed",
      "model/rate_limited",
    ]);
    const listed = await box.cron(["list"]);
    expect(listed.stdout).toContain("\tfailed (model/rate_limited)\t");
    expect(listed.stdout).toContain("\tfailed (cron/script_failed)\t");
  });

  test("delivers nothing of a silent answer, and fails where nobody could be told", async () => {
    await using box = await createJobsBox([textAnswer("[SILENT]")]);
    await box.script("says.sh", "#!/bin/sh\necho news\n");
    await box.add("every 1h", "x", "--name", "quiet", "--deliver", "file:told.md");
    await box.add(
      "1h",
      "--script",
      "says.sh",
      "--no-agent",
      "--name",
      "lost",
      "--deliver",
      "command:exit 9",
    );
    const quiet = await box.cron(["run", "quiet"]);
    expect([quiet.code, quiet.stdout, await box.read("told.md")]).toEqual([0, "", ""]);
    expect(quiet.stderr).toContain("nothing to tell");
    const lost = await box.cron(["run", "lost"]);
    expect([lost.code, lost.stdout]).toEqual([1, "news\n"]);
    expect(lost.stderr).toContain("(cron/delivery_failed)");
    expect((await box.json("history", "quiet")).runs[0].status).toBe("silent");
  });

  test("warns at once of a webhook that would never be called", async () => {
    await using box = await createJobsBox();
    await box.script("ok.sh", "#!/bin/sh\necho ok\n");
    const hook = ["--deliver", "webhook:https://127.0.0.1:9/x"];
    const job = ["every 1h", "--script", "ok.sh", "--no-agent", "--name", "tells", ...hook];
    const warning =
      "Nothing can be delivered to 127.0.0.1:9, which is on this machine or in a private network: hermes config set security.allow_private_urls true allows it";
    expect((await box.json("add", ...job)).warnings).toEqual([warning]);
    const allowed = ["--set", "security.allow_private_urls=true"];
    expect((await box.json("edit", "tells", ...hook, ...allowed)).warnings).toEqual([]);
  });

  test("says of a failure that nobody was told of, and of each target why", async () => {
    await using box = await createJobsBox();
    await box.script("plain.sh", "#!/bin/sh\nexit 3\n");
    await box.add(
      ...["every 1h", "--script", "plain.sh", "--no-agent", "--name", "alone"],
      ...["--deliver", "command:echo no such channel; exit 9", "--deliver", "file:."],
    );
    const { code, stderr } = await box.cron(["run", "alone"]);
    const failed = "The script plain.sh ended with exit code 3";
    const first = "It ended with exit code 9: no such channel";
    const second = `It is not a file: ${box.sandbox.work}`;
    expect([code, stderr.split("\n").at(-3)]).toEqual([
      1,
      `error: ${failed}. Not delivered: command:echo no such channel; exit 9 (${first}), file:${box.sandbox.work} (${second}) (cron/script_failed)`,
    ]);
    const why = `${failed}; not delivered (command): ${first}; not delivered (file): ${second}`;
    expect((await box.cron(["history", "alone"])).stdout).toEndWith(`\t${why}\n`);
    expect((await box.cron(["show", "alone"])).stdout).toContain(`\nError:        ${why}\n`);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends with %s, and the job stays", async (signal, code) => {
    await using box = await createJobsBox([hangBeforeHeaders]);
    const id = await box.add("every 1h", "x");
    const running = box.sandbox.start(["cron", "run", id]);
    await running.until("Running");
    while (box.model.requests.length === 0) await Bun.sleep(5);
    running.signal(signal);
    const ended = await running.ended;
    expect([ended.code, ended.stdout]).toEqual([code, ""]);
    const { runs } = await box.json("history", id);
    expect([runs[0].status, runs[0].exit_code, runs[0].error.code]).toEqual([
      "interrupted",
      code,
      "turn/interrupted",
    ]);
  });

  test("leaves at once at the second signal, and the run is written down as lost", async () => {
    await using box = await createJobsBox();
    // What is being delivered when the first signal comes gets a moment to end.
    await box.script("slow.sh", "#!/bin/sh\necho news\n");
    const place = join(box.sandbox.root, "delivering");
    const deliver = `command:[ -e '${place}' ] || { touch '${place}'; sleep 60; }`;
    const id = await box.add("every 1h", "--script", "slow.sh", "--no-agent", "--deliver", deliver);
    const running = box.sandbox.start(["cron", "run", id]);
    while (!existsSync(place)) await Bun.sleep(5);
    // Two signals that come before the first was looked at are one.
    const isOver = running.ended.then(() => true);
    do running.signal("SIGINT");
    while (!(await Promise.race([isOver, Bun.sleep(20).then(() => false)])));
    expect((await running.ended).code).toBe(130);
    expect((await box.cron(["tick"])).stdout).toContain("lost (cron/lost)");
    expect((await box.json("history", id)).runs[0].status).toBe("lost");
  });

  test("leaves a job alone that runs already", async () => {
    await using box = await createJobsBox([hangBeforeHeaders]);
    const id = await box.add("every 1h", "x");
    const first = box.sandbox.start(["cron", "run", id]);
    while (box.model.requests.length === 0) await Bun.sleep(5);
    const second = await box.cron(["run", id]);
    expect([second.code, second.stderr]).toEqual([75, expect.stringContaining("(cron/busy)")]);
    first.signal("SIGTERM");
    await first.ended;
  });
});

describe("hermes cron tick", () => {
  test("runs what is due, once, with a line for each, and fails where one did", async () => {
    await using box = await createJobsBox([textAnswer("Good morning")]);
    await box.script("bad.sh", "#!/bin/sh\nexit 4\n");
    const good = await box.add("every day at 09:00", "x", "--name", "good");
    const bad = await box.add("1h", "--script", "bad.sh", "--no-agent", "--name", "bad");
    expect(await box.cron(["tick"])).toEqual({ code: 0, stdout: "", stderr: "" });
    box.makeDue(good);
    expect(await box.cron(["tick"])).toEqual({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`^${good} good: completed, [\\d.]+ s\n$`)),
      stderr: "",
    });
    box.makeDue(good);
    box.makeDue(bad);
    const ticked = await box.cron(["tick"]);
    const lines = ticked.stdout.trim().split("\n");
    const lineOf = (of: string) => lines.find((line) => line.startsWith(of));
    expect([ticked.code, lines.length, lineOf(good), lineOf(bad)]).toEqual([
      1,
      2,
      expect.stringMatching(/ good: completed, [\d.]+ s$/),
      expect.stringMatching(
        / bad: failed \(cron\/script_failed\), .*: The script bad\.sh ended with exit code 4$/,
      ),
    ]);
    const failure = "bad: The script bad.sh ended with exit code 4";
    expect(ticked.stderr).toBe(
      `error: ${failure} (cron/script_failed)\nhint: hermes cron history ${bad}\n`,
    );
    expect(await box.cron(["tick"])).toEqual({ code: 0, stdout: "", stderr: "" });
    const { job } = await box.json("show", "bad");
    expect([job.state, job.completed_runs]).toEqual(["done", 1]);
    // Something ticks: nobody has to be told to start a daemon.
    expect((await box.cron(["list"])).stderr).toBe("");
    expect((await box.json("status")).last_tick_at).toBeString();
  });

  test("tells the first of several failures, and where all of them are", async () => {
    await using box = await createJobsBox();
    await box.script("bad.sh", "#!/bin/sh\nexit 4\n");
    const bad = ["--script", "bad.sh", "--no-agent", "--name"] as const;
    for (const name of ["a", "b", "c"]) box.makeDue(await box.add("every 1h", ...bad, name));
    const { code, stdout, stderr } = await box.cron(["tick"]);
    const [, first] = stdout.split(/[ :]/);
    const failure = `${first}: The script bad.sh ended with exit code 4 (and 2 more runs went wrong)`;
    expect([code, stderr]).toEqual([
      1,
      `error: ${failure} (cron/script_failed)\nhint: hermes cron status\n`,
    ]);
  });

  test("of those that go on until nothing runs, one does the work of all, within the limits", async () => {
    await using box = await createJobsBox();
    const { begun, may } = await longScript(box);
    await box.script("next.sh", `#!/bin/sh\n[ -e '${may}' ]\n`);
    const task = ["--no-agent", "--workdir", box.sandbox.work] as const;
    const long = await box.add("every 1h", "--script", "long.sh", ...task, "--name", "long");
    box.makeDue(long);
    const first = box.sandbox.start(["cron", "tick", "--until-idle"]);
    await until(() => existsSync(begun));
    const next = await box.add("every 1h", "--script", "next.sh", ...task, "--name", "next");
    box.makeDue(next);
    const second = await box.cron(["tick", "--until-idle"]);
    expect(second).toEqual({ code: 0, stdout: "", stderr: "" });
    await writeFile(may, "");
    const { code, stdout } = await first.ended;
    const ran = stdout.replace(/, \d.*/g, "");
    expect([code, ran]).toEqual([0, `${long} long: silent\n${next} next: silent\n`]);
  });

  test("counts a tick that works for long as somebody who runs the jobs", async () => {
    await using box = await createJobsBox();
    const { begun, may } = await longScript(box);
    const id = await box.add("every 1h", "--script", "long.sh", "--no-agent");
    box.makeDue(id);
    const tick = box.sandbox.start(["cron", "tick", "--until-idle"]);
    await until(() => existsSync(begun));
    const longAgo = new Date(Date.now() - 3_600_000);
    const tickFile = join(box.sandbox.home, "cron/last_tick");
    await utimes(tickFile, longAgo, longAgo);
    expect((await box.cron(["list"])).stderr).toBe("");
    await writeFile(may, "");
    expect((await tick.ended).code).toBe(0);
    await utimes(tickFile, longAgo, longAgo);
    expect((await box.cron(["list"])).stderr).toStartWith("warning: Nothing runs these jobs now: ");
  });
});
