import { expect } from "bun:test";
import { isJsonObject } from "../../../src/core/json.ts";
import { asksToRun, callsMcp, mcpServerName } from "../../fakes/codex_cases.ts";
import type { CodexBinary } from "../../fakes/codex_binaries.ts";
import { mcpServerCommand } from "../../fakes/mcp_server_main.ts";
import { callTool, hangBeforeHeaders, textAnswer } from "../../fakes/server_steps.ts";
import type { Running } from "../sandbox.ts";
import {
  type CodexLab,
  codexOf,
  ctrlC,
  onEveryCodex,
  openLab,
  said,
  saidMeanwhile,
  type Situation,
} from "./sandbox.ts";

const resumed = textAnswer("Here again.");
const longCommand = "echo started; sleep 600";

interface State extends Omit<Situation, "steps"> {
  readonly name: string;
  readonly steps: (codex: CodexBinary) => Situation["steps"];
  /** What is seen when the turn is in the middle. */
  readonly sign: string;
}

const states: readonly State[] = [
  { name: "the model thinks", steps: () => [hangBeforeHeaders], sign: "turn.started" },
  {
    name: "the answer streams",
    steps: () => [textAnswer("Once upon a time", { cut: { afterFrames: 4, how: "hang" } })],
    sign: "item.delta",
  },
  {
    name: "a command runs",
    steps: () => [callTool("exec_command", { cmd: longCommand, yield_time_ms: 30_000 })],
    sign: '"type":"command"',
  },
  {
    name: "a command outside the sandbox runs",
    steps: () => [asksToRun(longCommand)],
    sign: "allow_once",
  },
  {
    name: "an MCP tool runs",
    home: { mcpServers: { [mcpServerName]: { ...mcpServerCommand, required: true } } },
    steps: ({ version }) => [callsMcp(version, "slow", { seconds: 600 })],
    sign: "tool_result",
  },
];

/** The words of the user that the model was asked last. */
function lastAsked({ server }: CodexLab): string {
  const body = server.requests.at(-1)?.body ?? null;
  return JSON.stringify(isJsonObject(body) ? body["input"] : null);
}

async function inTheMiddle(lab: CodexLab, { sign }: State, ...flags: string[]): Promise<Running> {
  const run = lab.startTurn("Remember Ada", "--yolo", ...flags);
  await run.until(sign);
  // Only now there is something in codex to interrupt.
  await lab.untilAsked();
  return run;
}

async function goesOn(lab: CodexLab, sessionId: string): Promise<void> {
  const next = await lab.turn("Go on", "-c");
  expect([next.code, next.items.at(-1), next.sessionId]).toEqual([
    0,
    said("Here again."),
    sessionId,
  ]);
  expect(lastAsked(lab)).toContain("Remember Ada");
}

for (const state of states) {
  const open = (codex: CodexBinary): Promise<CodexLab> =>
    openLab(codex, { ...state, steps: [...state.steps(codex), resumed] });

  onEveryCodex(`SIGINT while ${state.name}: the turn ends, the session goes on`, async (codex) => {
    await using lab = await open(codex);
    const run = await inTheMiddle(lab, state);
    run.signal("SIGINT");
    const { code, last, sessionId } = await lab.ended(run);
    expect([code, last.type]).toEqual([130, "turn.interrupted"]);
    await goesOn(lab, sessionId);
  });

  onEveryCodex(`kill -9 of codex while ${state.name}: the session goes on`, async (codex) => {
    await using lab = await open(codex);
    const run = await inTheMiddle(lab, state);
    const victim = codexOf(await lab.processes());
    if (!victim) throw new Error("There is no codex to kill");
    process.kill(victim.pid, "SIGKILL");
    const { code, last, stderr, sessionId } = await lab.ended(run);
    expect([code, last]).toMatchObject([
      1,
      { type: "turn.failed", error: { code: "codex/exited" } },
    ]);
    expect(stderr).toContain("SIGKILL");
    await goesOn(lab, sessionId);
  });
}

onEveryCodex("the partial answer of an interrupted turn is kept", async (codex) => {
  const steps = [textAnswer("Once upon a time", { cut: { afterFrames: 4, how: "hang" } })];
  await using lab = await openLab(codex, { steps });
  const run = lab.startTurn("Tell me a story");
  await run.until("item.delta");
  run.signal("SIGINT");
  const { items } = await lab.ended(run);
  expect(items).toEqual([saidMeanwhile("Once upon a ")]);
});

onEveryCodex("SIGTERM ends the turn, too", async (codex) => {
  await using lab = await openLab(codex, { steps: [hangBeforeHeaders] });
  const run = lab.startTurn("Wait");
  await run.until("turn.started");
  run.signal("SIGTERM");
  const { code, last } = await lab.ended(run);
  expect([code, last.type]).toEqual([143, "turn.interrupted"]);
});

onEveryCodex("the deadline ends a turn with a command that runs", async (codex) => {
  const steps = [callTool("exec_command", { cmd: longCommand, yield_time_ms: 30_000 }), resumed];
  await using lab = await openLab(codex, { steps });
  const { code, last, sessionId } = await lab.turn("Remember Ada", "--deadline", "6");
  expect([code, last]).toMatchObject([124, { error: { code: "turn/deadline" } }]);
  await goesOn(lab, sessionId);
});

onEveryCodex("Ctrl-C in a conversation stops the turn, and the thread goes on", async (codex) => {
  const steps = [textAnswer("Once upon a time", { cut: { afterFrames: 4, how: "hang" } }), resumed];
  await using lab = await openLab(codex, { steps });
  const items = await lab.chat(async (person) => {
    person.says("Remember Ada");
    await person.sees("Once upon a");
    person.presses(ctrlC);
    await person.sees("interrupted", "> ");
    person.says("And now?");
    await person.sees("Here again.");
  });
  expect(items.at(-1)).toEqual(said("Here again."));
  expect(lastAsked(lab)).toContain("Remember Ada");
});

onEveryCodex("kill -9 of codex in a conversation: the next message goes on", async (codex) => {
  await using lab = await openLab(codex, { steps: [hangBeforeHeaders, resumed] });
  const items = await lab.chat(async (person) => {
    person.says("Remember Ada");
    await lab.untilAsked();
    const victim = codexOf(await lab.processes());
    if (!victim) throw new Error("There is no codex to kill");
    process.kill(victim.pid, "SIGKILL");
    await person.sees("codex/exited", "> ");
    person.says("And now?");
    await person.sees("Here again.");
  });
  expect(items.at(-1)).toEqual(said("Here again."));
  expect(lastAsked(lab)).toContain("Remember Ada");
});
