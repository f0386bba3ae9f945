import { describe, expect, test } from "bun:test";
import { HermesError } from "../../src/core/errors.ts";
import { resolveHome } from "../../src/config/paths.ts";
import { thrown } from "../fakes/thrown.ts";

const host = { homeDirectory: "/home/ada", cwd: "/home/ada/project" };

describe("resolveHome()", () => {
  test("names every file of the default home", () => {
    expect(resolveHome({}, host)).toEqual({
      profile: null,
      home: "/home/ada/.hermes",
      configFile: "/home/ada/.hermes/config.yaml",
      envFile: "/home/ada/.hermes/.env",
      authFile: "/home/ada/.hermes/auth.json",
      sharedAuthFile: null,
      sessionsFile: "/home/ada/.hermes/sessions.db",
      logFile: "/home/ada/.hermes/logs/hermes.log",
      historyFile: "/home/ada/.hermes/history",
      resultsDirectory: "/home/ada/.hermes/results",
      snapshotsDirectory: "/home/ada/.hermes/sessions",
      scriptsDirectory: "/home/ada/.hermes/scripts",
      cron: {
        jobsFile: "/home/ada/.hermes/cron/jobs.db",
        outputDirectory: "/home/ada/.hermes/cron/output",
        locksDirectory: "/home/ada/.hermes/cron/locks",
        daemonLock: "/home/ada/.hermes/cron/daemon.lock",
        daemonFile: "/home/ada/.hermes/cron/daemon.json",
        tickFile: "/home/ada/.hermes/cron/last_tick",
        tickLock: "/home/ada/.hermes/cron/tick.lock",
        webhookKeyFile: "/home/ada/.hermes/cron/webhook.key",
      },
    });
  });

  test.each([
    ["/srv/hermes", "/srv/hermes"],
    ["/srv/hermes/", "/srv/hermes"],
    ["/srv/./a/../hermes", "/srv/hermes"],
    ["here", "/home/ada/project/here"],
    ["../here", "/home/ada/here"],
    ["~", "/home/ada"],
    ["~/other", "/home/ada/other"],
    ["", "/home/ada/.hermes"],
    ["  ", "/home/ada/.hermes"],
    ["/", "/"],
  ])("reads HERMES_HOME=%p as %p", (value, home) => {
    expect(resolveHome({ HERMES_HOME: value }, host).home).toBe(home);
  });

  test("puts a profile into a directory of its own, the flag before the variable", () => {
    const env = { HERMES_HOME: "/srv/h", HERMES_PROFILE: "work" };
    expect(resolveHome(env, host)).toMatchObject({
      profile: "work",
      home: "/srv/h/profiles/work",
      sessionsFile: "/srv/h/profiles/work/sessions.db",
      sharedAuthFile: "/srv/h/auth.json",
    });
    expect(resolveHome(env, host, "play").home).toBe("/srv/h/profiles/play");
    expect(resolveHome({ HERMES_PROFILE: "" }, host).profile).toBe(null);
  });

  test.each([
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    ".hidden",
    "-x",
    "a b",
    "a\0",
    "a\n",
    "é",
    "x".repeat(65),
  ])("refuses the profile name %p", async (name) => {
    const refused = (origin: string) =>
      new HermesError("usage/invalid", `${origin} is no profile name: ${JSON.stringify(name)}`, {
        hint: "use a letter or digit, then letters, digits, dots, dashes and underscores, 64 at most",
      });
    expect(await thrown(() => resolveHome({}, host, name))).toEqual(refused("--profile"));
    if (name === "") return;
    const env = { HERMES_PROFILE: name };
    expect(await thrown(() => resolveHome(env, host))).toEqual(refused("HERMES_PROFILE"));
  });
});
