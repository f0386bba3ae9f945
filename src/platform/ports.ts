import type { Env, Fetch, Ports } from "../core/ports.ts";
import { systemClock } from "./clock.ts";
import { machineFiles } from "./files.ts";
import { readHost } from "./host.ts";
import { machineProcesses } from "./processes.ts";
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
    processes: machineProcesses,
    terminal: openTerminal(),
    signals: processSignals,
    fetch: patientFetch,
  };
}

/**
 * Bun gives up a request after 300 s without a byte, unless it is told not to (`timeout`, an option of its own that
 * others ignore). How long a model may think is decided by limits of ours.
 */
const patientFetch: Fetch = (input, init) => {
  const patient: RequestInit & { readonly timeout: false } = { ...init, timeout: false };
  return fetch(input, patient);
};
