import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { textAnswer } from "../../fakes/server_steps.ts";
import { binary, type Ended, Running } from "../sandbox.ts";
import { createJobsBox, type JobsBox } from "./jobs_box.ts";

/** What a service manager does with its socket: it prints what it is told. */
const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening")
while True:
    print(s.recv(4096).decode())
`;
const canNotify = existsSync("/usr/bin/systemd-notify") && Bun.which("python3") !== null;

/** Runs a line as cron(8) does: by `sh -c`, with little in the environment, in the home, stdin empty. */
function asCron(box: JobsBox, line: string): Promise<Ended> {
  const child = spawn("/bin/sh", ["-c", line], {
    cwd: box.sandbox.root,
    env: {
      PATH: "/usr/bin:/bin",
      HOME: box.sandbox.root,
      SHELL: "/bin/sh",
      LOGNAME: "anna",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((done) => {
    child.once("close", (code) => done({ code: code ?? -1, stdout, stderr }));
  });
}

/** A `crontab` that keeps its table in a file, and refuses as the real one does where there is none. */
async function fakeCrontab(box: JobsBox): Promise<string> {
  const bin = join(box.sandbox.root, "bin");
  await mkdir(bin);
  const table = join(box.sandbox.root, "crontab.txt");
  const text = `#!/bin/sh
case "$1" in
-l) if [ -e '${table}' ]; then cat '${table}'; else echo "no crontab for anna" >&2; exit 1; fi ;;
-) cat > '${table}' ;;
*) exit 2 ;;
esac
`;
  await writeFile(join(bin, "crontab"), text);
  await chmod(join(bin, "crontab"), 0o700);
  return `${bin}:/usr/bin:/bin`;
}

/** A `systemctl` that is a few words of shell. */
async function fakeSystemctl(box: JobsBox, body: string): Promise<string> {
  const bin = join(box.sandbox.root, "bin");
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, "systemctl"), `#!/bin/sh\n${body}\n`);
  await chmod(join(bin, "systemctl"), 0o700);
  return `${bin}:/usr/bin:/bin`;
}

/** The units of the user of a box. */
function unitsOf(box: JobsBox) {
  const directory = join(box.sandbox.root, ".config/systemd/user");
  const path = (name: string): string => join(directory, name);
  return {
    path,
    read: (name: string) => readFile(path(name), "utf8"),
    write: (name: string, text: string) => writeFile(path(name), text),
    there: async () =>
      [...(await readdir(directory).catch(() => []))].toSorted((a, b) => a.localeCompare(b)),
  };
}

describe("the crontab", () => {
  test("gets a line that works as cron runs it, and loses it again, and nothing else", async () => {
    await using box = await createJobsBox([textAnswer("Good morning")]);
    const PATH = await fakeCrontab(box);
    const table = join(box.sandbox.root, "crontab.txt");
    const id = await box.add("every 1h", "x", "--deliver", "file:told.md");
    const other = "# mine\n5 4 * * * echo 100\\% # hermes cron\n";
    await writeFile(table, other);

    const dry = await box.cron(["install", "--crontab", "--dry-run"], { env: { PATH } });
    expect([dry.code, await readFile(table, "utf8")]).toEqual([10, other]);
    expect((await box.cron(["install", "--crontab"], { env: { PATH } })).code).toBe(2);
    const done = await box.cron(["install", "--crontab", "--yes"], { env: { PATH } });
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("in your crontab")]);
    const line = `* * * * * HERMES_HOME=${box.sandbox.home} ${binary} cron tick --until-idle # hermes cron ${box.sandbox.home}`;
    expect(await readFile(table, "utf8")).toBe(`${other}${line}\n`);
    // A second time changes nothing.
    expect((await box.cron(["install", "--crontab", "--dry-run"], { env: { PATH } })).code).toBe(0);

    box.makeDue(id);
    const ran = await asCron(box, line.replace("* * * * * ", ""));
    expect(ran).toEqual({
      code: 0,
      stdout: expect.stringContaining(`${id} x: completed`),
      stderr: "",
    });
    expect(await box.read("told.md")).toContain("Good morning");

    expect((await box.cron(["uninstall", "--yes"], { env: { PATH } })).code).toBe(0);
    expect(await readFile(table, "utf8")).toBe(other);
    const again = await box.cron(["uninstall", "--yes"], { env: { PATH } });
    expect([again.code, again.stderr]).toEqual([
      0,
      `Nothing is installed for ${box.sandbox.home}\n`,
    ]);
  });

  test("tells in the mail of cron what a job lacks there", async () => {
    await using box = await createJobsBox();
    await box.sandbox.configure("model: {provider: openai, default: m1}\n");
    const warned = await box.json("add", "every 1h", "x", "--name", "news");
    const { id } = warned.job;
    await box.script("needs.sh", "#!/usr/bin/env no-such-interpreter\n");
    const script = await box.add("every 1h", "--script", "needs.sh", "--no-agent");
    box.makeDue(id);
    box.makeDue(script);
    const ran = await asCron(box, `HERMES_HOME=${box.sandbox.home} ${binary} cron tick`);
    expect([ran.code, ran.stderr]).toEqual([
      1,
      expect.stringMatching(/ \(and 1 more run went wrong\) .*\nhint: hermes cron status\n$/),
    ]);
    expect(ran.stdout).toContain("failed (auth/missing)");
    expect(ran.stdout).toContain("OPENAI_API_KEY");
    expect(ran.stdout).toContain("The script needs.sh ended with exit code 127");
  });

  test("says what is missing where there is no cron", async () => {
    await using box = await createJobsBox();
    const env = { PATH: box.sandbox.work };
    const ended = await box.cron(["install", "--yes"], { env });
    expect([ended.code, ended.stderr]).toEqual([5, expect.stringContaining("(program/missing)")]);
  });
});

test("who installs a second thing that runs the jobs is told of the first", async () => {
  await using box = await createJobsBox();
  const PATH = await fakeCrontab(box);
  await fakeSystemctl(box, "exit 0");
  const env = { PATH };
  const units = unitsOf(box);
  const line = await box.cron(["install", "--crontab", "--yes"], { env });
  expect(line.stderr).not.toContain("run already");
  const timer = await box.cron(["install", "--systemd", "--yes"], { env });
  expect([timer.code, timer.stderr]).toEqual([
    0,
    expect.stringContaining("hermes cron uninstall --crontab takes away crontab: * * * * * "),
  ]);
  const again = await box.cron(["install", "--crontab", "--yes"], { env });
  expect([again.code, again.stderr]).toEqual([
    0,
    expect.stringContaining(
      `hermes cron uninstall --systemd takes away ${units.path("hermes-cron.timer")}, ${units.path("hermes-cron.service")}\n`,
    ),
  ]);
});

describe("systemd", () => {
  test("gets a timer; where it cannot be reached, the commands are told", async () => {
    await using box = await createJobsBox();
    // A systemctl that is there and reaches nobody, as in a container.
    const PATH = await fakeSystemctl(box, "echo Failed to connect to bus >&2; exit 1");
    const env = { PATH };
    const units = unitsOf(box);
    const dry = await box.cron(["install", "--systemd", "--dry-run"], { env });
    expect([dry.code, await units.there()]).toEqual([10, []]);
    const done = await box.cron(["install", "--systemd", "--yes"], { env });
    expect([done.code, done.stderr]).toEqual([
      0,
      expect.stringContaining("  systemctl --user enable hermes-cron.timer\n"),
    ]);
    expect(await units.there()).toEqual(["hermes-cron.service", "hermes-cron.timer"]);
    const text = await units.read("hermes-cron.service");
    expect(text).toContain(`\nExecStart="${binary}" cron tick --until-idle\n`);
    expect(text).toContain(`\nEnvironment="HERMES_HOME=${box.sandbox.home}"\n`);
    // A second time changes nothing.
    const again = await box.cron(["install", "--systemd", "--dry-run"], { env });
    expect(again.code).toBe(0);

    // Somebody else's home, and somebody else's file, are left alone.
    const elsewhere = { ...env, HERMES_HOME: join(box.sandbox.root, "other") };
    for (const kind of ["--systemd", "--daemon"]) {
      expect((await box.cron(["install", kind, "--yes"], { env: elsewhere })).code).toBe(2);
    }
    expect((await box.cron(["uninstall", "--yes"], { env: elsewhere })).code).toBe(0);
    expect(await units.read("hermes-cron.service")).toBe(text);
    expect((await box.cron(["uninstall", "--systemd", "--yes"], { env })).code).toBe(0);
    expect(await units.there()).toEqual([]);
    const foreign = "[Timer]\nOnCalendar=daily\n";
    await units.write("hermes-cron.timer", foreign);
    for (const kind of ["--systemd", "--daemon"]) {
      expect((await box.cron(["install", kind, "--yes"], { env })).code).toBe(2);
    }
    expect((await box.cron(["uninstall", "--yes"], { env })).code).toBe(0);
    expect(await units.read("hermes-cron.timer")).toBe(foreign);
  });

  test("switches from one kind to the other and off, and says so when it does not start", async () => {
    await using box = await createJobsBox();
    const log = join(box.sandbox.root, "calls");
    const calls = async (): Promise<readonly string[]> => {
      const lines = (await readFile(log, "utf8")).trim().split("\n");
      await writeFile(log, "");
      return lines;
    };
    const env = { PATH: await fakeSystemctl(box, `echo "$*" >> '${log}'`) };
    const units = unitsOf(box);
    // Nobody said which: systemd is there.
    const timer = await box.cron(["install", "--yes"], { env });
    expect([timer.code, timer.stderr]).toEqual([0, expect.stringContaining("The timer runs")]);
    expect(await calls()).toEqual([
      "--user show-environment",
      "--user daemon-reload",
      "--user enable hermes-cron.timer",
      "--user restart hermes-cron.timer",
    ]);

    const daemon = await box.cron(["install", "--daemon", "--yes"], { env });
    expect(daemon.stdout).toContain(`Takes away: ${units.path("hermes-cron.timer")}\n`);
    expect([daemon.code, daemon.stderr]).toEqual([0, expect.stringContaining("The daemon runs")]);
    expect(await calls()).toEqual([
      "--user disable --now hermes-cron.timer",
      "--user daemon-reload",
      "--user enable hermes-cron.service",
      "--user restart hermes-cron.service",
    ]);
    expect(await units.there()).toEqual(["hermes-cron.service"]);

    expect((await box.cron(["install", "--systemd", "--yes"], { env })).code).toBe(0);
    expect((await calls())[0]).toBe("--user disable --now hermes-cron.service");
    // Whichever is there, by whatever name it is asked for.
    expect((await box.cron(["uninstall", "--daemon", "--yes"], { env })).code).toBe(0);
    expect(await calls()).toEqual([
      "--user disable --now hermes-cron.timer hermes-cron.service",
      "--user daemon-reload",
    ]);
    expect(await units.there()).toEqual([]);

    await fakeSystemctl(box, '[ "$2" != restart ] || { echo Job failed >&2; exit 1; }');
    const failed = await box.cron(["install", "--yes"], { env });
    expect([failed.code, failed.stderr]).toEqual([
      1,
      expect.stringContaining("systemctl --user restart hermes-cron.timer failed: Job failed"),
    ]);
    const both = await box.cron(["install", "--daemon", "--crontab"], { env });
    expect([both.code, both.stderr]).toEqual([
      2,
      expect.stringContaining("--daemon and --crontab exclude one another"),
    ]);
  });

  test.skipIf(!canNotify)(
    "starts the daemon without a terminal, PATH or stdin, and hears of it",
    async () => {
      await using box = await createJobsBox([textAnswer("Done")]);
      const id = await box.add("every 1h", "x");
      const socket = join(box.sandbox.root, "notify");
      const manager = new Running(spawn("python3", ["-u", "-c", receiver, socket]));
      await manager.until("listening");
      const daemon = box.sandbox.start(["cron", "daemon"], {
        stdin: "closed",
        cwd: "/",
        env: { PATH: "", NOTIFY_SOCKET: socket, INVOCATION_ID: "0".repeat(32) },
      });
      await manager.until("READY=1");
      box.makeDue(id);
      await daemon.until(`${id} x: completed`);
      daemon.signal("SIGTERM");
      expect((await daemon.ended).code).toBe(0);
      manager.signal("SIGTERM");
      await manager.ended;
    },
  );

  test.skipIf(!existsSync("/usr/bin/systemd-analyze")).each(["--systemd", "--daemon"])(
    "takes what %s writes as it is",
    async (kind) => {
      await using box = await createJobsBox();
      const home = join(box.sandbox.root, 'a home with %h, $HOME and "quotes"');
      await mkdir(home);
      const env = { HERMES_HOME: home, PATH: "" };
      await box.cron(["install", kind, "--yes"], { env });
      const units = unitsOf(box);
      const written = (await units.there()).map(units.path);
      expect(written.length).toBe(kind === "--systemd" ? 2 : 1);
      const verify = ["verify", "--user", "--man=no", ...written];
      // Without a directory for what runs it looks at nothing.
      const around = { HOME: box.sandbox.root, XDG_RUNTIME_DIR: box.sandbox.root };
      const checked = await new Running(spawn("/usr/bin/systemd-analyze", verify, { env: around }))
        .ended;
      const complaints = checked.stderr
        .split("\n")
        .filter((line) => /hermes-cron|Failed to initialize/.test(line));
      expect(complaints).toEqual([]);
      expect((await box.cron(["uninstall", "--yes"], { env })).code).toBe(0);
    },
  );
});

test("works without a terminal, with an empty PATH and a closed stdin", async () => {
  await using box = await createJobsBox([textAnswer("Done")]);
  const bare = { stdin: "closed", env: { PATH: "" } } as const;
  const added = await box.cron(["add", "every 1h", "x", "--name", "a"], bare);
  expect(added.code).toBe(0);
  expect(await box.cron(["run", "a"], bare)).toMatchObject({ code: 0, stdout: "Done\n" });
  expect((await box.cron(["tick"], bare)).code).toBe(0);
  expect((await box.cron(["status"], bare)).code).toBe(0);
  expect((await box.cron(["add", "1h", "-"], bare)).code).toBe(2);
  expect((await box.cron(["remove", "a"], bare)).code).toBe(2);
});
