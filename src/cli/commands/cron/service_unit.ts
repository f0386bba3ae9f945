import type { Env, Host } from "../../../core/ports.ts";
import { isAbsolute, join } from "node:path/posix";

/** What units are made from. */
export interface UnitFacts {
  /** Absolute path of this program. */
  readonly program: string;
  /** The home, a profile's own where there is one. */
  readonly home: string;
  /** Where programs are found now: those that jobs start should be found then, too. */
  readonly path: string;
  /** Whether the program is there that tells systemd that the service has started. */
  readonly canNotify: boolean;
}

/** How systemd runs the jobs: a timer that starts a tick each minute, or a daemon that stays. */
export type UnitKind = "timer" | "daemon";

/** The service of either kind: a home has one of them. */
export const serviceName = "hermes-cron.service";
export const timerName = "hermes-cron.timer";

/** The unit that is switched on. */
export const mainUnit: Readonly<Record<UnitKind, string>> = {
  timer: timerName,
  daemon: serviceName,
};

/** A file for systemd. */
export interface Unit {
  readonly name: string;
  readonly text: string;
}

/** Where user units are kept (systemd.unit(5), table 2). */
export function unitFile(
  env: Env,
  { homeDirectory }: Pick<Host, "homeDirectory">,
  name: string,
): string {
  const config = env["XDG_CONFIG_HOME"] ?? "";
  const directory = isAbsolute(config) ? config : join(homeDirectory, ".config");
  return join(directory, "systemd", "user", name);
}

/** The first line of a unit of ours, which tells whose home it is for. */
function unitMark(home: string): string {
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

/** The files of a kind. */
export function unitsOf(kind: UnitKind, facts: UnitFacts): readonly Unit[] {
  switch (kind) {
    case "timer":
      return [
        { name: timerName, text: timer(facts) },
        { name: serviceName, text: tickService(facts) },
      ];
    case "daemon":
      return [{ name: serviceName, text: daemonService(facts) }];
    default:
      return kind satisfies never;
  }
}

function timer({ home }: UnitFacts): string {
  return [
    unitMark(home),
    "[Unit]",
    "Description=Each minute for the scheduled jobs of hermes",
    "",
    "[Timer]",
    "OnCalendar=minutely",
    // Else it may be late by a minute, to save power.
    "AccuracySec=1s",
    // What passed while nobody was logged in, or the machine was off, comes at once.
    "Persistent=true",
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
}

function tickService(facts: UnitFacts): string {
  return [
    unitMark(facts.home),
    "[Unit]",
    "Description=Scheduled jobs of hermes that are due",
    "",
    "[Service]",
    "Type=oneshot",
    // A timer starts no second tick while one runs: a long job must not hold up the others.
    ...execution("tick --until-idle", facts),
    "",
  ].join("\n");
}

function daemonService(facts: UnitFacts): string {
  return [
    unitMark(facts.home),
    "[Unit]",
    "Description=Scheduled jobs of hermes",
    "",
    "[Service]",
    // systemd-notify, which tells it, is a process of its own.
    ...(facts.canNotify ? ["Type=notify", "NotifyAccess=all"] : ["Type=exec"]),
    ...execution("daemon", facts),
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

function execution(command: string, { program, home, path }: UnitFacts): readonly string[] {
  return [
    `ExecStart=${quotedWord(program, "$")} cron ${command}`,
    `Environment=${quotedWord(`HERMES_HOME=${home}`)}`,
    ...(path === "" ? [] : [`Environment=${quotedWord(`PATH=${path}`)}`]),
    "UnsetEnvironment=HERMES_PROFILE",
    // It ends what it runs: a script that got the signal itself would have failed, and not be owed any more.
    "KillMode=mixed",
  ];
}

/**
 * A word of a unit file: in quotes, with C escapes, and with `%` doubled, which begins a specifier; in command lines `$`
 * as well, which begins a variable (systemd.service(5), "Command lines").
 */
function quotedWord(text: string, also: "" | "$" = ""): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%");
  return `"${also === "$" ? escaped.replaceAll("$", "$$$$") : escaped}"`;
}
