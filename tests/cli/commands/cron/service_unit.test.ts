import { expect, test } from "bun:test";
import {
  homeOfUnit,
  unitFile,
  type UnitFacts,
  type UnitKind,
  unitsOf,
} from "../../../../src/cli/commands/cron/service_unit.ts";

const facts: UnitFacts = {
  program: "/opt/a b/hermes",
  home: "/home/anna/.hermes",
  path: "/usr/bin:/bin",
  canNotify: true,
};

test("unitsOf() a timer runs what is due each minute, for as long as it takes", () => {
  expect(unitsOf("timer", facts)).toEqual([
    {
      name: "hermes-cron.timer",
      text: `# Written by hermes cron install for "/home/anna/.hermes", taken away by: hermes cron uninstall
[Unit]
Description=Each minute for the scheduled jobs of hermes

[Timer]
OnCalendar=minutely
AccuracySec=1s
Persistent=true

[Install]
WantedBy=timers.target
`,
    },
    {
      name: "hermes-cron.service",
      text: `# Written by hermes cron install for "/home/anna/.hermes", taken away by: hermes cron uninstall
[Unit]
Description=Scheduled jobs of hermes that are due

[Service]
Type=oneshot
ExecStart="/opt/a b/hermes" cron tick --until-idle
Environment="HERMES_HOME=/home/anna/.hermes"
Environment="PATH=/usr/bin:/bin"
UnsetEnvironment=HERMES_PROFILE
KillMode=mixed
`,
    },
  ]);
});

test("unitsOf() a daemon starts it again when it fails", () => {
  expect(unitsOf("daemon", facts)).toEqual([
    {
      name: "hermes-cron.service",
      text: `# Written by hermes cron install for "/home/anna/.hermes", taken away by: hermes cron uninstall
[Unit]
Description=Scheduled jobs of hermes

[Service]
Type=notify
NotifyAccess=all
ExecStart="/opt/a b/hermes" cron daemon
Environment="HERMES_HOME=/home/anna/.hermes"
Environment="PATH=/usr/bin:/bin"
UnsetEnvironment=HERMES_PROFILE
KillMode=mixed
Restart=on-failure
RestartSec=10
RestartPreventExitStatus=75

[Install]
WantedBy=default.target
`,
    },
  ]);
});

const textsOf = (kind: UnitKind, of: UnitFacts): readonly string[] =>
  unitsOf(kind, of).map(({ text }) => text);

test("unitsOf() escapes what units give a meaning", () => {
  const odd = { program: '/a "b" $c %d\\e', home: "/h/100% $x", path: "", canNotify: false };
  const [daemon = ""] = textsOf("daemon", odd);
  expect(daemon).toContain(String.raw`ExecStart="/a \"b\" $$c %%d\\e" cron daemon` + "\n");
  expect(daemon).toContain('Environment="HERMES_HOME=/h/100%% $x"\nUnsetEnvironment');
  expect(daemon).toContain("Type=exec\n");
});

test.each(["/home/anna/.hermes", '/a "b" \\ , c'])("homeOfUnit() knows ours: %p", (home) => {
  const texts = [...textsOf("timer", { ...facts, home }), ...textsOf("daemon", { ...facts, home })];
  expect(texts.map(homeOfUnit)).toEqual([home, home, home]);
});

test("homeOfUnit() knows that a unit is not ours", () => {
  expect(homeOfUnit("[Service]\nExecStart=/bin/true\n")).toBeNull();
  expect(homeOfUnit("")).toBeNull();
});

test("unitFile() is where systemd looks", () => {
  const host = { homeDirectory: "/home/anna" };
  const file = "systemd/user/hermes-cron.timer";
  const of = (env: Record<string, string>): string => unitFile(env, host, "hermes-cron.timer");
  expect(of({})).toBe(`/home/anna/.config/${file}`);
  expect(of({ XDG_CONFIG_HOME: "/c" })).toBe(`/c/${file}`);
  expect(of({ XDG_CONFIG_HOME: "relative" })).toBe(`/home/anna/.config/${file}`);
});
