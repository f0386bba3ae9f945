import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Projector } from "../../src/codex/projector.ts";
import { noUsage, type TurnEvent } from "../../src/core/event.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";
import { codexVersions } from "../fakes/codex_binaries.ts";
import { codexSchema } from "../fakes/codex_schema.ts";
import { storyOf } from "./story.ts";

const threadId = "thread-1";
const turnId = "01a1fcc1-447a-7383-ad64-18e3e481dcfc";
const prefix = "cx-18e3e481dcfc-";

function started(): Projector {
  return new Projector({ threadId, turnId });
}

/** What a turn of these notifications comes to, its end included. */
function project(...notifications: readonly (readonly [string, JsonObject])[]): {
  readonly events: readonly TurnEvent[];
  readonly projector: Projector;
} {
  const projector = started();
  const events = notifications.flatMap(([method, params]) =>
    projector.project(method, { threadId, turnId, ...params }),
  );
  return { events: [...events, ...projector.close()], projector };
}

const begins = (item: JsonObject) => ["item/started", { item }] as const;
const ends = (item: JsonObject) => ["item/completed", { item }] as const;

describe("items", () => {
  const table: readonly (readonly [JsonObject, readonly string[]])[] = [
    [{ type: "userMessage", content: [{ type: "text", text: "Hi" }] }, []],
    [{ type: "agentMessage", text: "Hello" }, ["answer: Hello"]],
    [{ type: "agentMessage", text: "I look", phase: "commentary" }, ["commentary: I look"]],
    [{ type: "reasoning", summary: ["one", "two"], content: ["raw"] }, ["thought: one  two"]],
    [{ type: "reasoning", summary: [], content: ["raw"] }, ["thought: raw"]],
    [
      {
        type: "commandExecution",
        command: "/bin/bash -lc 'make all'",
        cwd: "/w",
        status: "failed",
        exitCode: 2,
        aggregatedOutput: "no rule\n",
      },
      ['$ make all [failed, 2] "no rule\\n"'],
    ],
    [
      {
        type: "commandExecution",
        command: "ls",
        cwd: "/w",
        status: "declined",
        exitCode: null,
        aggregatedOutput: null,
      },
      ['$ ls [declined, -] ""'],
    ],
    [
      {
        type: "fileChange",
        status: "completed",
        changes: [
          { path: "/w/a", kind: { type: "add" }, diff: "a\n" },
          { path: "/w/b", kind: "delete", diff: "" },
          { path: "/w/c", kind: { type: "update", move_path: null }, diff: "@@" },
        ],
      },
      ["files [completed]: add /w/a with diff, delete /w/b, update /w/c with diff"],
    ],
    [
      {
        type: "mcpToolCall",
        server: "lab.one",
        tool: "echo",
        arguments: { text: "x" },
        status: "completed",
        result: {
          content: [
            { type: "text", text: "x" },
            { type: "image", data: "AA" },
          ],
        },
        error: null,
      },
      ['call mcp_lab_one_echo {"text":"x"}', "result: x\n[image]"],
    ],
    [
      {
        type: "mcpToolCall",
        server: "lab",
        tool: "echo",
        arguments: [1],
        status: "failed",
        result: null,
        error: { message: "no such tool" },
      },
      ['call mcp_lab_echo {"arguments":[1]}', "result (error): no such tool"],
    ],
    [
      {
        type: "dynamicToolCall",
        tool: "todo",
        arguments: {},
        status: "completed",
        success: true,
        contentItems: [{ type: "inputText", text: "done" }],
      },
      ["call todo {}", "result: done"],
    ],
    [
      { type: "webSearch", query: "bun", action: { type: "search" } },
      ['call web_search {"query":"bun","action":{"type":"search"}}', "result: "],
    ],
    [{ type: "imageView", path: "/w/a.png" }, ['call view_image {"path":"/w/a.png"}', "result: "]],
    [
      { type: "imageGeneration", status: "completed", revisedPrompt: "a cat", savedPath: "/w/c" },
      [
        'call generate_image {"revisedPrompt":"a cat"}',
        'result: {"status":"completed","savedPath":"/w/c"}',
      ],
    ],
    [{ type: "sleep", durationMs: 5 }, ['call sleep {"durationMs":5}', "result: "]],
    [{ type: "functionCallOutput", name: "run", output: "ok" }, ["call run {}", "result: ok"]],
    [
      { type: "collabAgentToolCall", tool: "spawn", prompt: "go", status: "completed" },
      ['call agent_spawn {"prompt":"go"}', 'result: {"status":"completed"}'],
    ],
    [
      { type: "subAgentActivity", agentPath: "root/one", agentThreadId: "t", kind: "started" },
      ["info: Agent root/one: started"],
    ],
    [{ type: "enteredReviewMode", review: "the diff" }, ["info: codex reviews: the diff"]],
    [{ type: "exitedReviewMode", review: "Two findings" }, ["commentary: Two findings"]],
    [{ type: "plan", text: "First this" }, ["commentary: First this"]],
    [{ type: "contextCompaction" }, ["info: codex has compacted the conversation"]],
    [
      { type: "hookPrompt", fragments: ["a"] },
      ['commentary: [codex hookPrompt] {"type":"hookPrompt","fragments":["a"],"id":"i"}'],
    ],
    [{ type: "brandNew", id: "i" }, ['commentary: [codex brandNew] {"type":"brandNew","id":"i"}']],
  ];

  test.each(table)("%j", (item, story) => {
    const whole = { ...item, id: "i" };
    expect(storyOf(project(ends(whole)).events)).toEqual(story);
    // The same when it was announced before.
    expect(storyOf(project(begins(whole), ends(whole)).events)).toEqual(story);
  });

  test.each(codexVersions)("of every type that codex $version has are known", ({ version }) => {
    const known = new Set(table.map(([{ type }]) => type));
    const { itemTypes } = codexSchema(version);
    expect(itemTypes.length).toBeGreaterThan(15);
    expect(itemTypes.filter((type) => !known.has(type))).toEqual([]);
  });

  test("begin and end once, with ids of their turn that fit every wire", () => {
    const command = { type: "commandExecution", id: "call_1", command: "ls", cwd: "/w" };
    const { events } = project(
      begins({ ...command, status: "inProgress" }),
      ["item/commandExecution/outputDelta", { itemId: "call_1", delta: "a\n" }],
      ends({ ...command, status: "completed", exitCode: 0, aggregatedOutput: "a\n" }),
    );
    const item = {
      type: "command",
      id: `${prefix}call_1`,
      command: "ls",
      cwd: "/w",
      exitCode: null,
      output: "",
      status: "in_progress",
    } as const;
    expect(events).toEqual([
      { type: "item-start", item },
      { type: "item-delta", itemId: item.id, channel: "output", delta: "a\n" },
      {
        type: "item-end",
        item: { ...item, exitCode: 0, output: "a\n", status: "completed" },
      },
    ]);
  });

  test("without an id are told apart; long ids and strange ones keep to 64 characters", () => {
    const ids = project(
      ends({ type: "agentMessage", id: "", text: "a" }),
      ends({ type: "agentMessage", id: "", text: "b" }),
      ends({ type: "agentMessage", id: "x".repeat(90), text: "c" }),
      ends({ type: "agentMessage", id: `${"x".repeat(89)}y`, text: "d" }),
      ends({ type: "agentMessage", id: "a.b", text: "e" }),
      ends({ type: "agentMessage", id: "a/b", text: "f" }),
    ).events.flatMap((event) => (event.type === "item-end" ? [event.item.id] : []));
    expect(new Set(ids).size).toBe(6);
    expect(ids.filter((id) => !/^[A-Za-z0-9_-]{1,64}$/.test(id))).toEqual([]);
  });

  test("are remembered for approvals while they are open", () => {
    const projector = started();
    const tell = (method: string, params: JsonObject) =>
      projector.project(method, { threadId, turnId, ...params });
    tell("item/started", { item: { type: "fileChange", id: "f", changes: [] } });
    expect(projector.changesOf("f")).toEqual([]);
    const changes = [{ path: "/w/a", kind: { type: "add" }, diff: "a" }];
    tell("item/fileChange/patchUpdated", { itemId: "f", changes });
    expect(projector.changesOf("f")).toEqual([{ path: "/w/a", kind: "add", diff: "a" }]);
    tell("item/started", { item: { type: "commandExecution", id: "c", command: "ls", cwd: "/w" } });
    expect(projector.commandOf("c")).toEqual({ command: "ls", cwd: "/w" });
    expect([projector.openItems, projector.openWork]).toEqual([2, 2]);
    tell("item/completed", { item: { type: "fileChange", id: "f", changes, status: "completed" } });
    expect([projector.changesOf("f"), projector.openItems]).toEqual([[], 1]);
  });
});

describe("a turn", () => {
  test("ends what codex left open, with what was written of it", () => {
    const { events } = project(
      begins({ type: "commandExecution", id: "c", command: "sleep 9", cwd: "/w" }),
      ["item/commandExecution/outputDelta", { itemId: "c", delta: "half" }],
      begins({ type: "mcpToolCall", id: "t", server: "s", tool: "x", arguments: {} }),
      begins({ type: "agentMessage", id: "m", text: "" }),
      ["item/agentMessage/delta", { itemId: "m", delta: "Once up" }],
    );
    expect(storyOf(events)).toEqual([
      "call mcp_s_x {}",
      '$ sleep 9 [interrupted, -] "half"',
      "result (error): [interrupted]",
      "commentary: Once up",
    ]);
  });

  test.each([
    [
      "the final one",
      [
        ["a", "final_answer"],
        ["b", null],
      ],
      "a",
    ],
    [
      "the last of those without a phase",
      [
        ["a", null],
        ["b", null],
      ],
      "b",
    ],
    ["none where there is only commentary", [["a", "commentary"]], ""],
  ] as const)("has an answer: %s", (_name, messages, answer) => {
    const { projector } = project(
      ...messages.map(([text, phase], index) =>
        ends({ type: "agentMessage", id: `m${index}`, text, phase }),
      ),
    );
    expect(projector.finalText).toBe(answer);
  });

  test("voids what was said before a retry", () => {
    const { events } = project(
      begins({ type: "agentMessage", id: "m", text: "" }),
      [
        "error",
        {
          willRetry: true,
          error: {
            message: "Reconnecting... 2/5",
            codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: null } },
          },
        },
      ],
      ["error", { willRetry: false, error: { message: "no", codexErrorInfo: "other" } }],
    );
    expect(events.slice(1, 3)).toEqual([
      { type: "item-reset", itemIds: [`${prefix}m`] },
      expect.objectContaining({ type: "retry", attempt: 3, maxAttempts: 6 }),
    ]);
    expect(events).toHaveLength(3);
  });

  test("counts what came to the thread in it", () => {
    const tell = (total: number, last: number): readonly [string, JsonObject] => [
      "thread/tokenUsage/updated",
      { tokenUsage: { total: tokens(total), last: tokens(last) } },
    ];
    const { projector } = project(
      // What a resumed thread repeats of its past.
      tell(100, 100),
      ends({ type: "agentMessage", id: "m", text: "a" }),
      tell(150, 50),
      tell(150, 50),
      ["thread/tokenUsage/updated", { tokenUsage: "odd" }],
      tell(170, 20),
    );
    const input = (count: number) => ({ ...noUsage, inputTokens: count, totalTokens: count });
    expect(projector.usage).toEqual(input(70));
    expect(projector.threadUsage).toEqual(input(170));
    expect([started().usage, started().threadUsage]).toEqual([noUsage, undefined]);
  });

  test("keeps what the model wrote before more was said to it, and takes back what it only began", () => {
    const message = (id: string) => begins({ type: "agentMessage", id, text: "" });
    const more = begins({ type: "userMessage", id: "u", content: [] });
    const { events } = project(
      message("a"),
      ["item/agentMessage/delta", { itemId: "a", delta: "Once" }],
      more,
      message("b"),
      more,
    );
    expect(storyOf(events)).toEqual(["commentary: Once"]);
    expect(events.at(-1)).toEqual({ type: "item-reset", itemIds: [`${prefix}b`] });
  });

  test("knows nothing of other turns and threads", () => {
    const item = { type: "agentMessage", id: "m", text: "a" };
    expect(project(["item/completed", { item, turnId: "other" }]).events).toEqual([]);
    expect(project(["item/completed", { item, threadId: "other" }]).events).toEqual([]);
  });

  test("shows plans, warnings and another model", () => {
    const { events } = project(
      [
        "turn/plan/updated",
        {
          explanation: "why",
          plan: [
            { step: "a", status: "completed" },
            { step: "b", status: "inProgress" },
            { step: "c", status: "pending" },
          ],
        },
      ],
      ["warning", { message: "careful" }],
      ["model/rerouted", { fromModel: "m1", toModel: "m2" }],
      ["deprecationNotice", { summary: "old" }],
    );
    expect(storyOf(events)).toEqual([
      "plan: a (completed), b (in_progress), c (pending)",
      "warning: careful",
      "warning: codex asks m2 in place of m1",
    ]);
  });

  test("never throws, and ends every item that it begins exactly once", () => {
    const ids = fc.constantFrom("a", "b", "", "c.d");
    const types = fc.constantFrom(
      "agentMessage",
      "reasoning",
      "commandExecution",
      "fileChange",
      "mcpToolCall",
      "dynamicToolCall",
      "webSearch",
      "plan",
      "userMessage",
      "odd",
    );
    const odd = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);
    const item = fc
      .tuple(
        types,
        ids,
        fc.dictionary(
          fc.constantFrom("text", "changes", "status", "result", "kind", "arguments", "summary"),
          odd,
        ),
      )
      .map(([type, id, rest]) => ({ ...rest, type, id }));
    const methods = fc.constantFrom(
      "item/started",
      "item/completed",
      "item/agentMessage/delta",
      "item/fileChange/patchUpdated",
      "turn/plan/updated",
      "thread/tokenUsage/updated",
      "error",
      "warning",
      "odd/one",
    );
    const params = fc.oneof(
      odd,
      fc.record({
        item: fc.oneof(item, odd),
        itemId: ids,
        delta: fc.oneof(fc.string(), odd),
        error: odd,
        willRetry: fc.boolean(),
        plan: odd,
        tokenUsage: odd,
        message: odd,
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(methods, params), { maxLength: 30 }), (notifications) => {
        const projector = started();
        const events = [
          ...notifications.flatMap(([method, value]) => projector.project(method, value)),
          ...projector.close(),
        ];
        const open = new Set<string>();
        for (const event of events) {
          if (event.type === "item-start") {
            expect(open.has(event.item.id)).toBe(false);
            open.add(event.item.id);
          }
          if (event.type === "item-end") expect(open.delete(event.item.id)).toBe(true);
          if (event.type === "item-reset") for (const id of event.itemIds) open.delete(id);
          if (event.type === "item-delta") expect(open.has(event.itemId)).toBe(true);
        }
        expect([...open]).toEqual([]);
        expect(projector.openItems).toBe(0);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

function tokens(count: number): JsonObject {
  return {
    inputTokens: count,
    cachedInputTokens: 0,
    outputTokens: 0,
    reasoningOutputTokens: 0,
    totalTokens: count,
  };
}
