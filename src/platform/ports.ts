import type { Env, Fetch, Ports } from "../core/ports.ts";
import { createBrowser } from "./browser.ts";
import { systemClock } from "./clock.ts";
import { machineFiles } from "./files.ts";
import { readHost } from "./host.ts";
import { createLoopback } from "./loopback.ts";
import { machineProcesses } from "./processes.ts";
import { machineResolver } from "./resolver.ts";
import { processSignals } from "./signals.ts";
import { createSpawner } from "./spawner.ts";
import { openTerminal } from "./terminal.ts";
import { machineWebServer } from "./web_server.ts";

/** The real outside of this process; opens nothing by itself. `program` starts this program again. */
export function createPorts(program?: readonly string[]): Ports {
  const env: Env = { ...process.env };
  const host = readHost(program);
  const spawner = createSpawner(env);
  return {
    env,
    host,
    clock: systemClock,
    files: machineFiles,
    spawner,
    processes: machineProcesses,
    terminal: openTerminal(),
    signals: processSignals,
    fetch: patientFetch,
    resolver: machineResolver,
    loopback: createLoopback(),
    webServer: machineWebServer,
    browser: createBrowser(env, {
      operatingSystem: host.operatingSystem,
      find: (name) => spawner.find(name),
    }),
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
