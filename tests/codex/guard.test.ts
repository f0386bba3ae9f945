import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { startGuard } from "../../src/codex/guard.ts";
import { runVariable } from "../../src/codex/run_records.ts";
import { createSpawner } from "../../src/platform/spawner.ts";
import { machineProcesses } from "../../src/platform/processes.ts";
import { createFakeSpawner } from "../fakes/spawner.ts";

const onLinux = test.skipIf(process.platform !== "linux");

/** A process that was started for a codex, as its commands are: in a session of its own. */
async function startCommand(marker: string): Promise<ReturnType<typeof spawn>> {
  const env = { PATH: process.env["PATH"], [runVariable]: marker };
  const command = spawn("sleep", ["60"], { detached: true, env });
  await once(command, "spawn");
  // The system shows the variables of a program a moment after it runs.
  while ((await machineProcesses.withVariable(runVariable, marker)).length === 0);
  return command;
}

onLinux("a guard ends what was left behind when its hermes is gone, and nothing else", async () => {
  const [mine, other] = [crypto.randomUUID(), crypto.randomUUID()];
  const [left, another] = [await startCommand(mine), await startCommand(other)];
  const program = `
    const { startGuard } = await import("${import.meta.dir}/../../src/codex/guard.ts");
    const { createSpawner } = await import("${import.meta.dir}/../../src/platform/spawner.ts");
    await startGuard({ spawner: createSpawner(process.env), host: { operatingSystem: "linux" } }, "${mine}");
    console.log("guarded");
    await new Promise(() => {});
  `;
  const hermes = spawn(process.execPath, ["-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(hermes.stdout, "data");
  const ended = once(left, "exit");
  hermes.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
  expect(await machineProcesses.withVariable(runVariable, other)).toEqual([another.pid ?? 0]);
  another.kill("SIGKILL");
});

onLinux("a guard that is sent away ends nobody", async () => {
  const marker = crypto.randomUUID();
  const command = await startCommand(marker);
  const guards: number[] = [];
  const real = createSpawner(process.env);
  const exits: Promise<unknown>[] = [];
  const spawner = {
    ...real,
    spawn: async (request: Parameters<typeof real.spawn>[0]) => {
      const child = await real.spawn(request);
      guards.push(child.pid);
      exits.push(child.exited);
      return child;
    },
  };
  const dismiss = await startGuard({ spawner, host: { operatingSystem: "linux" } }, marker);
  dismiss();
  expect(await Promise.all(exits)).toEqual([{ code: 0, signal: null }]);
  expect(await machineProcesses.withVariable(runVariable, marker)).toEqual([command.pid ?? 0]);
  command.kill("SIGKILL");
});

test("there is no guard where environments are not shown, and none is no failure", async () => {
  const spawner = createFakeSpawner(() => 0, { failures: [new Error("ENOENT")] });
  (await startGuard({ spawner, host: { operatingSystem: "darwin" } }, "m"))();
  expect(spawner.requests).toEqual([]);
  (await startGuard({ spawner, host: { operatingSystem: "linux" } }, "m"))();
  expect(spawner.requests.map(({ program }) => program)).toEqual(["/bin/sh"]);
});
