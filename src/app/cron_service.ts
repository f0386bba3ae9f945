import { HermesError } from "../core/errors.ts";
import type { Env, Ports } from "../core/ports.ts";
import { runProgram } from "./cron_program.ts";

/** The service manager that started this process and waits to hear of it (systemd, sd_notify). */
export interface ServiceManager {
  /** `READY=1`, `STOPPING=1`, `WATCHDOG=1`; takes a few seconds at most. @throws {HermesError} `program/missing` */
  tell(state: string): Promise<void>;
  /** It wants a `WATCHDOG=1` at least this often, in ms. */
  readonly watchdogMs?: number;
}

const patienceMs = 5_000;

/**
 * The service manager that the environment names; undefined where none waits. Its socket takes datagrams, which neither
 * Bun nor Deno can send to a file: systemd's own program does it, so the unit needs `NotifyAccess=all`.
 */
export function findServiceManager(
  ports: Pick<Ports, "spawner" | "clock" | "host">,
  env: Env,
): ServiceManager | undefined {
  const socket = env["NOTIFY_SOCKET"] ?? "";
  if (socket === "") return undefined;
  const { spawner, host } = ports;
  // Twice as often as it has to be, as sd_watchdog_enabled(3) recommends.
  const watchdogMs = Number(env["WATCHDOG_USEC"] ?? NaN) / 1_000 / 2;
  const isForUs = [undefined, "", String(host.pid)].includes(env["WATCHDOG_PID"]);
  return {
    async tell(state) {
      const program =
        (await spawner.find("systemd-notify")) ?? (await spawner.find("/usr/bin/systemd-notify"));
      if (program === undefined) {
        throw new HermesError(
          "program/missing",
          "The service manager cannot be told that this runs: systemd-notify is not on PATH",
          { hint: "use Type=exec for the service" },
        );
      }
      const { exitCode, stderr } = await runProgram(
        ports,
        {
          program,
          arguments: [`--pid=${host.pid}`, state],
          cwd: "/",
          env: { NOTIFY_SOCKET: socket },
          timeoutMs: patienceMs,
        },
        new AbortController().signal,
      );
      if (exitCode === 0) return;
      const said = stderr.trim();
      throw new HermesError(
        "program/missing",
        `systemd-notify ended with exit code ${exitCode}${said === "" ? "" : `: ${said}`}`,
      );
    },
    ...(watchdogMs >= 1 && isForUs ? { watchdogMs } : {}),
  };
}
