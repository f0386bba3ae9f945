/** What is typed while a turn runs on the real codex versions. */
import { expect } from "bun:test";
import { startResponsesServer } from "../../fakes/responses_server.ts";
import { hangBeforeHeaders, type ServerStep, textAnswer } from "../../fakes/server_steps.ts";
import { type CodexLab, ctrlC, isNew, onEveryCodex, openLab, said } from "./sandbox.ts";
import { onlySession } from "../stored_session.ts";

/** Messages of the person in the only session. */
async function messages(lab: CodexLab): Promise<readonly unknown[]> {
  const items = await onlySession((args) => lab.run(args));
  return items.flatMap(({ type, text }) => (type === "user_message" ? [text] : []));
}

onEveryCodex("a message to a turn that runs reaches codex's model in it", async (codex) => {
  const steered = Promise.withResolvers<void>();
  const first = async (): Promise<ServerStep> => {
    await steered.promise;
    // The newer kind leaves an answer at its first frame: had it more, how much of it is told would be chance.
    return isNew(codex)
      ? textAnswer("Once upon a time.", { cut: { afterFrames: 1, how: "hang" } })
      : textAnswer("Once upon a time.");
  };
  const steps = [first, textAnswer("Short.", { phase: "final_answer" })];
  await using lab = await openLab(codex, { steps });
  const items = await lab.chat(async (person) => {
    person.says("Write a long text");
    await lab.untilAsked();
    person.says("Shorter, please");
    await person.sees("→ steers the turn");
    steered.resolve();
    await person.sees("→ the turn", "Short.");
  });
  expect(items).toEqual(
    isNew(codex) ? [said("Short.")] : [said("Once upon a time."), said("Short.")],
  );
  expect(await messages(lab)).toEqual(["Write a long text", "Shorter, please"]);
  expect(lab.server.requests).toHaveLength(2);
  expect(JSON.stringify(lab.server.requests[1]?.body)).toContain("Shorter, please");
  // Sub-agents are for our own loop.
  expect(JSON.stringify(lab.server.requests[0]?.body)).not.toContain("delegate_task");
});

onEveryCodex(
  "what the model had said before a message came is kept",
  async (codex) => {
    const first = textAnswer("Once upon a time.", { cut: { afterFrames: 4, how: "hang" } });
    const steps = [first, textAnswer("Short.", { phase: "final_answer" })];
    await using lab = await openLab(codex, { steps });
    const items = await lab.chat(async (person) => {
      person.says("Write a long text");
      await person.sees("Once upon a");
      person.says("Shorter, please");
      await person.sees("→ the turn", "Short.");
    });
    expect(items).toEqual([{ ...said("Once upon a "), interim: true }, said("Short.")]);
    expect(lab.server.requests).toHaveLength(2);
  },
  // An older one waits for the end of the answer.
  { since: "0.169.0" },
);

onEveryCodex("a queued message and one that is interrupted are not lost", async (codex) => {
  const steps = [hangBeforeHeaders, textAnswer("First."), textAnswer("Second.")];
  await using lab = await openLab(codex, { steps });
  await lab.chat(async (person) => {
    person.says("Wait for me");
    await lab.untilAsked();
    person.says("/queue and then this");
    await person.sees("> /queue and then this");
    person.presses(ctrlC);
    await person.sees("interrupted", "/queue and then this");
    person.presses("\r");
    await person.sees("First.");
    person.says("/goal never ends");
    await person.sees("no other one is named for it");
  });
  expect(await messages(lab)).toEqual(["Wait for me", "and then this"]);
});

onEveryCodex("a goal is pursued on codex where a model is named that judges it", async (codex) => {
  const verdicts = [false, true].map((done) =>
    textAnswer(JSON.stringify({ done, reason: done ? "Both are there" : "One is missing" })),
  );
  await using judge = await startResponsesServer({ steps: verdicts });
  const steps = [
    textAnswer("One of two.", { phase: "final_answer" }),
    textAnswer("Two of two.", { phase: "final_answer" }),
  ];
  await using lab = await openLab(codex, { steps });
  await lab.chat(
    async (person) => {
      person.says("/goal write both");
      await person.sees("goal set", "One of two.", "goal, turn 2 of 20: One is missing");
      await person.sees("Two of two.", "goal reached after 2 turns: Both are there");
    },
    `--set=auxiliary.goal_judge.base_url=${judge.url}`,
    "--set=auxiliary.goal_judge.model=judge",
  );
  expect([lab.server.requests.length, judge.requests.length]).toEqual([2, 2]);
  const { stdout } = await lab.run(["sessions", "list", "--json"]);
  const [, id = ""] = /"id":\s*"([^"]+)"/.exec(stdout) ?? [];
  const told = await lab.run(["sessions", "show", id]);
  expect(told.stdout).toContain("judging the goal: 2 calls of judge (custom)");
});

onEveryCodex("a model that is named for something else judges no goal", async (codex) => {
  await using lab = await openLab(codex, {
    steps: [textAnswer("Hi.", { phase: "final_answer" })],
  });
  await lab.chat(
    async (person) => {
      person.says("hello");
      await person.sees("Hi.");
      person.says("/goal write both");
      await person.sees("no other one is named for it");
    },
    "--set=auxiliary.approval.base_url=http://127.0.0.1:9/v1",
    "--set=auxiliary.approval.model=m",
  );
});
