import { describe, expect, test } from "bun:test";
import { findServiceManager } from "../../src/app/cron_service.ts";
import { createInstantClock } from "../fakes/clock.ts";
import { createFakePorts } from "../fakes/app.ts";
import { createFakeSpawner, type FakeProgram } from "../fakes/spawner.ts";
import { thrown } from "../fakes/thrown.ts";

function rig(program: FakeProgram = () => 0, programs = ["systemd-notify"]) {
  const spawner = createFakeSpawner(program, { programs });
  return { ports: { ...createFakePorts(), clock: createInstantClock(), spawner }, spawner };
}

describe("findServiceManager()", () => {
  test.each([
    [{}, undefined],
    [{ NOTIFY_SOCKET: "" }, undefined],
    [{ NOTIFY_SOCKET: "@s" }, "none"],
    [{ NOTIFY_SOCKET: "@s", WATCHDOG_USEC: "30000000" }, 15_000],
    [{ NOTIFY_SOCKET: "@s", WATCHDOG_USEC: "30000000", WATCHDOG_PID: "1" }, 15_000],
    [{ NOTIFY_SOCKET: "@s", WATCHDOG_USEC: "30000000", WATCHDOG_PID: "2" }, "none"],
    [{ NOTIFY_SOCKET: "@s", WATCHDOG_USEC: "soon" }, "none"],
  ] as const)("reads %j", (env, watchdog) => {
    const manager = findServiceManager(rig().ports, env);
    expect(manager && (manager.watchdogMs ?? "none")).toBe(watchdog);
  });

  test("tells it through systemd's own program", async () => {
    const { ports, spawner } = rig();
    await findServiceManager(ports, { NOTIFY_SOCKET: "/run/s" })?.tell("READY=1");
    expect(spawner.requests).toEqual([
      {
        program: "/usr/bin/systemd-notify",
        arguments: ["--pid=1", "READY=1"],
        cwd: "/",
        env: { NOTIFY_SOCKET: "/run/s" },
        stdin: "null",
      },
    ]);
  });

  test("says that the program is missing, or what it said", async () => {
    const manager = (program: FakeProgram, programs: string[]) =>
      findServiceManager(rig(program, programs).ports, { NOTIFY_SOCKET: "/run/s" });
    const missing = await thrown(() => manager(() => 0, [])?.tell("READY=1"));
    const failed = await thrown(() =>
      manager(
        ({ printError }) => {
          printError("No data available\n");
          return 1;
        },
        ["systemd-notify"],
      )?.tell("READY=1"),
    );
    expect([missing, failed].map(({ code, message }) => [code, message])).toEqual([
      [
        "program/missing",
        "The service manager cannot be told that this runs: systemd-notify is not on PATH",
      ],
      ["program/missing", "systemd-notify ended with exit code 1: No data available"],
    ]);
  });
});
