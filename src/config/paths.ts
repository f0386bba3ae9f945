import { basename, dirname, isAbsolute, join, normalize } from "node:path/posix";
import { HermesError } from "../core/errors.ts";
import type { Env, Host } from "../core/ports.ts";

/** Where everything of one home is kept; absolute paths, of which any may be absent on disk. */
export interface HomePaths {
  /** Name of the profile, or null for the home itself. */
  readonly profile: string | null;
  readonly home: string;
  readonly configFile: string;
  /** API keys as `NAME=value`. */
  readonly envFile: string;
  /** Tokens of sign-ins. */
  readonly authFile: string;
  /** Those of the home that a profile is in: used where the profile has none. */
  readonly sharedAuthFile: string | null;
  readonly sessionsFile: string;
  readonly logFile: string;
  /** Lines typed at the prompt. */
  readonly historyFile: string;
  /** Tool results that were too long for the model. */
  readonly resultsDirectory: string;
  /** Sessions as JSON files, where they are wanted. */
  readonly snapshotsDirectory: string;
  /** Scripts that jobs may run. */
  readonly scriptsDirectory: string;
  readonly cron: CronPaths;
}

/** What is kept of jobs. */
export interface CronPaths {
  readonly jobsFile: string;
  /** A directory of outcomes for each job, by its id. */
  readonly outputDirectory: string;
  /** A file for each job that somebody runs. */
  readonly locksDirectory: string;
  readonly daemonLock: string;
  /** Which process the daemon is. */
  readonly daemonFile: string;
  /** Is written by each `cron tick`. */
  readonly tickFile: string;
  /** Is held by the one tick that goes on until nothing runs any more. */
  readonly tickLock: string;
  /** The secret that webhooks are signed with. */
  readonly webhookKeyFile: string;
}

/**
 * `HERMES_HOME` or `~/.hermes`, and the profile's own directory inside it; `profile` is the flag, `HERMES_PROFILE`
 * stands in for it. A relative `HERMES_HOME` is read against the directory that hermes was started in.
 * @throws {HermesError} `usage/invalid` for a name that cannot be one directory
 */
export function resolveHome(
  env: Env,
  host: Pick<Host, "homeDirectory" | "cwd">,
  profile?: string,
): HomePaths {
  const name = checkProfile(profile, "--profile") ?? profileOf(env);
  const root = rootOf(env, host);
  const home = name === null ? root : join(root, "profiles", name);
  return {
    profile: name,
    home,
    configFile: join(home, "config.yaml"),
    envFile: join(home, ".env"),
    authFile: join(home, "auth.json"),
    sharedAuthFile: sharedAuthFile(home),
    sessionsFile: join(home, "sessions.db"),
    logFile: join(home, "logs", "hermes.log"),
    historyFile: join(home, "history"),
    resultsDirectory: join(home, "results"),
    snapshotsDirectory: join(home, "sessions"),
    scriptsDirectory: join(home, "scripts"),
    cron: cronPaths(join(home, "cron")),
  };
}

function cronPaths(directory: string): CronPaths {
  return {
    jobsFile: join(directory, "jobs.db"),
    outputDirectory: join(directory, "output"),
    locksDirectory: join(directory, "locks"),
    daemonLock: join(directory, "daemon.lock"),
    daemonFile: join(directory, "daemon.json"),
    tickFile: join(directory, "last_tick"),
    tickLock: join(directory, "tick.lock"),
    webhookKeyFile: join(directory, "webhook.key"),
  };
}

function rootOf(env: Env, host: Pick<Host, "homeDirectory" | "cwd">): string {
  const text = env["HERMES_HOME"]?.trim() ?? "";
  if (text === "") return join(host.homeDirectory, ".hermes");
  // Quoted assignments keep the tilde, and a directory of that name is never what was meant.
  if (text === "~" || text.startsWith("~/")) return join(host.homeDirectory, text.slice(1));
  return trimSlash(normalize(isAbsolute(text) ? text : join(host.cwd, text)));
}

/** A profile is a directory in `profiles`, also where `HERMES_HOME` names it directly. */
function sharedAuthFile(home: string): string | null {
  const parent = dirname(home);
  return basename(parent) === "profiles" ? join(dirname(parent), "auth.json") : null;
}

function trimSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function profileOf(env: Env): string | null {
  const name = env["HERMES_PROFILE"];
  return name === undefined || name === "" ? null : (checkProfile(name, "HERMES_PROFILE") ?? null);
}

/** One directory name: no separator, no leading dot, nothing that needs quotes. */
const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

function checkProfile(name: string | undefined, origin: string): string | undefined {
  if (name === undefined || PROFILE_NAME.test(name)) return name;
  throw new HermesError("usage/invalid", `${origin} is no profile name: ${JSON.stringify(name)}`, {
    hint: "use a letter or digit, then letters, digits, dots, dashes and underscores, 64 at most",
  });
}
