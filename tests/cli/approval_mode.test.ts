import { expect, test } from "bun:test";
import { approvalMode, canAsk } from "../../src/cli/approval_mode.ts";
import { createFakeTerminal } from "../fakes/terminal.ts";

const manual = { mode: "manual", noninteractive: "deny" } as const;

const someone = { isAttended: true } as const;
const nobody = { isAttended: false } as const;

test.each([
  ["an unattended run", { ...nobody, flag: undefined }, manual, "deny"],
  [
    "an unattended run that may",
    { ...nobody, flag: undefined },
    { ...manual, noninteractive: "approve" },
    "yolo",
  ],
  [
    "an unattended run without approvals",
    { ...nobody, flag: undefined },
    { ...manual, mode: "off" },
    "deny",
  ],
  ["a person", { ...someone, flag: undefined }, manual, "ask"],
  [
    "a person without approvals",
    { ...someone, flag: undefined },
    { ...manual, mode: "off" },
    "yolo",
  ],
  [
    "a person and a policy",
    { ...someone, flag: undefined },
    { ...manual, noninteractive: "approve" },
    "ask",
  ],
  ["a person and a model", { ...someone, flag: undefined }, { ...manual, mode: "smart" }, "smart"],
  [
    "an unattended run with a model",
    { ...nobody, flag: undefined },
    { ...manual, mode: "smart" },
    "deny",
  ],
  ["a model that the command line wants", { ...nobody, flag: "smart" }, manual, "smart"],
  ["a flag beside a model", { ...nobody, flag: "deny" }, { ...manual, mode: "smart" }, "deny"],
  ["a flag", { ...someone, flag: "deny" }, { ...manual, mode: "off" }, "deny"],
  [
    "a flag without anybody",
    { ...nobody, flag: "ask" },
    { ...manual, noninteractive: "approve" },
    "ask",
  ],
  ["yolo", { ...nobody, flag: "yolo" }, manual, "yolo"],
] as const)("approvalMode() of %s", (_, situation, approvals, expected) => {
  expect(approvalMode(situation, approvals)).toBe(expected);
});

test.each([
  ["tty", 80, true],
  ["pipe", 80, false],
  ["tty", undefined, false],
] as const)("canAsk() with stdin %s and %p columns", (stdin, columns, expected) => {
  const terminal = createFakeTerminal({ stdin, ...(columns === undefined ? {} : { columns }) });
  expect(canAsk(terminal)).toBe(expected);
});
