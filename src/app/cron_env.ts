import type { Env } from "../core/ports.ts";
import { childEnv } from "../tools/shell/child_env.ts";
import type { AppParts } from "./parts.ts";

/** Where programs are looked for when the environment names no place, as in some service managers. */
const usualPath = "/usr/local/bin:/usr/bin:/bin";

/** What a service manager tells this process alone, and the profile, whose own home `HERMES_HOME` names already. */
const ownVariables: ReadonlySet<string> = new Set([
  "HERMES_PROFILE",
  "NOTIFY_SOCKET",
  "WATCHDOG_USEC",
  "WATCHDOG_PID",
  "LISTEN_FDS",
  "LISTEN_PID",
  "LISTEN_FDNAMES",
]);

/** The environment of scripts and commands of a job: that of commands in a conversation, and `more`. */
export async function jobEnv(
  app: AppParts,
  more: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const [env, config, secrets] = await Promise.all([app.env(), app.config(), app.secretNames()]);
  const kept = childEnv(env, { passthrough: config.terminal.env_passthrough, secrets });
  return {
    HOME: app.ports.host.homeDirectory,
    ...Object.fromEntries(Object.entries(kept).filter(([name]) => !ownVariables.has(name))),
    PATH: pathOf(env),
    HERMES_HOME: app.paths.home,
    ...more,
  };
}

function pathOf(env: Env): string {
  const path = env["PATH"]?.trim() ?? "";
  return path === "" ? usualPath : path;
}
