import { describe, expect, test } from "bun:test";
import type { ReviewReport } from "../../../src/app/reviewer.ts";
import { noUsage } from "../../../src/core/event.ts";
import { answer } from "../../fakes/app.ts";
import { type Chat, type ChatOptions, startChat } from "../../fakes/chat.ts";

const saved: ReviewReport = {
  kind: "done",
  changes: [{ subsystem: "memory", text: "Prefers pnpm", isStaged: false }],
  usage: noUsage,
};
const line = "Saved to memory: Prefers pnpm";

/** A chat whose conversations are reviewed until the test says otherwise. */
async function startReviewed(options: ChatOptions = {}) {
  const review = Promise.withResolvers<void>();
  let isRunning = true;
  const chat = await startChat({
    ...options,
    parts: {
      ...options.parts,
      conversation: { review: () => (isRunning ? review.promise : undefined) },
    },
  });
  return {
    chat,
    end(report: ReviewReport): void {
      isRunning = false;
      chat.app().opened[0]?.onReview?.(report);
      review.resolve();
    },
    [Symbol.asyncDispose]: () => chat[Symbol.asyncDispose](),
  };
}

/** Says a report to the first conversation. */
function tell(chat: Chat, report: ReviewReport): void {
  chat.app().opened[0]?.onReview?.(report);
}

describe("what a review came to", () => {
  test("is told at once, above what is being written", async () => {
    await using chat = await startChat();
    chat.type("half a mess");
    await chat.untilShown("half a mess");
    tell(chat, saved);
    await chat.untilShown(line);
    await chat.settle();
    expect(chat.seen().slice(-2)).toEqual([line, "> half a mess"]);
  });

  test("is told after the answer that is on its way", async () => {
    const gate = Promise.withResolvers<void>();
    const turn = answer("The answer");
    await using chat = await startChat({
      parts: {
        async *turn(message, signal) {
          for await (const event of turn(message, signal)) {
            if (event.type === "item-end" && event.item.type === "assistant-message") {
              await gate.promise;
            }
            yield event;
          }
        },
      },
    });
    chat.type("hello\r");
    await chat.untilShown("The a");
    tell(chat, saved);
    await chat.settle();
    expect(chat.seen().join("\n")).not.toContain(line);
    gate.resolve();
    await chat.untilShown(line);
    await chat.settle();
    expect(chat.seen().slice(-5)).toEqual(["> hello", "The answer", "", line, ">"]);
  });
});

describe("a session that is left while it is reviewed", () => {
  test("waits until the review has ended", async () => {
    await using lab = await startReviewed();
    lab.chat.type("\x04");
    await lab.chat.untilShown("Keeping what was learned: Ctrl-C leaves at once");
    lab.end(saved);
    expect(await lab.chat.code).toBe(0);
    expect(lab.chat.seen()).toContain(line);
  });

  test("does not wait for longer than a moment", async () => {
    await using lab = await startReviewed();
    lab.chat.type("/quit\r");
    await lab.chat.untilShown("Keeping what was learned");
    await lab.chat.ports.clock.untilSleeping();
    await lab.chat.ports.clock.advance(5_000);
    expect([await lab.chat.code, lab.chat.app().closed()]).toEqual([0, 1]);
  });

  test("does not wait after Ctrl-C", async () => {
    await using lab = await startReviewed();
    lab.chat.type("/quit\r");
    await lab.chat.untilShown("Keeping what was learned");
    await lab.chat.ports.clock.untilSleeping();
    lab.chat.type("\x03");
    expect([await lab.chat.code, lab.chat.app().closed()]).toEqual([0, 1]);
  });

  test("does not wait where Ctrl-C left it", async () => {
    await using lab = await startReviewed();
    lab.chat.type("\x03");
    await lab.chat.untilShown("Ctrl-C again leaves");
    await lab.chat.untilPrompt();
    lab.chat.type("\x03");
    expect(await lab.chat.code).toBe(130);
    expect(lab.chat.seen().join("\n")).not.toContain("Keeping");
  });

  test("is closed when its review has ended, and another one goes on at once", async () => {
    await using lab = await startReviewed();
    lab.chat.type("/new\r");
    await lab.chat.untilShown("/help");
    await lab.chat.untilPrompt();
    expect([lab.chat.app().opened.length, lab.chat.app().closed()]).toEqual([2, 0]);
    lab.end(saved);
    await lab.chat.untilShown(line);
    await lab.chat.settle();
    expect(lab.chat.app().closed()).toBe(1);
  });
});
