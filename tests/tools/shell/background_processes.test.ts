import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSpawner } from "../../../src/platform/spawner.ts";
import { BackgroundProcesses } from "../../../src/tools/shell/background_processes.ts";
import { createFakeClock, settled } from "../../fakes/clock.ts";
import { createFakeSpawner, type FakeProgram } from "../../fakes/spawner.ts";

const request = { program: "sh", arguments: [], cwd: "/", env: {}, stdin: "null" } as const;

describe("disposing", () => {
  async function setUp(program: FakeProgram) {
    const clock = createFakeClock();
    const spawner = createFakeSpawner(program);
    const processes = new BackgroundProcesses(clock);
    const child = await spawner.spawn(request);
    await child.exited;
    processes.adopt(child);
    let isDone = false;
    const dispose = (): void => {
      void processes[Symbol.asyncDispose]().then(() => {
        isDone = true;
      });
    };
    return { clock, signals: spawner.signals, dispose, isDone: () => isDone };
  }

  test("asks what a command left behind to end, and does not wait for who obeys", async () => {
    const { dispose, isDone, signals } = await setUp(({ leaveChild }) => {
      leaveChild();
      return 0;
    });
    dispose();
    await settled();
    expect([isDone(), signals]).toEqual([true, ["SIGTERM"]]);
  });

  test("ends who ignores that after two seconds", async () => {
    const { clock, dispose, isDone, signals } = await setUp(({ leaveChild, ignoreSignals }) => {
      leaveChild();
      ignoreSignals();
      return 0;
    });
    dispose();
    await clock.advance(1_999);
    expect([isDone(), signals]).toEqual([false, ["SIGTERM"]]);
    await clock.advance(1);
    expect([isDone(), signals]).toEqual([true, ["SIGTERM", "SIGKILL"]]);
  });

  test("gives the same time to what a background process left behind", async () => {
    const clock = createFakeClock();
    const spawner = createFakeSpawner(({ leaveChild, ignoreSignals }) => {
      leaveChild();
      ignoreSignals();
      return 0;
    });
    const processes = new BackgroundProcesses(clock);
    await processes.add("s1", "serve", await spawner.spawn(request)).ended;
    const done = processes[Symbol.asyncDispose]();
    await clock.advance(1_999);
    expect(spawner.signals).toEqual(["SIGTERM"]);
    await clock.advance(1);
    await done;
    expect(spawner.signals).toEqual(["SIGTERM", "SIGKILL"]);
  });

  test("leaves alone what has ended by itself", async () => {
    const { dispose, isDone, signals } = await setUp(() => 0);
    dispose();
    await settled();
    expect([isDone(), signals]).toEqual([true, []]);
  });
});

describe("with processes of this machine", () => {
  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "hermes-background-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** Adopts a group whose leader has ended; the rest of it holds the pipe that `read` reads. */
  async function leave(processes: BackgroundProcesses, command: string) {
    const child = await createSpawner(process.env).spawn({
      program: "sh",
      arguments: ["-c", command],
      cwd: directory,
      env: { PATH: process.env["PATH"] ?? "" },
      stdin: "null",
    });
    const chunks = child.stdout[Symbol.asyncIterator]();
    const read = async (): Promise<string | undefined> => {
      const next = await chunks.next();
      return next.done === true ? undefined : new TextDecoder().decode(next.value);
    };
    expect(await read()).toBe("ready\n");
    await child.exited;
    processes.adopt(child);
    return { read };
  }

  test("who obeys SIGTERM may tidy up", async () => {
    const processes = new BackgroundProcesses(createFakeClock());
    const { read } = await leave(
      processes,
      "(trap 'echo bye; exit' TERM; echo ready; while :; do sleep 0.01; done) & :",
    );
    // Time stands still: nobody is killed.
    void processes[Symbol.asyncDispose]();
    expect([await read(), await read()]).toEqual(["bye\n", undefined]);
  });

  test("who ignores SIGTERM is killed", async () => {
    const clock = createFakeClock();
    const processes = new BackgroundProcesses(clock);
    const { read } = await leave(processes, "trap '' TERM; (echo ready; exec sleep 60) & :");
    const done = processes[Symbol.asyncDispose]();
    await clock.advance(2_000);
    await done;
    // The pipe ends with the last one that holds it.
    expect(await read()).toBeUndefined();
  });
});
