import { expect, test } from "bun:test";
import { createKeyApprover } from "../../src/cli/key_approver.ts";
import { styleFor } from "../../src/cli/render/style.ts";
import type { ApprovalRequest, ApprovalVerdict } from "../../src/core/approval.ts";
import { createFakeClock, settled, type FakeClock } from "../fakes/clock.ts";
import { createFakeTerminal, type FakeTerminal } from "../fakes/terminal.ts";

const request: ApprovalRequest = {
  subject: { kind: "command", command: "rm -rf \x1b[2J./x", cwd: "/w" },
  reason: "recursive delete",
  key: "recursive delete",
};

interface Asked {
  readonly terminal: FakeTerminal;
  readonly clock: FakeClock;
  readonly abort: AbortController;
  readonly interrupts: () => number;
  readonly verdict: Promise<ApprovalVerdict>;
}

async function ask(typedAhead = ""): Promise<Asked> {
  const terminal = createFakeTerminal({ stdin: "tty", columns: 80 });
  const clock = createFakeClock();
  const abort = new AbortController();
  let interrupts = 0;
  terminal.type(typedAhead);
  const approver = createKeyApprover(
    {
      terminal,
      clock,
      style: styleFor({ NO_COLOR: "1" }, terminal.stderr),
      mask: (text) => text,
      onInterrupt: () => interrupts++,
    },
    60_000,
  );
  const verdict = approver.decide(request, abort.signal);
  await settled();
  await clock.advance(150);
  return { terminal, clock, abort, interrupts: () => interrupts, verdict };
}

test.each([
  ["o", "allow_once", "once"],
  ["S", "allow_session", "for this session"],
  ["a", "allow_always", "always"],
  ["d", "deny", "denied"],
  ["\x1b", "deny", "denied"],
] as const)("createKeyApprover() takes %j for %s", async (key, decision, word) => {
  const { terminal, verdict } = await ask();
  terminal.type("x");
  terminal.type(key);
  expect(await verdict).toEqual({ decision, by: "user" });
  expect(terminal.stderr.text()).toBe(
    `\nAllow this? recursive delete\n  rm -rf ./x\n  in /w\n[o]nce  [s]ession  [a]lways  [d]eny (denied after 60 s) ${word}\n`,
  );
  expect(terminal.isRaw()).toBe(false);
});

test("createKeyApprover() does not take for an answer what was typed before the question", async () => {
  const { terminal, verdict } = await ask("a");
  terminal.type("d");
  expect(await verdict).toEqual({ decision: "deny", by: "user" });
});

test("createKeyApprover() takes silence for a denial", async () => {
  const { clock, verdict } = await ask();
  await clock.advance(60_000);
  expect(await verdict).toEqual({ decision: "deny", by: "timeout" });
  expect(clock.sleeping()).toBe(0);
});

test("createKeyApprover() denies and interrupts for Ctrl-C", async () => {
  const { terminal, verdict, interrupts } = await ask();
  terminal.type("\x03");
  expect(await verdict).toEqual({ decision: "deny", by: "user" });
  expect(interrupts()).toBe(1);
});

test("createKeyApprover() denies when the turn is aborted or the terminal goes away", async () => {
  const aborted = await ask();
  aborted.abort.abort();
  expect(await aborted.verdict).toEqual({ decision: "deny", by: "policy" });
  const gone = await ask();
  gone.terminal.hangUp();
  expect(await gone.verdict).toEqual({ decision: "deny", by: "policy" });
});
