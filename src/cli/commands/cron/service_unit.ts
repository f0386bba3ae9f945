import type { Env, Host } from "../../../core/ports.ts";
import { isAbsolute, join } from "node:path/posix";

/** What a service is made from. */
export interface ServiceFacts {
  /** Absolute path of this program. */
  readonly program: string;
  /** The home, a profile's own where there is one. */
  readonly home: string;
  /** Where programs are found now: those that jobs start should be found then, too. */
  readonly path: string;
  /** Whether the program is there that tells systemd that the service has started. */
  readonly canNotify: boolean;
}

/** The name of the service. */
export const unitName = "hermes-cron.service";

/** Where user services are kept (systemd.unit(5), table 2). */
export function unitFile(env: Env, { homeDirectory }: Pick<Host, "homeDirectory">): string {
  const config = env["XDG_CONFIG_HOME"] ?? "";
  const directory = isAbsolute(config) ? config : join(homeDirectory, ".config");
  return join(directory, "systemd", "user", unitName);
}

/** The first line of a unit of ours, which tells whose home it is for. */
export function unitMark(home: string): string {
  return `${markBeginning}${JSON.stringify(home)}, taken away by: hermes cron uninstall`;
}

const markBeginning = "# Written by hermes cron install for ";

/** The home of a unit that we wrote; null for somebody else's. */
export function homeOfUnit(text: string): string | null {
  const [first = ""] = text.split("\n");
  const home = /^# Written by hermes cron install for ("(?:[^"\\]|\\.)*"), /.exec(first)?.[1];
  if (home === undefined) return null;
  const value: unknown = JSON.parse(home);
  return typeof value === "string" ? value : null;
}

/** A user service that runs the daemon. */
export function serviceUnit({ program, home, path, canNotify }: ServiceFacts): string {
  return [
    unitMark(home),
    "[Unit]",
    "Description=Scheduled jobs of hermes",
    "",
    "[Service]",
    // systemd-notify, which tells it, is a process of its own.
    ...(canNotify ? ["Type=notify", "NotifyAccess=all"] : ["Type=exec"]),
    `ExecStart=${quotedWord(program, "$")} cron daemon`,
    `Environment=${quotedWord(`HERMES_HOME=${home}`)}`,
    ...(path === "" ? [] : [`Environment=${quotedWord(`PATH=${path}`)}`]),
    "UnsetEnvironment=HERMES_PROFILE",
    // The daemon ends what it runs: a script that got the signal itself would have failed, and not be owed any more.
    "KillMode=mixed",
    "Restart=on-failure",
    "RestartSec=10",
    // Another daemon runs. A full disk or a broken configuration may be mended, and nobody would think of the daemon then.
    "RestartPreventExitStatus=75",
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ].join("\n");
}

/**
 * A word of a unit file: in quotes, with C escapes, and with `%` doubled, which begins a specifier; in command lines `$`
 * as well, which begins a variable (systemd.service(5), "Command lines").
 */
function quotedWord(text: string, also: "" | "$" = ""): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%");
  return `"${also === "$" ? escaped.replaceAll("$", "$$$$") : escaped}"`;
}
