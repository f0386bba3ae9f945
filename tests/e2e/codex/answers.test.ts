import { expect } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runsProgram } from "../../fakes/codex_cases.ts";
import { callTool, textAnswer } from "../../fakes/server_steps.ts";
import { isNew, onEveryCodex, openLab, said, saidMeanwhile } from "./sandbox.ts";

const done = textAnswer("All done.", { phase: "final_answer" });
const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

onEveryCodex("a text is answered", async (codex) => {
  const text = "Hello, how can I help you today?";
  await using lab = await openLab(codex, { steps: [textAnswer(text, { phase: "final_answer" })] });
  const { code, stderr, items, last } = await lab.turn("Say hello");
  expect([code, stderr, items]).toEqual([0, "", [said(text)]]);
  expect(last).toMatchObject({
    type: "turn.completed",
    final_text: text,
    usage: {
      input_tokens: 100,
      cached_input_tokens: 0,
      output_tokens: 20,
      reasoning_tokens: 0,
      total_tokens: 120,
    },
  });
});

onEveryCodex("without --json, stdout is the answer alone", async (codex) => {
  await using lab = await openLab(codex, { steps: [done] });
  const ended = await lab.run(["-z", "Say hello", "--runtime", "codex_app_server", "--quiet"]);
  expect(ended).toEqual({ code: 0, stdout: "All done.\n", stderr: "" });
});

onEveryCodex("an answer comes in pieces", async (codex) => {
  const steps = [textAnswer("One two three four five six", { pieceSize: 4 })];
  await using lab = await openLab(codex, { steps });
  const { events } = await lab.turn("Count");
  const deltas = events.filter(({ type }) => type === "item.delta").map(({ delta }) => delta);
  expect(deltas.length).toBeGreaterThan(2);
  expect(deltas.join("")).toBe("One two three four five six");
});

onEveryCodex("reasoning is told before the answer", async (codex) => {
  const reasoning = "**Greeting**\n\nThe user wants a greeting.";
  const step = textAnswer("Hello.", {
    phase: "final_answer",
    reasoning,
    encryptedContent: "opaque",
  });
  await using lab = await openLab(codex, { steps: [step] });
  const { code, items } = await lab.turn("Think, then say hello");
  expect([code, items]).toEqual([0, [{ type: "reasoning", text: reasoning }, said("Hello.")]]);
});

onEveryCodex("commentary is no answer", async (codex) => {
  const toolCalls = [{ name: "exec_command", arguments: { cmd: "pwd", yield_time_ms: 30_000 } }];
  const steps = [
    { kind: "answer", text: "I look first.", phase: "commentary", toolCalls } as const,
    done,
  ];
  await using lab = await openLab(codex, { steps });
  const { code, items, last } = await lab.turn("Look around");
  expect([code, last["final_text"]]).toEqual([0, "All done."]);
  const command = {
    type: "command",
    command: "pwd",
    cwd: lab.work,
    exit_code: 0,
    // Codex 0.130 loses it where the command has ended before it listens.
    output: isNew(codex) ? `${lab.work}\n` : expect.any(String),
    status: "completed",
  };
  // A busy 0.130 tells of the command's end after the answer.
  const isLate = !isNew(codex) && items[1]?.["type"] === "assistant_message";
  const answer = said("All done.");
  expect(items).toEqual([
    saidMeanwhile("I look first."),
    ...(isLate ? [answer, command] : [command, answer]),
  ]);
});

onEveryCodex("commentary alone fails the turn", async (codex) => {
  const steps = [textAnswer("I begin.", { phase: "commentary" })];
  await using lab = await openLab(codex, { steps });
  const { code, last } = await lab.turn("Do it");
  expect([code, last]).toMatchObject([1, { error: { code: "model/empty_answer" } }]);
});

onEveryCodex("tokens are those of the turn, each step counted once", async (codex) => {
  const steps = [
    callTool(
      "exec_command",
      { cmd: "true" },
      { tokens: { input: 1_000, cached: 400, output: 50, reasoning: 30 } },
    ),
    textAnswer("One.", { tokens: { input: 1_100, cached: 1_000, output: 5 } }),
    textAnswer("Two.", { tokens: { input: 1_200, cached: 1_100, output: 6 } }),
  ];
  await using lab = await openLab(codex, { steps });
  const first = await lab.turn("Count");
  expect(first.last["usage"]).toEqual({
    input_tokens: 2_100,
    cached_input_tokens: 1_400,
    output_tokens: 55,
    reasoning_tokens: 30,
    total_tokens: 2_155,
  });
  const second = await lab.turn("Count again", "-c");
  expect(second.last["usage"]).toEqual({
    input_tokens: 1_200,
    cached_input_tokens: 1_100,
    output_tokens: 6,
    reasoning_tokens: 0,
    total_tokens: 1_206,
  });
});

onEveryCodex("tokens of steps that show nothing count too", async (codex) => {
  const steps = [callTool("todo", { todos: [] }), callTool("no_such_tool", {}), done];
  await using lab = await openLab(codex, { steps });
  const { last } = await lab.turn("Count");
  expect(last["usage"]).toMatchObject({ input_tokens: 300, output_tokens: 60 });
});

onEveryCodex("a full window is compacted, and the turn goes on", async (codex) => {
  const steps = [
    textAnswer("Full.", { tokens: { input: 260_000, output: 10 } }),
    textAnswer("The window was filled.", { tokens: { input: 1_000, output: 10 } }),
    done,
  ];
  await using lab = await openLab(codex, { steps });
  await lab.turn("Fill the window");
  const { code, items, events, last } = await lab.turn("Go on", "-c");
  expect([code, items]).toEqual([0, [said("All done.")]]);
  expect(events).toContainEqual({
    type: "notice",
    level: "info",
    text: "codex has compacted the conversation",
  });
  // The window as it was before is no work of this turn.
  expect(last["usage"]).toMatchObject({ input_tokens: 1_100, output_tokens: 30 });
});

onEveryCodex("an image is sent along", async (codex) => {
  await using lab = await openLab(codex, { steps: [done] });
  const image = join(lab.work, "pixel.png");
  await writeFile(image, Buffer.from(pixel, "base64"));
  const { code } = await lab.turn("What is it?", "--image", image);
  expect(code).toBe(0);
  const sent = JSON.stringify(lab.server.requests[0]?.body);
  expect(sent).toContain(`"image_url":"data:image/png;base64,${pixel}"`);
});

onEveryCodex("the plan of codex is told as it changes", async (codex) => {
  const plan = (first: string, second: string) => ({
    plan: [
      { step: "Read the code", status: first },
      { step: "Change it", status: second },
    ],
  });
  const steps = [
    callTool("update_plan", { explanation: "Two steps.", ...plan("in_progress", "pending") }),
    callTool("update_plan", plan("completed", "in_progress")),
    done,
  ];
  // Some versions have the tool off.
  const settings = { tools: { update_plan: { enabled: true } } };
  await using lab = await openLab(codex, { steps, home: { settings } });
  const { code, events, last } = await lab.turn("Plan it");
  expect([code, last["usage"]]).toMatchObject([0, { input_tokens: 300 }]);
  expect(events.filter(({ type }) => type === "plan.updated")).toEqual([
    {
      type: "plan.updated",
      steps: [
        { text: "Read the code", status: "in_progress" },
        { text: "Change it", status: "pending" },
      ],
      explanation: "Two steps.",
    },
    {
      type: "plan.updated",
      steps: [
        { text: "Read the code", status: "completed" },
        { text: "Change it", status: "in_progress" },
      ],
      explanation: null,
    },
  ]);
});

onEveryCodex("the user's model and effort are asked", async (codex) => {
  await using lab = await openLab(codex, { steps: [done], home: { model: "gpt-5.4" } });
  const { code } = await lab.turn(
    "Say hello",
    "--model",
    "gpt-5.5",
    "--set",
    "model.reasoning_effort=high",
  );
  expect(code).toBe(0);
  expect(lab.server.requests[0]?.body).toMatchObject({
    model: "gpt-5.5",
    reasoning: { effort: "high" },
  });
});

const schema = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};

onEveryCodex("--output-schema is held by the answer", async (codex) => {
  const steps = [textAnswer('{"city":"Berlin"}', { phase: "final_answer" })];
  await using lab = await openLab(codex, { steps });
  const file = join(lab.work, "schema.json");
  await writeFile(file, JSON.stringify(schema));
  const { code, last } = await lab.turn("Where?", "--output-schema", file);
  expect([code, last["final_text"]]).toEqual([0, '{"city":"Berlin"}']);
  const body = lab.server.requests[0]?.body;
  expect(body).toMatchObject({ text: { format: { type: "json_schema", schema } } });
});

onEveryCodex("an answer beside --output-schema fails", async (codex) => {
  const steps = [textAnswer("Berlin, I think")];
  await using lab = await openLab(codex, { steps });
  const file = join(lab.work, "schema.json");
  await writeFile(file, JSON.stringify(schema));
  const { code, last } = await lab.turn("Where?", "--output-schema", file);
  expect([code, last]).toMatchObject([1, { error: { code: "turn/answer_invalid" } }]);
});

onEveryCodex(
  "code mode works with commands and patches",
  async (codex) => {
    const program = `const made = await tools.exec_command({ cmd: "echo one > made.txt; cat made.txt" });
await tools.apply_patch("*** Begin Patch\\n*** Add File: hello.txt\\n+hello\\n*** End Patch\\n");
text(made.output);
`;
    const steps = [runsProgram(program), done];
    await using lab = await openLab(codex, { steps, home: { model: "gpt-5.6-sol" } });
    const { code, items } = await lab.turn("Make files");
    expect([code, items]).toEqual([
      0,
      [
        {
          type: "command",
          command: "echo one > made.txt; cat made.txt",
          cwd: lab.work,
          exit_code: 0,
          output: "one\n",
          status: "completed",
        },
        {
          type: "file_change",
          changes: [{ path: join(lab.work, "hello.txt"), kind: "add", diff: "hello\n" }],
          status: "completed",
        },
        said("All done."),
      ],
    ]);
  },
  { since: "0.169.0" },
);

onEveryCodex("an unknown setting of codex is a notice at most", async (codex) => {
  const home = { settings: { no_such_setting: true } };
  await using lab = await openLab(codex, { steps: [done], home });
  const { code, events } = await lab.turn("Say hello");
  const notices = events.filter(({ type }) => type === "notice");
  expect([code, notices.length]).toEqual([0, isNew(codex) ? 1 : 0]);
});

onEveryCodex(
  "a command that nobody waits for is told as running, and ends with hermes",
  async (codex) => {
    const steps = [
      callTool("exec_command", { cmd: "echo begun; sleep 600", yield_time_ms: 250 }),
      done,
    ];
    await using lab = await openLab(codex, { steps });
    const { code, items } = await lab.turn("Start it");
    expect([code, items.map(({ type, status }) => [type, status])]).toEqual([
      0,
      [
        ["assistant_message", undefined],
        ["command", "in_progress"],
      ],
    ]);
  },
);
