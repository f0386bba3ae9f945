import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { machineProcesses } from "../../src/platform/processes.ts";

test("a process is found by its environment, told from others, and ended", async () => {
  const value = crypto.randomUUID();
  const child = spawn("sleep", ["60"], { env: { PATH: process.env["PATH"], HERMES_TEST: value } });
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  expect(await machineProcesses.startOf(pid)).toMatch(/^\d+$/);
  expect(await machineProcesses.startOf(process.pid)).not.toBe(await machineProcesses.startOf(1));
  // The new program is in place when its environment is.
  while ((await machineProcesses.withVariable("HERMES_TEST", value)).length === 0);
  expect(await machineProcesses.withVariable("HERMES_TEST", value)).toEqual([pid]);
  expect(machineProcesses.kill(pid)).toBe(true);
  await once(child, "exit");
  expect(await machineProcesses.withVariable("HERMES_TEST", value)).toEqual([]);
  expect(await machineProcesses.startOf(pid)).toBeUndefined();
  expect(machineProcesses.kill(pid)).toBe(false);
});
