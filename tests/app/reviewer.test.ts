import { describe, expect, test } from "bun:test";
import type { SideUsage } from "../../src/core/spending.ts";
import { createReviewer, type ReviewReport } from "../../src/app/reviewer.ts";
import type { ReviewSide } from "../../src/app/review_side.ts";
import { HermesError } from "../../src/core/errors.ts";
import { noUsage, type TurnEvent } from "../../src/core/event.ts";
import type { Item, UserMessage } from "../../src/core/item.ts";
import type { ModelRequest } from "../../src/core/model.ts";
import { createInstantClock } from "../fakes/clock.ts";
import { createSequentialIds } from "../fakes/ids.ts";
import { assistant, createScriptedTransport, type ScriptedStep, step } from "../fakes/model.ts";
import { createFakeTool, ok } from "../fakes/tool.ts";

const nothing = step([assistant("n", "Nothing to keep")]);

interface Situation {
  readonly steps?: readonly ScriptedStep[];
  readonly stored?: readonly Item[];
  readonly side?: () => Promise<ReviewSide | undefined>;
}

/** A reviewer of memory after every second message. */
function watch({ steps = [], stored = [], side }: Situation = {}) {
  const reports: ReviewReport[] = [];
  const kept: SideUsage[] = [];
  const items: Item[] = [...stored];
  let closed = 0;
  const transport = createScriptedTransport(steps);
  const loop = {
    transport,
    tools: [createFakeTool("memory", () => ok("{}"))],
    clock: createInstantClock(),
    newId: createSequentialIds(),
    spill: { write: () => Promise.reject(new Error("Nothing is long here")) },
  };
  const reviewer = createReviewer(
    {
      openSide:
        side ??
        (() =>
          Promise.resolve({
            loop,
            provider: "p1",
            facts: {},
            [Symbol.asyncDispose]() {
              closed++;
              return Promise.resolve();
            },
          })),
      openTools: () => Promise.resolve([]),
      items: () => [...items],
      report: (report) => reports.push(report),
      keep: (used) => Promise.resolve(void kept.push(used)),
    },
    {
      intervals: { userTurns: 2, toolSteps: 0 },
      toolNames: ["memory"],
      facts: {
        sessionId: "s1",
        model: "m1",
        instructions: "Be good",
        cwd: "/w",
        reasoningEffort: "medium",
      },
    },
  );
  const end = (event: Item): void => {
    items.push(event);
    reviewer.observe({ type: "item-end", item: event });
  };
  return {
    reports,
    kept,
    reviewer,
    loop,
    requests: (): readonly ModelRequest[] => transport.requests,
    closed: () => closed,
    observe: (event: TurnEvent) => reviewer.observe(event),
    items,
    /** A whole turn; completed with an answer where nothing else is said. */
    turn(text: string, outcome: Outcome = { status: "completed", finalText: "Yes" }): void {
      end(user(text));
      if (outcome.status === "completed") end(assistant(`a-${text}`, outcome.finalText));
      reviewer.observe({ type: "turn-end", outcome });
    },
  };
}

type Outcome = Extract<TurnEvent, { type: "turn-end" }>["outcome"];

function user(text: string): UserMessage {
  return { type: "user-message", id: `u-${text}`, parts: [{ type: "text", text }] };
}

/** The texts of a request but for the review's own. */
function saidIn(request: ModelRequest | undefined): readonly string[] {
  const texts = request?.items.map((item) => {
    if (item.type === "user-message") {
      return item.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    }
    return item.type === "assistant-message" ? item.text : item.type;
  });
  return (texts ?? []).slice(0, -1);
}

describe("createReviewer()", () => {
  test("reviews after each interval what was said until then", async () => {
    const lab = watch({ steps: [nothing, nothing] });
    lab.turn("1");
    expect(lab.reviewer.running()).toBeUndefined();
    lab.turn("2");
    await lab.reviewer.running();
    lab.turn("3");
    expect(lab.reviewer.running()).toBeUndefined();
    lab.turn("4");
    await lab.reviewer.running();
    expect(lab.requests().map(saidIn)).toEqual([
      ["1", "Yes", "2", "Yes"],
      ["1", "Yes", "2", "Yes", "3", "Yes", "4", "Yes"],
    ]);
    expect(lab.reports).toEqual(
      Array.from({ length: 2 }, () => ({
        kind: "done",
        changes: [],
        usage: { ...noUsage, inputTokens: 10, totalTokens: 10 },
      })),
    );
    expect(lab.kept).toEqual(
      Array.from({ length: 2 }, () => ({
        kind: "review",
        provider: "p1",
        model: "m1",
        usage: { ...noUsage, inputTokens: 10, totalTokens: 10 },
        calls: { count: 1, unpriced: 1 },
      })),
    );
    expect(lab.closed()).toBe(2);
  });

  test("waits for a turn that ended with an answer", async () => {
    const lab = watch({ steps: [nothing] });
    lab.turn("1");
    lab.turn("2", { status: "interrupted" });
    const error = new HermesError("network/timeout", "Too late");
    lab.turn("3", { status: "failed", error, completedItemIds: [] });
    lab.turn("4", { status: "completed", finalText: " \n" });
    expect(lab.reviewer.running()).toBeUndefined();
    lab.turn("5");
    await lab.reviewer.running();
    expect(lab.requests().length).toBe(1);
  });

  test("one at a time: what is due meanwhile follows the next turn", async () => {
    const gate = Promise.withResolvers<void>();
    const lab = watch({
      steps: [
        async function* () {
          await gate.promise;
          yield* nothing;
        },
        nothing,
      ],
    });
    for (const text of ["1", "2", "3", "4"]) lab.turn(text);
    gate.resolve();
    await lab.reviewer.running();
    expect(lab.requests().length).toBe(1);
    lab.turn("5");
    await lab.reviewer.running();
    expect(lab.requests().length).toBe(2);
  });

  test("counts on from what is stored", async () => {
    const stored = [user("1"), user("2"), user("3")];
    const lab = watch({ steps: [nothing], stored });
    lab.turn("4");
    await lab.reviewer.running();
    expect(lab.requests().length).toBe(1);
  });

  test("goes with a session that was split, and counts on", async () => {
    const lab = watch({ steps: [nothing] });
    lab.turn("1");
    const compaction = {
      type: "compaction",
      id: "k",
      context: [user("summary")],
      summary: "much",
      dropped: 2,
    } as const;
    lab.items.splice(0, lab.items.length, compaction);
    lab.observe({ type: "item-end", item: compaction });
    lab.observe({
      type: "session-split",
      sessionId: "s2",
      compaction,
      instructions: "Be better",
    });
    lab.turn("2");
    await lab.reviewer.running();
    expect(lab.requests()).toMatchObject([{ sessionId: "s2", instructions: "Be better" }]);
    expect(saidIn(lab.requests()[0])).toEqual(["summary", "2", "Yes"]);
  });

  test("tells once that nothing can be asked", async () => {
    const lab = watch({ side: () => Promise.resolve(undefined) });
    for (const text of ["1", "2", "3", "4"]) {
      lab.turn(text);
      await lab.reviewer.running();
    }
    expect(lab.reports.map(({ kind }) => kind)).toEqual(["impossible"]);
  });

  test("whatever goes wrong is a report", async () => {
    const lab = watch({ side: () => Promise.reject(new Error("Broken")) });
    lab.turn("1");
    lab.turn("2");
    await lab.reviewer.running();
    expect(lab.reports.map((report) => report.kind === "failed" && report.error.message)).toEqual([
      "Unexpected error: Broken",
    ]);
  });

  test("closing it ends a review without a word, and lets no other begin", async () => {
    const asked = Promise.withResolvers<void>();
    const lab = watch({
      steps: [
        async function* (_, signal) {
          asked.resolve();
          const aborted = Promise.withResolvers<void>();
          signal.addEventListener("abort", () => aborted.resolve());
          await aborted.promise;
          signal.throwIfAborted();
          yield* nothing;
        },
      ],
    });
    lab.turn("1");
    lab.turn("2");
    await asked.promise;
    await lab.reviewer[Symbol.asyncDispose]();
    lab.turn("3");
    lab.turn("4");
    expect([lab.reports, lab.reviewer.running(), lab.closed()]).toEqual([[], undefined, 1]);
  });

  test("closing it does not wait for what is opened; that is closed when it is there", async () => {
    const opening = Promise.withResolvers<ReviewSide>();
    const closed = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const lab = watch({
      side() {
        asked.resolve();
        return opening.promise;
      },
    });
    lab.turn("1");
    lab.turn("2");
    await asked.promise;
    await lab.reviewer[Symbol.asyncDispose]();
    opening.resolve({
      loop: lab.loop,
      provider: "p1",
      facts: {},
      [Symbol.asyncDispose]() {
        closed.resolve();
        return Promise.resolve();
      },
    });
    await closed.promise;
    expect([lab.requests(), lab.reports]).toEqual([[], []]);
  });
});
