/** Goals at a terminal of the compiled program: turn after turn until a judge says that it is reached. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { PtyProgram } from "../fakes/pty.ts";
import {
  type RecordedRequest,
  type ResponsesServer,
  startResponsesServer,
  type StepSource,
} from "../fakes/responses_server.ts";
import { refusal, type ServerStep, textAnswer } from "../fakes/server_steps.ts";
import { configFor, createSandbox, type Sandbox, startChat } from "./sandbox.ts";
import { hanging, held, leave, storedLines, withChat } from "./terminal_chat.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

interface Scenario {
  /** What the agent answers, turn after turn. */
  readonly turns: readonly StepSource[];
  /** What the judge answers, one after the other. */
  readonly verdicts: readonly ServerStep[];
}

function verdict(done: boolean, reason: string): ServerStep {
  return textAnswer(JSON.stringify({ done, reason }));
}

function isJudge({ body }: RecordedRequest): boolean {
  return JSON.stringify(body).includes("You judge whether");
}

/** A conversation whose agent and whose judge have answers of their own. */
async function pursuing(
  { turns, verdicts }: Scenario,
  talk: (chat: PtyProgram, server: ResponsesServer) => Promise<void>,
): Promise<void> {
  let [turn, judged] = [0, 0];
  const step: StepSource = (request, number) => {
    const next = isJudge(request) ? verdicts[judged++] : turns[turn++];
    if (typeof next === "function") return next(request, number);
    return next ?? refusal(400, "Nothing more is answered");
  };
  await withChat({ sandbox, steps: [step], repeat: true }, talk);
}

test("a goal goes on until the judge says that it is reached", async () => {
  await pursuing(
    {
      turns: [textAnswer("One test passes"), textAnswer("Two tests pass"), textAnswer("All pass")],
      verdicts: [
        verdict(false, "two tests still fail"),
        verdict(false, "one test still fails"),
        verdict(true, "all tests pass"),
      ],
    },
    async (chat, server) => {
      chat.type("/goal make the tests pass\r");
      await chat.untilShown("goal set: at most 20 turns");
      await chat.untilShown("One test passes");
      await chat.untilShown("goal, turn 2 of 20: two tests still fail");
      await chat.untilShown("Two tests pass");
      await chat.untilShown("goal, turn 3 of 20: one test still fails");
      await chat.untilShown("All pass");
      await chat.untilShown("goal reached after 3 turns: all tests pass");
      chat.type("/goal\r");
      await chat.untilShown("No goal");
      await leave(chat);
      expect(server.requests.map(isJudge)).toEqual([false, true, false, true, false, true]);
      const nudge = JSON.stringify(server.requests[2]?.body);
      expect(nudge).toContain("make the tests pass");
      expect(nudge).toContain("two tests still fail");
      expect(JSON.stringify(server.requests[1]?.body)).toContain("One test passes");
    },
  );
  expect(await storedLines(sandbox)).toEqual([
    "user_message make the tests pass",
    "assistant_message One test passes",
    "user_message (synthetic)",
    "assistant_message Two tests pass",
    "user_message (synthetic)",
    "assistant_message All pass",
  ]);
});

test("Ctrl-D while a turn runs for a goal leaves after that turn", async () => {
  const pressed = Promise.withResolvers<void>();
  const slow: StepSource = async () => {
    await pressed.promise;
    return textAnswer("One test passes");
  };
  await pursuing({ turns: [slow], verdicts: [] }, async (chat, server) => {
    chat.type("/goal make the tests pass\r");
    await chat.untilShown("goal set: at most 20 turns");
    await chat.untilShown("waiting for the model");
    chat.type("\x04");
    await chat.untilShown("leaves when this is over");
    pressed.resolve();
    await chat.untilShown(" passes");
    expect(await chat.exited).toBe(0);
    expect(server.requests).toHaveLength(1);
  });
});

test("a goal is paused at its limit of turns, and goes on with all of them again", async () => {
  await pursuing(
    {
      turns: [textAnswer("First try"), textAnswer("Second try"), textAnswer("Third try")],
      verdicts: [
        verdict(false, "not yet"),
        verdict(false, "still not"),
        verdict(true, "now it is"),
      ],
    },
    async (chat) => {
      chat.type("/goal --turns 2 get it done\r");
      await chat.untilShown("goal set: at most 2 turns");
      await chat.untilShown("Second try");
      await chat.untilShown(
        "goal paused: its 2 turns are used up, and it is not reached: still not",
      );
      chat.type("/goal\r");
      await chat.untilShown("Goal (paused, /goal resume goes on; turn 2 of 2): get it done");
      chat.type("/goal resume\r");
      await chat.untilShown("Third try");
      await chat.untilShown("goal reached after 1 turn: now it is");
      await leave(chat);
    },
  );
});

test("Ctrl-C pauses a goal; it survives a restart and goes on when it is told to", async () => {
  const hang = hanging();
  const steps = [hang.step, textAnswer("Survived"), verdict(true, "it lives")];
  await using server = await startResponsesServer({ steps });
  await sandbox.configure(configFor(server.url));
  {
    await using chat = await startChat(sandbox);
    chat.type("/goal survive\r");
    await hang.asked;
    chat.type("\x03");
    await chat.untilShown("goal paused: the turn was interrupted. /goal resume goes on");
    await leave(chat);
  }
  await using chat = await startChat(sandbox, ["-c"]);
  await chat.untilShown("Goal (paused, /goal resume goes on; turn 0 of 20): survive");
  chat.type("/goal resume\r");
  await chat.untilShown("Survived");
  await chat.untilShown("goal reached after 1 turn: it lives");
  await leave(chat);
  expect(JSON.stringify(server.requests[1]?.body)).toContain("not reached yet");
});

test("a process that is killed leaves its goal paused", async () => {
  const hang = hanging();
  await pursuing({ turns: [hang.step], verdicts: [] }, async (chat) => {
    chat.type("/goal outlive me\r");
    await hang.asked;
    process.kill(chat.pid, "SIGKILL");
    await chat.exited;
  });
  await using chat = await startChat(sandbox, ["-c"]);
  await chat.untilShown("turn 0 of 20): outlive me");
  await chat.untilShown("the session was left");
  chat.type("/goal clear\r");
  await chat.untilShown("No goal any more");
  await leave(chat);
});

test("the judge, who may be another provider's, is told no secret", async () => {
  const key = `sk-${"a1B2c3D4".repeat(5)}`;
  await pursuing(
    { turns: [textAnswer(`It says ${key}`)], verdicts: [verdict(true, "it was read")] },
    async (chat, server) => {
      chat.type(`/goal read the key, it is not ${key}\r`);
      await chat.untilShown("goal reached after 1 turn: it was read");
      await leave(chat);
      const asked = JSON.stringify(server.requests.find(isJudge)?.body);
      expect([asked.includes("It says"), asked.includes(key)]).toEqual([true, false]);
    },
  );
});

test("a goal whose turn is taken back waits for what the person says instead", async () => {
  await pursuing(
    {
      turns: [textAnswer("A wrong start"), textAnswer("A better one")],
      verdicts: [verdict(true, "it is done")],
    },
    async (chat, server) => {
      chat.type("/goal get it done\r/undo\r");
      await chat.untilShown("goal paused: a turn was taken back. /goal resume goes on");
      await chat.untilShown("Took back 1 turn");
      // Its message is in the line again, to be mended.
      await chat.untilShown("get it done");
      expect(server.requests.map(isJudge)).toEqual([false]);
      chat.type("\x15/goal resume\r");
      await chat.untilShown("A better one");
      await chat.untilShown("goal reached after 1 turn: it is done");
      await leave(chat);
    },
  );
});

test("a judge that fails twice pauses the goal, and so does a turn that fails", async () => {
  await pursuing(
    {
      turns: [textAnswer("Tried"), refusal(400, "No more of this")],
      // A refused request is made once more without a schema.
      verdicts: [
        refusal(400, "No schemas"),
        refusal(400, "No judge today"),
        textAnswer("I think so?"),
        verdict(false, "no"),
      ],
    },
    async (chat, server) => {
      chat.type("/goal be judged\r");
      await chat.untilShown(
        "goal paused: the judge failed twice: The judge of the goal gave no verdict",
      );
      chat.type("/goal resume\r");
      await chat.untilShown("goal paused: the turn failed:");
      await leave(chat);
      expect(server.requests.map(isJudge)).toEqual([false, true, true, true, false]);
    },
  );
});

test("what a person says comes before the goal goes on", async () => {
  const first = held(textAnswer("First"));
  await pursuing(
    { turns: [first.step, textAnswer("Yes, dear")], verdicts: [verdict(true, "fine")] },
    async (chat, server) => {
      chat.type("/goal be polite\r");
      await first.asked;
      chat.type("/queue are you there?\r");
      await chat.untilShown("> /queue are you there?");
      first.release();
      await chat.untilShown("Yes, dear");
      await chat.untilShown("goal reached after 2 turns: fine");
      chat.type("/goal --turns none x\r");
      await chat.untilShown("A goal takes 1 to 9999 turns: none");
      await leave(chat);
      expect(server.requests.map(isJudge)).toEqual([false, false, true]);
    },
  );
});
