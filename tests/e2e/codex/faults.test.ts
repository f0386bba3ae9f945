import { expect, test } from "bun:test";
import { isJsonObject } from "../../../src/core/json.ts";
import { writeFakeCodex } from "../../fakes/codex_program.ts";
import * as codex from "../../fakes/codex_script.ts";
import type { Scenario, Script } from "../../fakes/codex_server.ts";
import { checkEvents, createSandbox, eventsOf } from "../sandbox.ts";
import { untilGone } from "./sandbox.ts";

interface Fault {
  readonly name: string;
  readonly scenario: Scenario;
  /** The exit code, and the code of the error. */
  readonly expected: readonly [number, string];
  /** A part of the message. */
  readonly says: string;
}

const answer = codex.message("Hello there.");

/** A codex that does this in the middle of its first answer. */
function midTurn(...fault: Script): Scenario {
  return codex.scenario({
    "turn/start": [[...codex.turnStarted, ...answer.slice(0, 2), ...fault]],
  });
}

const faults: readonly Fault[] = [
  {
    name: "ends with its last words",
    scenario: midTurn(
      { do: "log", text: "thread 'main' panicked at core.rs" },
      { do: "exit", code: 101 },
    ),
    expected: [1, "codex/exited"],
    says: "codex ended with exit code 101 in the middle of a turn\ncodex: thread 'main' panicked",
  },
  {
    name: "is killed",
    scenario: midTurn({ do: "die", signal: "SIGKILL" }),
    expected: [1, "codex/exited"],
    says: "codex ended with SIGKILL in the middle of a turn",
  },
  {
    name: "ends in the middle of a line",
    scenario: midTurn({ do: "print", text: '{"method":"turn/comp' }, { do: "exit", code: 0 }),
    expected: [1, "codex/exited"],
    says: "codex ended with exit code 0 in the middle of a turn",
  },
  {
    name: "sends a line of 65 MB",
    scenario: midTurn({ do: "print-long", bytes: 65 * 1_048_576 }, { do: "wait" }),
    expected: [1, "stream/invalid"],
    says: "A line of more than 64 MB was sent",
  },
  {
    name: "closes its output and lives on",
    scenario: midTurn({ do: "close-output" }, { do: "wait" }),
    expected: [1, "codex/exited"],
    says: "codex closed its output in the middle of a turn",
  },
  {
    name: "hangs",
    scenario: midTurn({ do: "hang" }),
    expected: [1, "codex/silent"],
    says: "codex has been silent for 1 s while its model thinks",
  },
  {
    name: "ends before it has said anything",
    scenario: codex.scenario({
      start: [
        [
          { do: "log", text: "no space left on device" },
          { do: "exit", code: 1 },
        ],
      ],
    }),
    expected: [1, "codex/exited"],
    says: "codex ended with exit code 1 while it started\ncodex: no space left on device",
  },
];

test.concurrent.each(faults.map((fault) => [fault.name, fault] as const))(
  "a codex that %s: one end with its code, nobody left, and the session goes on",
  async (_name, { scenario, expected, says }) => {
    await using sandbox = await createSandbox();
    await using program = await writeFakeCodex([scenario, codex.scenario()]);
    await sandbox.configure("codex: {thinking_silence_seconds: 1}\n");
    const env = { HERMES_CODEX_BIN: program.path };
    const flags = ["--json", "--runtime", "codex_app_server"];
    const { code, stdout } = await sandbox.run(["-z", "Hi", ...flags], { env });
    const { error } = checkEvents(stdout);
    const failure = isJsonObject(error) ? error : {};
    expect([code, failure["code"]]).toEqual([...expected]);
    expect(failure["message"]).toContain(says);
    await untilGone([sandbox.root]);

    const next = await sandbox.run(["-z", "Again", "-c", ...flags], { env });
    expect([next.code, eventsOf(next.stdout).at(-1)?.["final_text"]]).toEqual([0, "Hello there."]);
    const calls = (await program.received(2)).map(({ method }) => method);
    const isNew = expected[1] === "codex/exited" && says.includes("while it started");
    expect(calls).toContain(isNew ? "thread/start" : "thread/resume");
    await untilGone([sandbox.root]);
  },
  240_000,
);
