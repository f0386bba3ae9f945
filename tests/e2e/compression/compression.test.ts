import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type ResponsesServer,
  type ServerOptions,
  type StepSource,
  startResponsesServer,
} from "../../fakes/responses_server.ts";
import {
  callTool,
  callTools,
  failedAnswer,
  htmlPage,
  rateLimited,
  refusal,
  resetBeforeHeaders,
  textAnswer,
} from "../../fakes/server_steps.ts";
import {
  checkEvents,
  createSandbox,
  eventsOf,
  type Sandbox,
  startChat,
  wireApis,
} from "../sandbox.ts";

let sandbox: Sandbox;
let server: ResponsesServer | undefined;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
  await sandbox[Symbol.asyncDispose]();
});

/** What the questions for a summary hold, and nothing else does. */
const asksForSummary = "Use exactly these headings";

/** A server that knows a summary from a step, with a model of 100,000 tokens. */
async function serve(
  steps: ServerOptions["steps"],
  summary: StepSource = textAnswer("## Goal\nNOTES of the work"),
  more = "",
  wireApi: (typeof wireApis)[number] = "codex_responses",
): Promise<ResponsesServer> {
  server = await startResponsesServer({
    rules: [{ lastInput: asksForSummary, step: summary }],
    steps,
  });
  const model = `{provider: custom, base_url: "${server.url}", default: m1, api_mode: ${wireApi}, context_length: 100000}`;
  await sandbox.configure(`model: ${model}\nagent: {api_max_retries: 0}\n${more}`);
  return server;
}

/** More than the window of 85,000 tokens that is worked in, as the provider counts. */
const full = { tokens: { input: 90_000 } } as const;
const long = (word: string): string => `${word} `.repeat(3_000);

/** Calls of a tool, of which only the last fills the window. */
function work(count: number): StepSource[] {
  return Array.from({ length: count }, (_, index) =>
    callTool(
      "terminal",
      { command: `echo step-${index + 1}; seq 1 4000` },
      index === count - 1 ? full : { tokens: { input: 10_000 } },
    ),
  );
}

function bodies(): readonly string[] {
  return (server?.requests ?? []).map(({ body }) => JSON.stringify(body));
}

function isSummaryRequest(body: string): boolean {
  return body.includes(asksForSummary);
}

function kinds(): string {
  return bodies()
    .map((body) => (isSummaryRequest(body) ? "summary" : "step"))
    .join(" ");
}

interface Listed {
  readonly id: string;
  readonly parent_id?: string | null;
  readonly [field: string]: unknown;
}

async function sessions(): Promise<readonly Listed[]> {
  const { stdout } = await sandbox.run(["sessions", "list", "--json"]);
  return (JSON.parse(stdout) as { readonly sessions: readonly Listed[] }).sessions;
}

async function shown(id: string): Promise<string> {
  return (await sandbox.run(["sessions", "show", id, "--json"])).stdout;
}

function sessionIds(stdout: string): readonly string[] {
  return eventsOf(stdout).flatMap(({ type, session_id: id }) =>
    (type === "session.started" || type === "session.compressed") && typeof id === "string"
      ? [id]
      : [],
  );
}

const run = ["--yolo", "--json"];

test("a turn is compressed in its middle, and its session goes on in a child by either id", async () => {
  await serve([...work(6), textAnswer("all six done"), textAnswer("I remember")]);
  const first = await sandbox.run(["-z", "count the elephants six times", ...run]);
  expect([first.code, first.stderr]).toEqual([0, ""]);
  expect(checkEvents(first.stdout)).toMatchObject({
    type: "turn.completed",
    final_text: "all six done",
  });
  expect(kinds()).toBe("step step step step step step summary step");
  const [parent = "", child = ""] = sessionIds(first.stdout);
  expect(child).not.toBe(parent);
  expect(first.stdout).toContain("Compressing the context (about 90,000 tokens)");

  const after = bodies().at(-1) ?? "";
  for (const there of ["NOTES of the work", "count the elephants six times", "step-1", "step-6"]) {
    expect(after).toContain(there);
  }
  expect(after).not.toContain("step-3");
  expect(after.length).toBeLessThan((bodies()[5] ?? "").length);

  // The whole of it is shown by either id.
  for (const whole of [await shown(parent), await shown(child)]) {
    for (let step = 1; step <= 6; step++) expect(whole).toContain(`echo step-${step}`);
    expect(whole).toContain("all six done");
  }

  const later = await sandbox.run(["-z", "do you remember?", "-r", parent, ...run]);
  expect(later.code).toBe(0);
  expect(sessionIds(later.stdout)).toEqual([child]);
  expect(bodies().at(-1)).toContain("NOTES of the work");
  expect(bodies().at(-1)).toContain("all six done");

  const found = JSON.parse(
    (await sandbox.run(["sessions", "search", "elephants", "--json"])).stdout,
  ) as { readonly hits: readonly { readonly session_id: string }[] };
  expect(found.hits.map((hit) => hit.session_id)).toEqual([parent]);
});

test("the second compression carries the notes on and says that accuracy suffers", async () => {
  let asked = 0;
  await serve([...work(6), ...work(6), textAnswer("twelve")], () =>
    textAnswer(`## Goal\nNOTES number ${++asked}`),
  );
  const { code, stdout } = await sandbox.run(["-z", "work twice", ...run]);
  expect(code).toBe(0);
  expect(kinds().split("summary").length).toBe(3);
  const second = bodies().filter(isSummaryRequest)[1] ?? "";
  expect(second).toContain("Update the notes below");
  expect(second).toContain("NOTES number 1");
  const last = bodies().at(-1) ?? "";
  expect([
    last.includes("NOTES number 2"),
    last.includes("NOTES number 1"),
    last.includes("work twice"),
  ]).toEqual([true, false, true]);
  expect(stdout).toContain("was compressed before");
  expect(new Set(sessionIds(stdout)).size).toBe(3);
});

test("a summary that fails loses nothing: the turn goes on uncompressed, with a warning", async () => {
  await serve([...work(6), textAnswer("done")], refusal(403, "no summary today"));
  const { code, stdout } = await sandbox.run(["-z", "count", ...run]);
  expect(code).toBe(0);
  expect(kinds()).toBe("step step step step step step summary step");
  expect(sessionIds(stdout).length).toBe(1);
  expect(stdout).toContain("The context was not compressed, nothing is lost");
  const last = bodies().at(-1) ?? "";
  for (let step = 1; step <= 6; step++) expect(last).toContain(`step-${step}`);
  expect((await sessions()).length).toBe(1);
});

test.each([
  ["has no such model", refusal(404, "The model tiny does not exist", { code: "model_not_found" })],
  ["is at its limit", rateLimited(60)],
  ["says nothing", textAnswer("")],
])("where the summary's own model %s, the conversation's makes it", async (_, step) => {
  await using other = await startResponsesServer({ steps: [step], repeat: true });
  const named = `{base_url: "${other.url}", model: tiny}`;
  await serve([...work(6), textAnswer("done")], undefined, `auxiliary: {compression: ${named}}\n`);
  const { code, stdout } = await sandbox.run(["-z", "count", ...run]);
  expect([code, kinds()]).toEqual([0, "step step step step step step summary step"]);
  expect([sessionIds(stdout).length, other.requests.length]).toEqual([2, 1]);
});

const tooLong = refusal(400, "maximum context length exceeded", {
  code: "context_length_exceeded",
});

const count = callTool("terminal", { command: "seq 1 4000" });

/** How endpoints say that a prompt is too long; the last two say nothing, and are believed when much was sent. */
const overflows: readonly (readonly [string, StepSource, number])[] = [
  ["an error of the API", tooLong, 5],
  ["a gateway's page", htmlPage(413, "413 Request Entity Too Large"), 5],
  ["a plan that charges more for it", refusal(429, "Extra usage is required for long context"), 5],
  ["a request above the tokens of a minute", refusal(429, "Request too large for m1"), 5],
  ["an error without a reason under a very long one", refusal(400, "Error"), 13],
  ["a torn connection under a very long one", resetBeforeHeaders, 13],
];

describe.each(wireApis)("over %s", (wireApi) => {
  test.each(overflows)("%s: the request is compressed and asked again", async (_, step, calls) => {
    const steps: readonly StepSource[] = [...Array<StepSource>(calls).fill(count), step];
    await serve([...steps, textAnswer("done")], undefined, "", wireApi);
    const { code, stdout } = await sandbox.run(["-z", "count", ...run]);
    expect([code, kinds()]).toEqual([0, `${"step ".repeat(calls + 1)}summary step`]);
    expect(checkEvents(stdout)).toMatchObject({ final_text: "done" });
  });

  test("a window that a refusal states is believed from then on", async () => {
    const stated = refusal(400, "This model's maximum context length is 30000 tokens.");
    // 85 % of it are worked in.
    const fills = callTool("terminal", { command: "seq 1 4000" }, { tokens: { input: 26_000 } });
    const steps = [count, count, count, count, count, stated, count, count, count, fills];
    await serve([...steps, textAnswer("done")], undefined, "", wireApi);
    const { code } = await sandbox.run(["-z", "count", ...run]);
    expect([code, kinds()]).toEqual([
      0,
      `${"step ".repeat(6)}summary ${"step ".repeat(4)}summary step`,
    ]);
  });
});

test("a refusal within a stream is compressed and asked again", async () => {
  const step = failedAnswer("context_length_exceeded", "Your input exceeds the context window");
  await serve([count, count, count, count, count, step, textAnswer("done")]);
  const { code } = await sandbox.run(["-z", "count", ...run]);
  expect([code, kinds()]).toEqual([0, "step step step step step step summary step"]);
});

test("a refused request without a summary to be had goes on with excerpts, and says so", async () => {
  const calls = work(5).map((_, index) =>
    callTool("terminal", { command: `echo run-${index}; seq 1 4000` }),
  );
  await serve([...calls, tooLong, textAnswer("done")], refusal(403, "no summary today"));
  const { code, stdout } = await sandbox.run(["-z", "count the zebras", ...run]);
  expect([code, kinds()]).toEqual([0, "step step step step step step summary step"]);
  expect(stdout).toContain("excerpts stand for the earlier conversation");
  expect(bodies().at(-1)).toContain("No model could be asked for a summary");
  expect(bodies().at(-1)).toContain("count the zebras");
});

test("a provider that refuses whatever is left ends the turn: compression is exhausted", async () => {
  const calls = work(5).map(() => callTool("terminal", { command: "seq 1 4000" }));
  await serve([...calls, tooLong, tooLong, tooLong, tooLong, tooLong]);
  const { code, stdout, stderr } = await sandbox.run(["-z", "count", ...run]);
  expect(code).not.toBe(0);
  expect(checkEvents(stdout)).toMatchObject({
    type: "turn.failed",
    error: { code: "model/context_overflow" },
  });
  expect(stderr).toContain("compression is exhausted");
  // Five steps, then at most four that were refused, each with a summary before it but the first.
  expect(kinds()).toMatch(/^(?:step ){6}(?:summary step ?){1,3}$/);
});

test("switched off, a refusal names the switch", async () => {
  const calls = work(5).map(() => callTool("terminal", { command: "seq 1 4000" }));
  await serve([...calls, tooLong], undefined, "compression: {enabled: false}\n");
  const { code, stderr } = await sandbox.run(["-z", "count", ...run]);
  expect([code === 0, kinds()]).toEqual([false, "step step step step step step"]);
  expect(stderr).toContain("compression is switched off");
  expect(stderr).toContain("hermes config set compression.enabled true");
});

test("an interrupt during the summary leaves everything as it was", async () => {
  await serve([...work(6), textAnswer("unused")], { kind: "silent", how: "hang" });
  const started = sandbox.start(["-z", "count", ...run]);
  await started.until("Compressing the context");
  started.signal("SIGINT");
  const ended = await started.ended;
  expect(ended.code).toBe(130);
  expect(checkEvents(ended.stdout)).toMatchObject({ type: "turn.interrupted" });
  expect(sessionIds(ended.stdout).length).toBe(1);
  const [only, ...others] = await sessions();
  expect(others).toEqual([]);
  const items = await shown(only?.id ?? "");
  for (let step = 1; step <= 6; step++) expect(items).toContain(`step-${step}`);
});

test("a process that dies during the summary leaves a session that goes on", async () => {
  await serve([...work(6), textAnswer("still here")], { kind: "silent", how: "hang" });
  const started = sandbox.start(["-z", "count", ...run]);
  await started.until("Compressing the context");
  started.signal("SIGKILL");
  expect((await started.ended).code).toBe(137);
  const later = await sandbox.run(["-z", "go on", "-c", ...run]);
  expect(later.code).toBe(0);
  expect(checkEvents(later.stdout)).toMatchObject({ final_text: "still here" });
  const last = bodies().at(-1) ?? "";
  for (let step = 1; step <= 6; step++) expect(last).toContain(`step-${step}`);
});

test("a process that dies during the summary keeps nobody from the next one, nor from taking back", async () => {
  let asked = 0;
  await serve([...work(6), ...work(6), textAnswer("all done")], () =>
    asked++ === 0 ? { kind: "silent", how: "hang" } : textAnswer("NOTES at last"),
  );
  const started = sandbox.start(["-z", "count", ...run]);
  await started.until("Compressing the context");
  const id = (await sessions())[0]?.id ?? "";
  const busy = await sandbox.run(["sessions", "rewind", id]);
  expect([busy.code, busy.stderr.includes("session/busy")]).toEqual([75, true]);
  started.signal("SIGKILL");
  await started.ended;
  const later = await sandbox.run(["-z", "again", "-c", ...run]);
  expect(checkEvents(later.stdout)).toMatchObject({ final_text: "all done" });
  expect([asked, new Set(sessionIds(later.stdout)).size]).toEqual([2, 2]);
  const back = await sandbox.run(["sessions", "rewind", id, "--turns", "2"]);
  expect([back.code, back.stdout]).toEqual([0, "count\n"]);
});

test("two processes at once: one compresses, the other goes on uncompressed", async () => {
  const release = Promise.withResolvers<void>();
  const steps = [...work(6), ...work(6), textAnswer("one"), textAnswer("other")];
  await serve([textAnswer("hello"), ...steps], async () => {
    await release.promise;
    return textAnswer("NOTES late");
  });
  const begun = await sandbox.run(["-z", "begin", ...run]);
  const [id = ""] = sessionIds(begun.stdout);
  const one = sandbox.start(["-z", "go on", "-r", id, ...run]);
  await one.until("Compressing the context");
  const other = sandbox.start(["-z", "go on too", "-r", id, ...run]);
  const second = await other.ended;
  expect(second.code).toBe(0);
  expect(sessionIds(second.stdout)).toEqual([id]);
  release.resolve();
  const first = await one.ended;
  expect(first.code).toBe(0);
  expect(new Set(sessionIds(first.stdout)).size).toBe(2);
  expect(kinds().split("summary").length).toBe(2);
  // Nothing that was said is missing.
  const all = (await Promise.all((await sessions()).map(({ id: each }) => shown(each)))).join("\n");
  for (const text of ["begin", "hello", "go on", "go on too", "one", "other"])
    expect(all).toContain(text);
});

test("active todos and a memory that has grown go on in the child", async () => {
  await serve([
    callTools([
      {
        name: "todo",
        arguments: { todos: [{ id: "1", content: "paint the bridge", status: "in_progress" }] },
      },
      {
        name: "memory",
        arguments: { action: "add", target: "memory", content: "The bridge is red" },
      },
    ]),
    ...work(5),
    callTool("todo", {}),
    textAnswer("done"),
  ]);
  const { code, stdout } = await sandbox.run(["-z", "work", ...run]);
  expect(code).toBe(0);
  expect(sessionIds(stdout).length).toBe(2);
  const [before = "", after = ""] = [bodies()[0], bodies().at(-1)];
  expect(before).not.toContain("The bridge is red");
  expect(after).toContain("The open entries of your todo list");
  const { instructions } = JSON.parse(after) as { readonly instructions: string };
  expect(instructions).toContain("The bridge is red");
  // The tool still has the list, under the session's new id.
  expect(stdout.split("paint the bridge").length).toBeGreaterThan(3);
});

test("/compress with a focus compresses between turns, and -c goes on in the child", async () => {
  const answers = Array.from({ length: 6 }, (_, index) =>
    textAnswer(`${long("word")} answer-${index + 1}`),
  );
  await serve([...answers, textAnswer("I know the colour")]);
  await using chat = await startChat(sandbox);
  for (let turn = 1; turn <= 6; turn++) {
    chat.type(`question ${turn}\r`);
    await chat.untilShown(`answer-${turn}`);
  }
  chat.type("/compress the colour of the bridge\r");
  await chat.untilShown("all that was said before stays in");
  expect(bodies().find(isSummaryRequest)).toContain(
    "What matters most now: the colour of the bridge",
  );
  chat.type("/quit\r");
  await chat.exited;
  const later = await sandbox.run(["-z", "which colour?", "-c", ...run]);
  expect(later.code).toBe(0);
  expect(bodies().at(-1)).toContain("NOTES of the work");
  const [young] = sessionIds(later.stdout);
  const listed = await sessions();
  expect(listed.map(({ id }) => id)).toEqual([young ?? ""]);
});

test.each(wireApis)("a person sees where the session went, over %s", async (wireApi) => {
  await serve([...work(6), textAnswer("all done")], undefined, "", wireApi);
  const { code, stdout, stderr } = await sandbox.run(["chat", "-q", "count", "--yolo"]);
  expect([code, stdout]).toEqual([0, "all done\n"]);
  expect(kinds()).toBe("step step step step step step summary step");
  expect(stderr).toContain("notice: Compressing the context");
  expect(stderr).toContain("context compressed: a summary stands for");
  const young = (await sessions()).find(({ id }) => stderr.includes(`session ${id}, `));
  expect(await shown(young?.id ?? "")).toContain("NOTES of the work");
});

test("an ephemeral turn is compressed too, and leaves nothing behind", async () => {
  await serve([...work(6), textAnswer("all done")]);
  const { code, stdout } = await sandbox.run(["-z", "count", "--ephemeral", ...run]);
  expect([code, sessionIds(stdout).length, (await sessions()).length]).toEqual([0, 2, 0]);
});

test("/compress that fails or is interrupted leaves the session, and the next one works", async () => {
  const answers = Array.from({ length: 6 }, (_, index) =>
    textAnswer(`${long("word")} answer-${index + 1}`),
  );
  const summaries: StepSource[] = [
    refusal(403, "no summary today"),
    { kind: "silent", how: "hang" },
    textAnswer("NOTES"),
  ];
  let asked = 0;
  const arrived = Promise.withResolvers<void>();
  await serve(answers, (request, number) => {
    const step = summaries[asked++] ?? textAnswer("too many");
    if (asked === 2) arrived.resolve();
    return typeof step === "function" ? step(request, number) : step;
  });
  await using chat = await startChat(sandbox);
  chat.type("/compress\r");
  await chat.untilShown("a summary would not make it smaller yet");
  for (let turn = 1; turn <= 6; turn++) {
    chat.type(`question ${turn}\r`);
    await chat.untilShown(`answer-${turn}`);
  }
  chat.type("/compress\r");
  await chat.untilShown("no summary today");
  chat.type("/compress\r");
  await chat.untilShown("Compressing the context");
  await arrived.promise;
  chat.type("\u0003");
  await chat.untilShown("interrupted");
  expect((await sessions()).length).toBe(1);
  const [before] = await sessions();
  chat.type("/compress\r");
  await chat.untilShown("all that was said before stays in");
  const [after] = await sessions();
  expect([before?.id === after?.id, (await sessions()).length]).toEqual([false, 1]);
  chat.type("/quit\r");
  await chat.exited;
});

test("whoever still has the old session open is told where it goes on", async () => {
  await serve([textAnswer("hello"), ...work(6), textAnswer("six"), textAnswer("late answer")]);
  await using chat = await startChat(sandbox);
  chat.type("begin\r");
  await chat.untilShown("hello");
  const [open] = await sessions();
  const other = await sandbox.run(["-z", "count", "-r", open?.id ?? "", ...run]);
  const [, child = ""] = sessionIds(other.stdout);
  chat.type("and I?\r");
  await chat.untilShown(child);
  await chat.untilShown("late answer");
  chat.type("/quit\r");
  await chat.exited;
  expect(await shown(open?.id ?? "")).toContain("late answer");
});

test("what another process says meanwhile is not left out of a summary", async () => {
  const answers = Array.from({ length: 7 }, (_, turn) =>
    textAnswer(`answer-${turn + 1} ${long("word")}`),
  );
  await serve([...answers, textAnswer("last")]);
  await using chat = await startChat(sandbox);
  for (let turn = 1; turn <= 6; turn++) {
    chat.type(`question ${turn}\r`);
    await chat.untilShown(`answer-${turn}`);
  }
  const [open] = await sessions();
  await sandbox.run(["-z", "the other question", "-r", open?.id ?? "", ...run]);
  chat.type("/compress\r");
  await chat.untilShown("what was said there is not known here");
  chat.type(`/resume ${open?.id}\r`);
  await chat.untilShown("the other question");
  chat.type("/compress\r");
  await chat.untilShown("all that was said before stays in");
  chat.type("and now?\r");
  await chat.untilShown("last");
  expect(bodies().at(-1)).toContain("the other question");
  chat.type("/quit\r");
  await chat.exited;
});

test("whoever still has a part open that was rewound to before it is told that alone", async () => {
  await serve([textAnswer("hello"), ...work(6), textAnswer("six"), textAnswer("never")]);
  const begun = await sandbox.run(["-z", "begin", ...run]);
  const [id = ""] = sessionIds(begun.stdout);
  const other = await sandbox.run(["-z", "count", "-r", id, ...run]);
  const [, child = ""] = sessionIds(other.stdout);
  await using chat = await startChat(sandbox, ["-r", child]);
  await sandbox.run(["sessions", "rewind", id]);
  chat.type("and I?\r");
  await chat.untilShown("taken back by another process");
  expect(chat.screen()).not.toContain("Another process compressed");
  chat.type("/quit\r");
  await chat.exited;
});

test("a conversation that is compressed again and again loses no word of its user and its model", async () => {
  const turns = 16;
  let asked = 0;
  await serve(
    Array.from({ length: turns }, (_, index) =>
      textAnswer(
        `${long("word").repeat(3)} answer-${index + 1}.`,
        index % 4 === 3 ? full : { tokens: { input: 9_000 } },
      ),
    ),
    () => textAnswer(`## Goal\nNOTES ${++asked}`),
    "memory: {nudge_interval: 0}\n",
  );
  await using chat = await startChat(sandbox);
  for (let turn = 1; turn <= turns; turn++) {
    chat.type(`question-${turn}.\r`);
    await chat.untilShown(`answer-${turn}.`);
    if (turn === 1) {
      const [{ id } = { id: "" }] = await sessions();
      await sandbox.run(["sessions", "rename", id, "bridge"]);
    }
  }
  chat.type("/quit\r");
  await chat.exited;
  const [whole, ...others] = await sessions();
  expect([whole?.title, others]).toEqual(["bridge", []]);
  const { items } = JSON.parse(await shown("bridge")) as { readonly items: readonly Shown[] };
  const told = (type: string, word: string): readonly string[] =>
    items.flatMap((item) =>
      item.type === type ? (item.text?.match(new RegExp(`${word}-\\d+`))?.[0] ?? []) : [],
    );
  const numbered = (word: string) =>
    Array.from({ length: turns }, (_, index) => `${word}-${index + 1}`);
  expect(told("user_message", "question")).toEqual(numbered("question"));
  expect(told("assistant_message", "answer")).toEqual(numbered("answer"));
  expect(bodies().at(-1)).toContain("NOTES 3");
});

interface Shown {
  readonly type: string;
  readonly text?: string;
}

/** A child that works until its window is full, and the answers of all. */
function delegating(...child: readonly StepSource[]): ServerOptions["steps"] {
  const goal = "Count the tigers";
  return [callTool("delegate_task", { goal }), ...child, textAnswer("The parent is done")];
}

test.each([
  ["grows too large", work(6)],
  [
    "is refused for its size",
    [
      ...work(6).slice(0, 5),
      callTool("terminal", { command: "seq 1 9000" }),
      refusal(400, "maximum context length is 20000 tokens"),
    ],
  ],
] as const)("a sub-agent whose context %s is compressed and goes on", async (_, child) => {
  await serve(
    delegating(...child, textAnswer("Seven tigers")),
    textAnswer("## Goal\nNOTES of the child"),
  );
  const { code, stdout } = await sandbox.run(["-z", "Have the tigers counted", ...run]);
  expect([code, checkEvents(stdout)["final_text"]]).toEqual([0, "The parent is done"]);
  expect(stdout).toContain("its context was compressed");
  expect(stdout).toContain("Seven tigers");
  const last = bodies().at(-2) ?? "";
  expect([last.includes("NOTES of the child"), last.includes("Count the tigers")]).toEqual([
    true,
    true,
  ]);
  // The session of the parent is the one that it was.
  expect((await sessions()).map(({ parent_id: parent }) => parent)).toEqual([null]);
  expect(sessionIds(stdout)).toHaveLength(1);
  expect(await shown(sessionIds(stdout)[0] ?? "")).toContain('"kind":"compression"');
});

test("what a compressed sub-agent kept of long results goes with the session of its parent", async () => {
  await serve(
    delegating(
      ...work(6),
      callTool("terminal", { command: "seq 1 60000" }),
      textAnswer("Seven tigers"),
    ),
  );
  const { stdout } = await sandbox.run(["-z", "Have the tigers counted", ...run]);
  expect(stdout).toContain("its context was compressed");
  const [id = ""] = sessionIds(stdout);
  const kept = await readdir(join(sandbox.home, "results"));
  expect(kept).toEqual([`${id}-task-1-2`]);
  expect((await sandbox.run(["sessions", "delete", id, "--yes"])).code).toBe(0);
  expect(await readdir(join(sandbox.home, "results"))).toEqual([]);
});

test("a run that was compressed, in a sub-agent too, is recorded and replayed without a model", async () => {
  const flags = [...run, "--approval", "smart"].filter((flag) => flag !== "--yolo");
  const asks = "<command-";
  server = await startResponsesServer({
    rules: [
      { lastInput: asksForSummary, step: textAnswer("## Goal\nNOTES of the work") },
      { lastInput: asks, step: textAnswer('{"verdict":"approve","why":"It is empty"}') },
    ],
    steps: [
      callTool("delegate_task", { goal: "Count the tigers" }),
      ...work(6),
      textAnswer("Seven tigers"),
      callTool("terminal", { command: "rm -rf ./nothing-there" }),
      ...work(6),
      textAnswer("All done"),
    ],
  });
  const model = `{provider: custom, base_url: "${server.url}", default: m1, context_length: 100000}`;
  await sandbox.configure(`model: ${model}\n`);
  const recorded = await sandbox.run(["-z", "Count", ...flags, "--record", "run.jsonl"]);
  expect([recorded.code, checkEvents(recorded.stdout)["final_text"]]).toEqual([0, "All done"]);
  expect(kinds().split("summary")).toHaveLength(3);
  await server[Symbol.asyncDispose]();
  server = undefined;
  const replayed = await sandbox.run(["-z", "Count", ...flags, "--replay", "run.jsonl"]);
  expect([replayed.code, checkEvents(replayed.stdout)["final_text"]]).toEqual([0, "All done"]);
  expect(replayed.stdout).toContain("its context was compressed");
  expect(replayed.stdout).toContain("It is empty");
  expect(sessionIds(replayed.stdout)).toHaveLength(2);
});
