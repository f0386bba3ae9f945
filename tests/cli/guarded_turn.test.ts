import { expect, test } from "bun:test";
import { endingSignals } from "../../src/cli/guarded_turn.ts";
import { fakeSignals } from "../fakes/signals.ts";
import { createFakeTerminal } from "../fakes/terminal.ts";

const terminal = createFakeTerminal({ columns: 80 });
const none = createFakeTerminal();
const [two, three] = [
  ["SIGINT", "SIGTERM"],
  ["SIGINT", "SIGTERM", "SIGHUP"],
] as const;

test.each([
  ["beside a terminal", terminal, [], three],
  ["without a terminal", none, [], three],
  ["that is ignored beside a terminal", terminal, ["SIGHUP"], two],
  ["that is ignored without a terminal", none, ["SIGHUP"], two],
  ["beside a terminal, where the system does not tell", terminal, undefined, three],
  ["without a terminal, where the system does not tell", none, undefined, two],
] as const)("endingSignals() of a hang-up %s", (_name, beside, ignored, expected) => {
  const signals = fakeSignals(ignored === undefined ? {} : { ignored });
  expect(endingSignals({ signals, terminal: beside })).toEqual(expected);
});
