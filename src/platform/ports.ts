import type { Env, Ports } from "../core/ports.ts";
import { systemClock } from "./clock.ts";
import { machineFiles } from "./files.ts";
import { readHost } from "./host.ts";
import { processSignals } from "./signals.ts";
import { createSpawner } from "./spawner.ts";
import { openTerminal } from "./terminal.ts";

/** The real outside of this process; opens nothing by itself. */
export function createPorts(): Ports {
  const env: Env = { ...process.env };
  return {
    env,
    host: readHost(),
    clock: systemClock,
    files: machineFiles,
    spawner: createSpawner(env),
    terminal: openTerminal(),
    signals: processSignals,
    fetch: (input, init) => fetch(input, init),
  };
}
