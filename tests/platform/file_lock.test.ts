import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { withLock } from "../../src/platform/file_lock.ts";

const program = join(import.meta.dir, "programs/lock.ts");

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hermes-lock-"));
});
afterAll(() => rm(directory, { recursive: true }));

/** Another process that holds a lock. */
async function holder(path: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, path], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe("held");
  return child;
}

/** The errno that a call ends with. */
async function errnoOf(pending: Promise<unknown>): Promise<unknown> {
  return await pending.then(
    () => undefined,
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
  );
}

describe("withLock()", () => {
  test("lets one at a time work, whatever becomes of it, and leaves a private empty file", async () => {
    const path = join(directory, "one");
    const log: string[] = [];
    const work = (name: string) => async () => {
      log.push(`${name} begins`);
      for (let turns = 0; turns < 3; turns++) await stat(path);
      log.push(`${name} ends`);
      if (name === "b") throw Object.assign(new Error("b"), { code: "EB" });
      return name;
    };
    const names = ["a", "b", "c"];
    const ended = await Promise.all(
      names.map((name) => withLock(path, work(name)).catch(() => "failed")),
    );
    expect(ended).toEqual(["a", "failed", "c"]);
    const order = log.filter((line) => line.endsWith("begins")).map((line) => line.slice(0, 1));
    expect(log).toEqual(order.flatMap((name) => [`${name} begins`, `${name} ends`]));
    expect(order.toSorted()).toEqual(names);
    const { mode, size } = await stat(path);
    expect([mode & 0o777, size]).toEqual([0o600, 0]);
  });

  test("waits for another process, and gives up", async () => {
    const path = join(directory, "two");
    const child = await holder(path);
    const exit = once(child, "exit");
    expect(await errnoOf(withLock(path, () => Promise.resolve(), 0))).toBe("EBUSY");
    const mine = withLock(path, () => Promise.resolve("mine"));
    child.stdin?.end();
    expect([await mine, await exit]).toEqual(["mine", [0, null]]);
  });

  test("is given when the process that held it was killed", async () => {
    const path = join(directory, "three");
    const child = await holder(path);
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
    expect(await withLock(path, () => Promise.resolve("mine"), 0)).toBe("mine");
  });

  test("tells the errno where its file cannot be made", async () => {
    const path = join(directory, "no", "lock");
    expect(await errnoOf(withLock(path, () => Promise.resolve()))).toBe("ENOENT");
  });

  test("locks are of their file", async () => {
    const inner = () => withLock(join(directory, "five"), () => Promise.resolve("both"), 0);
    expect(await withLock(join(directory, "four"), inner)).toBe("both");
  });
});
