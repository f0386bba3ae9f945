import { describe, expect, test } from "bun:test";
import {
  type Compressing,
  type CompressorDeps,
  type ContextInUse,
  createCompressor,
} from "../../../src/agent/compression/compressor.ts";
import type { CompressionSettings } from "../../../src/agent/compression/limits.ts";
import type { AuxiliaryRequest } from "../../../src/core/auxiliary.ts";
import { HermesError } from "../../../src/core/errors.ts";
import { noUsage, type SessionSplitEvent, type TurnEvent } from "../../../src/core/event.ts";
import type { Compaction, ModelItem } from "../../../src/core/item.ts";
import { createFakeClock } from "../../fakes/clock.ts";
import { history } from "../../fakes/histories.ts";
import { createSequentialIds } from "../../fakes/ids.ts";

const settings: CompressionSettings = {
  contextLength: 10_000,
  threshold: 0.5,
  targetRatio: 0.2,
  protectFirst: 3,
  protectLast: 20,
  isAutomatic: true,
  abortsOnFailure: true,
};

const step = { text: "next", calls: [{ input: {}, output: "x ".repeat(3_000) }] };
const large = history([{ user: "build the bridge" }, ...Array.from({ length: 8 }, () => step)]);
const small = history([{ user: "build the bridge" }, step]);

function context(items: readonly ModelItem[], previous?: Compaction): ContextInUse {
  const request = {
    sessionId: "parent",
    model: "m",
    instructions: "Be good",
    items,
    tools: [],
    reasoningEffort: "medium",
  } as const;
  return previous === undefined ? { request } : { request, previous };
}

type Answer = string | HermesError | (() => Promise<string>);

/** A compressor whose summaries are these, one after the other. */
function setUp(
  answers: readonly Answer[],
  more: Partial<CompressorDeps> = {},
  changed: Partial<CompressionSettings> = {},
) {
  const asked: AuxiliaryRequest[] = [];
  const log: string[] = [];
  const clock = createFakeClock();
  const deps: CompressorDeps = {
    auxiliary: {
      async ask(request) {
        const answer = answers[asked.length];
        asked.push(request);
        log.push("ask");
        if (answer === undefined) throw new Error("Nothing more in the script");
        if (typeof answer === "function") return await answer();
        if (answer instanceof HermesError) throw answer;
        return answer;
      },
    },
    clock,
    redact: (text) => text.replaceAll("sk-secret", "***"),
    newId: createSequentialIds("k"),
    newSessionId: createSequentialIds("child"),
    lock: () => {
      log.push("lock");
      return Promise.resolve({
        [Symbol.asyncDispose]() {
          log.push("unlock");
          return Promise.resolve();
        },
      });
    },
    movedTo: () => Promise.resolve(undefined),
    isBehind: () => Promise.resolve(false),
    instructions: () => Promise.resolve("Be better"),
    toolState: () => undefined,
    moveTools: (from, to) => void log.push(`move ${from} ${to}`),
    ...more,
  };
  return { compressor: createCompressor(deps, { ...settings, ...changed }), asked, log, clock };
}

interface Done {
  readonly notices: readonly string[];
  readonly split: SessionSplitEvent | undefined;
}

async function drain(
  compressing: Compressing | AsyncGenerator<TurnEvent, SessionSplitEvent>,
  log: string[] = [],
): Promise<Done> {
  const notices: string[] = [];
  while (true) {
    const { done, value } = await compressing.next();
    if (done) return { notices, split: value };
    if (value.type === "notice")
      notices.push(`${value.level}: ${value.text.split(/[:(]/)[0]?.trim() ?? ""}`);
    if (value.type === "session-split") log.push("split");
  }
}

const never = new AbortController().signal;
const down = new HermesError("model/server_error", "down");
const refused = new HermesError("model/context_overflow", "too long");

describe("beforeStep()", () => {
  test("does nothing while there is room", async () => {
    const { compressor, log } = setUp([]);
    expect(await drain(compressor.beforeStep(context(small), never))).toEqual({
      notices: [],
      split: undefined,
    });
    expect(log).toEqual([]);
  });

  test("announces, sums up, splits, in this order and under the lock", async () => {
    const { compressor, asked, log } = setUp(["the sum of sk-secret"]);
    const done = await drain(compressor.beforeStep(context(large), never), log);
    expect(log).toEqual(["lock", "ask", "split", "move parent child-1", "unlock"]);
    expect(done.notices).toEqual(["info: Compressing the context"]);
    expect(done.split).toMatchObject({
      sessionId: "child-1",
      instructions: "Be better",
      compaction: { id: "k-1", summary: "the sum of ***" },
    });
    expect(asked[0]).toMatchObject({ task: "compression", maxOutputTokens: 2_650 });
    expect(asked[0]?.text).toContain("What matters most now: build the bridge");
  });

  test("waits for a real count after a compression, and heeds it", async () => {
    const { compressor, asked } = setUp(["one", "two"]);
    await drain(compressor.beforeStep(context(large), never));
    expect((await drain(compressor.beforeStep(context(large), never))).split).toBeUndefined();
    const usage = { ...noUsage, inputTokens: 9_000 };
    compressor.measure(context(large).request, usage);
    expect((await drain(compressor.beforeStep(context(large), never))).split?.sessionId).toBe(
      "child-2",
    );
    expect(asked.length).toBe(2);
  });

  test("carries an earlier summary on, and says that details are lost", async () => {
    const { compressor, asked } = setUp(["new"]);
    const previous = {
      type: "compaction",
      id: "p",
      context: [],
      summary: "OLD NOTES",
      dropped: 7,
    } as const;
    const done = await drain(compressor.beforeStep(context(large, previous), never));
    expect(asked[0]?.text).toContain("OLD NOTES");
    expect(done.notices).toEqual([
      "info: Compressing the context",
      "warning: This conversation was compressed before",
    ]);
    expect(done.split?.compaction.dropped).toBeGreaterThan(7);
  });

  test("leaves everything as it is when the summary fails, and does not ask again for a minute", async () => {
    const { compressor, asked, log, clock } = setUp([down, "later"]);
    const failed = await drain(compressor.beforeStep(context(large), never));
    expect(failed).toEqual({
      notices: [
        "info: Compressing the context",
        "warning: The context was not compressed, nothing is lost",
      ],
      split: undefined,
    });
    await clock.advance(59_000);
    expect((await drain(compressor.beforeStep(context(large), never))).split).toBeUndefined();
    expect(asked.length).toBe(1);
    await clock.advance(2_000);
    expect((await drain(compressor.beforeStep(context(large), never))).split).toBeDefined();
    expect(log.filter((entry) => entry.endsWith("lock"))).toEqual([
      "lock",
      "unlock",
      "lock",
      "unlock",
    ]);
  });

  test("a summary of nothing but thoughts is none", async () => {
    const { compressor } = setUp(["<think>\nhow shall I sum that up\n</think>\n"]);
    expect(await drain(compressor.beforeStep(context(large), never))).toEqual({
      notices: [
        "info: Compressing the context",
        "warning: The context was not compressed, nothing is lost",
      ],
      split: undefined,
    });
  });

  test("makes do with excerpts where the user wants that rather than no compression", async () => {
    const { compressor } = setUp([down], {}, { abortsOnFailure: false });
    const { split } = await drain(compressor.beforeStep(context(large), never));
    expect(split?.compaction.summary).toStartWith("No model could be asked");
  });

  test("goes on uncompressed while another process has the lock, and when it has gone on already", async () => {
    const locked = setUp([], { lock: () => Promise.resolve(undefined) });
    expect(await drain(locked.compressor.beforeStep(context(large), never))).toEqual({
      notices: [],
      split: undefined,
    });
    const moved = setUp([], { movedTo: () => Promise.resolve("other") });
    expect((await drain(moved.compressor.beforeStep(context(large), never))).notices).toEqual([
      "warning: The context was not compressed, nothing is lost",
    ]);
    expect((await drain(moved.compressor.beforeStep(context(large), never))).notices).toEqual([]);
  });

  test("does not sum up a session that another process has gone on with", async () => {
    const said = setUp([], { isBehind: () => Promise.resolve(true) });
    const told = await drain(said.compressor.beforeStep(context(large), never));
    expect(told).toEqual({
      notices: ["warning: The context was not compressed, nothing is lost"],
      split: undefined,
    });
    const failed = await drain(said.compressor.onDemand(context(large), undefined, never)).catch(
      (thrown: unknown) => thrown,
    );
    expect(failed).toMatchObject({
      code: "store/invalid",
      hint: "to know it here: /resume parent, or hermes --resume parent",
    });
    expect(said.asked).toEqual([]);
  });

  test("gives up after two compressions that saved next to nothing, says so once, and goes on by command", async () => {
    const bulky = "w".repeat(50_000);
    const { compressor, asked } = setUp([bulky, bulky, "short"]);
    for (let round = 0; round < 2; round++) {
      expect((await drain(compressor.beforeStep(context(large), never))).split).toBeUndefined();
    }
    const told = await drain(compressor.beforeStep(context(large), never));
    expect(told.notices.length).toBe(1);
    expect((await drain(compressor.beforeStep(context(large), never))).notices).toEqual([]);
    expect(asked.length).toBe(2);
    expect((await drain(compressor.onDemand(context(large), "focus", never))).split).toBeDefined();
  });

  test("an abort during the summary throws, with nothing split and the lock given back", async () => {
    const stop = new AbortController();
    const { compressor, log } = setUp([
      () => {
        stop.abort();
        return Promise.reject(down);
      },
    ]);
    const caught = await drain(compressor.beforeStep(context(large), stop.signal), log).catch(
      (error: unknown) => error,
    );
    expect(caught).toMatchObject({ code: "turn/interrupted" });
    expect(log).toEqual(["lock", "ask", "unlock"]);
  });
});

describe("afterOverflow()", () => {
  const overflow = (items: readonly ModelItem[], attempt: number, error = refused) =>
    [context(items), { error, attempt }, never] as const;

  test("compresses a context of any size, with excerpts where no summary can be had", async () => {
    const { compressor } = setUp([down]);
    const done = await drain(compressor.afterOverflow(...overflow(large, 1)));
    expect(done.notices).toEqual([
      "info: Compressing the context",
      "warning: No summary could be made, and the provider takes no more",
    ]);
    expect(done.split).toBeDefined();
  });

  test("presses harder with each attempt, and fails after the third", async () => {
    const { compressor } = setUp(["s", "s", "s", "s"]);
    const sizes: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      const { split } = await drain(compressor.afterOverflow(...overflow(large, attempt)));
      sizes.push(JSON.stringify(split?.compaction.context).length);
    }
    expect(sizes.toSorted((a, b) => b - a)).toEqual(sizes);
    expect(new Set(sizes).size).toBe(3);
    const error = await drain(compressor.afterOverflow(...overflow(large, 4))).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: "model/context_overflow",
      message: expect.stringContaining("compression is exhausted"),
    });
  });

  test("fails at once where nothing can be left out", async () => {
    const { compressor, asked } = setUp([]);
    const error = await drain(compressor.afterOverflow(...overflow(small, 1))).catch(
      (thrown: unknown) => thrown,
    );
    expect([error instanceof HermesError && error.code, asked.length]).toEqual([
      "model/context_overflow",
      0,
    ]);
  });

  test("takes the limit that the server told, if it is smaller", async () => {
    const countOf = async (contextLimit: number): Promise<number> => {
      const { compressor, asked } = setUp(["s", "s"], {}, { contextLength: 100_000 });
      const told = new HermesError("model/context_overflow", "too long", { contextLimit });
      await drain(compressor.afterOverflow(...overflow(large, 1, told)));
      compressor.measure(context(large).request, { ...noUsage, inputTokens: 9_000 });
      await drain(compressor.beforeStep(context(large), never));
      return asked.length;
    };
    expect([await countOf(10_000), await countOf(100_001)]).toEqual([2, 1]);
  });

  test("takes a limit for that of whoever stated it", async () => {
    const { compressor, asked } = setUp(["s", "s"], {}, { contextLength: 100_000 });
    const told = new HermesError("model/context_overflow", "too long", { contextLimit: 10_000 });
    const standIn = { name: "n", contextLength: 50_000 };
    const byOther = { ...context(large), standIn };
    await drain(compressor.afterOverflow(byOther, { error: told, attempt: 1 }, never));
    compressor.measure(context(large).request, { ...noUsage, inputTokens: 9_000 });
    expect((await drain(compressor.beforeStep(context(large), never))).split).toBeUndefined();
    expect((await drain(compressor.beforeStep(byOther, never))).split).toBeDefined();
    expect(asked).toHaveLength(2);
  });

  test("names the switch where it is off", async () => {
    const { compressor } = setUp([], {}, { isAutomatic: false });
    const error = await drain(compressor.afterOverflow(...overflow(large, 1))).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ hint: expect.stringContaining("compression.enabled true") });
  });
});

describe("a model that answers in place of the chosen one", () => {
  test("has its own window, and the chosen one has its own again behind it", async () => {
    const { compressor } = setUp(["s"], {}, { contextLength: 100_000 });
    const count = { ...noUsage, inputTokens: 9_000 };
    compressor.measure(context(large).request, count);
    expect((await drain(compressor.beforeStep(context(large), never))).split).toBeUndefined();
    const byOther = { ...context(large), standIn: { name: "n", contextLength: 10_000 } };
    expect((await drain(compressor.beforeStep(byOther, never))).split).toBeDefined();
    compressor.measure(context(large).request, count);
    expect((await drain(compressor.beforeStep(context(large), never))).split).toBeUndefined();
  });
});

describe("onDemand()", () => {
  test("asks also while a failure cools down, and throws what goes wrong", async () => {
    const { compressor, asked } = setUp([down, down, "fine"], {}, { isAutomatic: false });
    for (let round = 0; round < 2; round++) {
      const error = await drain(compressor.onDemand(context(large), undefined, never)).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toBe(down);
    }
    const { split } = await drain(compressor.onDemand(context(large), "the colour", never));
    expect(split?.compaction.summary).toBe("fine");
    expect(asked[2]?.text).toContain("What matters most now: the colour");
  });

  test("sums up piece by piece what is too long for the one who is asked", async () => {
    const tooLong = new HermesError("model/context_overflow", "too long for the summary model");
    const { compressor, asked } = setUp([tooLong, "one", "two", "three", "four", "five", "six"]);
    const { split } = await drain(compressor.onDemand(context(large), undefined, never));
    expect(asked.length).toBeGreaterThan(3);
    expect(asked[2]?.text).toContain("<history-1-notes>\none");
    expect(split?.compaction.summary).toBe(
      ["one", "two", "three", "four", "five", "six"][asked.length - 2] ?? "",
    );
  });
});
