import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errnoOf } from "../../src/core/errors.ts";
import type { ChildProcess, SpawnRequest } from "../../src/core/ports.ts";
import { createSpawner } from "../../src/platform/spawner.ts";

let directory = "";
const path = process.env["PATH"] ?? "";
const spawner = createSpawner({ PATH: path });

beforeAll(async () => {
  directory = await fs.realpath(await fs.mkdtemp(join(tmpdir(), "spawner-")));
});

afterAll(async () => {
  await fs.rm(directory, { recursive: true });
});

function shell(command: string, rest: Partial<SpawnRequest> = {}): Promise<ChildProcess> {
  return spawner.spawn({
    program: "sh",
    arguments: ["-c", command],
    cwd: directory,
    env: { PATH: path },
    stdin: "null",
    ...rest,
  });
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text;
}

async function errnoOfSpawn(request: Partial<SpawnRequest>): Promise<string | undefined> {
  return await shell("", request).then(
    () => "started",
    (error: unknown) => errnoOf(error),
  );
}

describe("spawn()", () => {
  test("keeps stdout, stderr and the exit code apart", async () => {
    const child = await shell("echo out; echo err >&2; exit 3");
    const [out, err, status] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      child.exited,
    ]);
    expect({ out, err, status }).toEqual({
      out: "out\n",
      err: "err\n",
      status: { code: 3, signal: null },
    });
  });

  test("keeps the output for somebody who reads after the end", async () => {
    const child = await shell("echo late; echo later >&2");
    await child.exited;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    expect([await textOf(child.stdout), await textOf(child.stderr)]).toEqual(["late\n", "later\n"]);
  });

  test("gives the directory and exactly the environment", async () => {
    const child = await shell("pwd; env | sort | grep -v '^_=\\|^PWD=\\|^SHLVL='", {
      env: { PATH: path, ONE: "1", BUN_OPTIONS: "--version", BUN_BE_BUN: "1" },
    });
    expect(await textOf(child.stdout)).toBe(`${directory}\nONE=1\nPATH=${path}\n`);
  });

  test("the child leads its own group and session", async () => {
    const child = await shell("ps -o pid=,pgid=,sess= -p $$ 2>/dev/null || cat /proc/$$/stat");
    const text = await textOf(child.stdout);
    const numbers = text.match(/\d+/g)?.map(Number) ?? [];
    const fields = text.includes("(") ? [numbers[0], numbers[2], numbers[3]] : numbers;
    expect(fields).toEqual([child.pid, child.pid, child.pid]);
  });

  test("null stdin is at its end", async () => {
    const child = await shell("cat; echo end");
    expect(await textOf(child.stdout)).toBe("end\n");
  });

  test("a pipe carries what is written until it is closed", async () => {
    const child = await shell("cat", { stdin: "pipe" });
    const text = textOf(child.stdout);
    await child.write("zwölf ");
    await child.write(new TextEncoder().encode("x".repeat(300_000)));
    child.closeStdin();
    expect(await text).toBe(`zwölf ${"x".repeat(300_000)}`);
  });

  test("writing to a child that has ended fails with EPIPE", async () => {
    const child = await shell("true", { stdin: "pipe" });
    await child.exited;
    expect(await child.write("x").catch((error: unknown) => errnoOf(error))).toBe("EPIPE");
  });

  test("reports what cannot be started", async () => {
    await fs.writeFile(join(directory, "plain"), "no program");
    expect({
      missing: await errnoOfSpawn({ program: "there-is-no-such-program" }),
      directory: await errnoOfSpawn({ program: directory }),
      plain: await errnoOfSpawn({ program: join(directory, "plain") }),
      cwd: await errnoOfSpawn({ cwd: join(directory, "none") }),
    }).toEqual({ missing: "ENOENT", directory: "EACCES", plain: "EACCES", cwd: "ENOENT" });
  });

  test("a child that nobody reads waits, and loses nothing", async () => {
    const size = 20_000_000;
    const child = await shell(`head -c ${size} /dev/zero; echo done >&2`);
    const order: string[] = [];
    const done = textOf(child.stderr).then(() => order.push("done"));
    const chunks = child.stdout[Symbol.asyncIterator]();
    const first = await chunks.next();
    let count = first.done === true ? 0 : first.value.length;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    order.push("read on");
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      count += next.value.length;
    }
    await done;
    expect({ order, count }).toEqual({ order: ["read on", "done"], count: size });
  });

  test("a consumer that has enough closes the pipe", async () => {
    const child = await shell("yes 2>/dev/null; exit 7");
    for await (const _ of child.stdout) break;
    expect(await child.exited).toEqual({ code: 7, signal: null });
  });
});

describe("killGroup()", () => {
  test("ends the whole family, and tells the signal", async () => {
    const child = await shell("sleep 60 & sleep 60 & echo started; wait");
    const chunks = child.stdout[Symbol.asyncIterator]();
    await chunks.next();
    expect(child.killGroup("SIGTERM")).toBe(true);
    // The pipe ends only when the last of the group has ended.
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
    expect(await child.exited).toEqual({ code: null, signal: "SIGTERM" });
  });

  test("reaches those who outlive their leader", async () => {
    const child = await shell("(trap '' TERM; sleep 60) & echo started");
    const chunks = child.stdout[Symbol.asyncIterator]();
    await chunks.next();
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.killGroup("SIGKILL")).toBe(true);
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  test("tells when there is nobody left", async () => {
    const child = await shell("true");
    await child.exited;
    expect([child.killGroup("SIGTERM"), child.killGroup("SIGKILL")]).toEqual([false, false]);
  });
});

describe("hasGroup()", () => {
  test("tells of the leader, and of those who outlive it", async () => {
    const alone = await shell("read -r line", { stdin: "pipe" });
    expect(alone.hasGroup()).toBe(true);
    alone.closeStdin();
    await alone.exited;
    expect(alone.hasGroup()).toBe(false);
    const leader = await shell("sleep 60 & echo started");
    const chunks = leader.stdout[Symbol.asyncIterator]();
    await chunks.next();
    await leader.exited;
    expect(leader.hasGroup()).toBe(true);
    leader.killGroup("SIGKILL");
  });
});

test.each(["leave.ts", "leave_behind.ts"])(
  "children die with the process that started them: %s",
  async (name) => {
    const pipe = join(directory, `alive-${name}`);
    spawnSync("mkfifo", [pipe]);
    // The end of the pipe comes when the last one that holds it has ended.
    const held = fs.readFile(pipe);
    const program = join(import.meta.dir, "programs", name);
    const { status } = spawnSync(process.execPath, [program, pipe], { stdio: "ignore" });
    expect(status).toBe(3);
    expect((await held).length).toBe(0);
  },
);

describe("abandon()", () => {
  test("ends the reading although a grandchild holds the pipe", async () => {
    const child = await shell("sleep 60 & echo started");
    const chunks = child.stdout[Symbol.asyncIterator]();
    await chunks.next();
    await child.exited;
    const next = chunks.next();
    child.abandon();
    expect(await next).toEqual({ done: true, value: undefined });
    child.killGroup("SIGKILL");
  });
});

describe("find()", () => {
  test("takes the first executable file of PATH", async () => {
    const names = ["one", "two", "three"].map((name) => join(directory, name));
    for (const name of names) await fs.mkdir(name);
    await fs.mkdir(join(directory, "one/tool"));
    await fs.writeFile(join(directory, "two/tool"), "", { mode: 0o644 });
    await fs.writeFile(join(directory, "three/tool"), "", { mode: 0o755 });
    const found = createSpawner({ PATH: names.join(":") });
    expect(await found.find("tool")).toBe(join(directory, "three/tool"));
    expect(await found.find("nothing")).toBeUndefined();
    expect(await found.find(join(directory, "three/tool"))).toBe(join(directory, "three/tool"));
    expect(await found.find(join(directory, "two/tool"))).toBeUndefined();
  });

  test("tells a relative path as an absolute one: it may be started in another directory", async () => {
    const absolute = join(process.cwd(), "scripts/build");
    expect(await createSpawner({}).find("./scripts/build")).toBe(absolute);
  });

  test("leaves out relative entries of PATH, and works without one", async () => {
    expect(await createSpawner({ PATH: ":.:tests" }).find("package.json")).toBeUndefined();
    expect(await createSpawner({}).find("sh")).toBeUndefined();
  });
});

test("what cannot start for want of descriptors says so, and starts when there are some", () => {
  const program = join(import.meta.dir, "programs/spawn_short_of_files.ts");
  const limited = ["-c", 'ulimit -n 64; exec "$0" "$1"', process.execPath, program];
  const { stdout, stderr } = spawnSync("sh", limited, { encoding: "utf8" });
  expect(stderr).toBe("");
  const { none, some, enough } = JSON.parse(stdout) as {
    readonly none: string;
    readonly some: readonly string[];
    readonly enough: string;
  };
  expect([none, enough]).toEqual(["EMFILE", "started: hi"]);
  // How many are needed, and which of them is missing last, is the runtime's affair: the one that it watches a program
  // with is asked for when that has begun.
  const known = /^(?:EMFILE|started: hi|Error: It was ended as soon as it had begun: EMFILE: .*)$/;
  expect(some.filter((outcome) => !known.test(outcome))).toEqual([]);
});
