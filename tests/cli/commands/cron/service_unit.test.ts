import { expect, test } from "bun:test";
import {
  homeOfUnit,
  serviceUnit,
  unitFile,
} from "../../../../src/cli/commands/cron/service_unit.ts";

const facts = {
  program: "/opt/a b/hermes",
  home: "/home/anna/.hermes",
  path: "/usr/bin:/bin",
  canNotify: true,
};

test("serviceUnit() runs the daemon of one home, and starts it again when it fails", () => {
  expect(serviceUnit(facts))
    .toBe(`# Written by hermes cron install for "/home/anna/.hermes", taken away by: hermes cron uninstall
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
RestartPreventExitStatus=75 78

[Install]
WantedBy=default.target
`);
});

test("serviceUnit() escapes what units give a meaning", () => {
  const text = serviceUnit({
    program: '/a "b" $c %d\\e',
    home: "/h/100% $x",
    path: "",
    canNotify: false,
  });
  expect(text).toContain(String.raw`ExecStart="/a \"b\" $$c %%d\\e" cron daemon` + "\n");
  expect(text).toContain('Environment="HERMES_HOME=/h/100%% $x"\nUnsetEnvironment');
  expect(text).toContain("Type=exec\n");
});

test.each(["/home/anna/.hermes", '/a "b" \\ , c'])("homeOfUnit() knows ours: %p", (home) => {
  expect(homeOfUnit(serviceUnit({ ...facts, home }))).toBe(home);
});

test("homeOfUnit() knows that a unit is not ours", () => {
  expect(homeOfUnit("[Service]\nExecStart=/bin/true\n")).toBeNull();
  expect(homeOfUnit("")).toBeNull();
});

test("unitFile() is where systemd looks", () => {
  const host = { homeDirectory: "/home/anna" };
  const file = "systemd/user/hermes-cron.service";
  expect(unitFile({}, host)).toBe(`/home/anna/.config/${file}`);
  expect(unitFile({ XDG_CONFIG_HOME: "/c" }, host)).toBe(`/c/${file}`);
  expect(unitFile({ XDG_CONFIG_HOME: "relative" }, host)).toBe(`/home/anna/.config/${file}`);
});
