import { describe, expect, test } from "bun:test";
import { createSessionTitles, titleOf } from "../../src/app/session_titles.ts";
import type { AuxiliaryModel, AuxiliaryRequest } from "../../src/core/auxiliary.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { TurnEvent } from "../../src/core/event.ts";
import { createFakeClock, settled } from "../fakes/clock.ts";
import { assistant } from "../fakes/model.ts";

const asked: TurnEvent = {
  type: "item-end",
  item: { type: "user-message", id: "u", parts: [{ type: "text", text: "Fix it" }] },
};
const answered: TurnEvent = { type: "item-end", item: assistant("a", "Fixed") };
const completed: TurnEvent = {
  type: "turn-end",
  outcome: { status: "completed", finalText: "Fixed" },
};
const interrupted: TurnEvent = { type: "turn-end", outcome: { status: "interrupted" } };

type Ask = AuxiliaryModel["ask"];

function lab(ask: Ask) {
  const clock = createFakeClock();
  const requests: AuxiliaryRequest[] = [];
  const given: (readonly [string, string])[] = [];
  const catalog = {
    suggestTitle: (id: string, title: string) => {
      given.push([id, title]);
      return Promise.resolve(title);
    },
  };
  let sessionId = "s1";
  const titles = createSessionTitles({
    sessionId: () => sessionId,
    clock,
    auxiliary: {
      ask: (request, signal) => {
        requests.push(request);
        return ask(request, signal);
      },
    },
    catalog: () => Promise.resolve(catalog),
    redactor: { content: (text) => text.replace("s3cret", "***") },
  });
  const moveTo = (next: string): void => {
    sessionId = next;
  };
  return { moveTo, titles, clock, requests, given };
}

const hang: Ask = (_, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new HermesError("turn/interrupted", "")), {
      once: true,
    });
  });

describe("createSessionTitles()", () => {
  test("asks once, after the first turn that is complete", async () => {
    const { titles, requests, given } = lab(() => Promise.resolve("Fixing the s3cret parser"));
    for (const event of [asked, interrupted, asked, answered, completed, asked, completed]) {
      titles.saw(event);
    }
    await titles[Symbol.asyncDispose]();
    expect(requests.map(({ task, text }) => [task, text])).toEqual([
      ["title_generation", '{"user":"Fix it","assistant":"Fixed"}'],
    ]);
    expect(given).toEqual([["s1", "Fixing the *** parser"]]);
  });

  test("asks for nothing when nothing was said: a compression ends as a turn does", async () => {
    const { titles, requests } = lab(() => Promise.resolve("An empty talk"));
    for (const event of [completed, asked, answered, completed]) titles.saw(event);
    await titles[Symbol.asyncDispose]();
    expect(requests.map(({ text }) => text)).toEqual(['{"user":"Fix it","assistant":"Fixed"}']);
  });

  test("tells no secret to who makes the title", async () => {
    const { titles, requests } = lab(() => Promise.resolve("A name"));
    // Masked whole and then cut: half a secret is not recognised.
    const text = `${"x".repeat(1_497)}s3cret`;
    const told: TurnEvent = { type: "item-end", item: assistant("a", text) };
    for (const event of [asked, told, completed]) titles.saw(event);
    await titles[Symbol.asyncDispose]();
    expect(requests.map((request) => JSON.parse(request.text))).toEqual([
      { user: "Fix it", assistant: `${"x".repeat(1_497)}***` },
    ]);
  });

  test("names the session that it goes on in", async () => {
    const answer = Promise.withResolvers<string>();
    const { titles, given, moveTo } = lab(() => answer.promise);
    for (const event of [asked, answered, completed]) titles.saw(event);
    moveTo("s2");
    answer.resolve("A name of three");
    await titles[Symbol.asyncDispose]();
    expect(given).toEqual([["s2", "A name of three"]]);
  });

  test("a failure is nobody's", async () => {
    const { titles, given } = lab(() => Promise.reject(new HermesError("model/quota", "Pay")));
    for (const event of [asked, answered, completed]) titles.saw(event);
    await titles[Symbol.asyncDispose]();
    expect(given).toEqual([]);
  });

  test("whoever leaves waits a moment and no longer", async () => {
    const { titles, clock, given } = lab(hang);
    for (const event of [asked, answered, completed]) titles.saw(event);
    let isClosed = false;
    const closing = titles[Symbol.asyncDispose]().then(() => {
      isClosed = true;
    });
    await settled();
    expect(isClosed).toBe(false);
    await clock.advance(1_500);
    await closing;
    expect(given).toEqual([]);
  });

  test("whoever leaves without a turn waits for nothing", async () => {
    const { titles, clock } = lab(hang);
    titles.saw(asked);
    await titles[Symbol.asyncDispose]();
    expect(clock.slept).toEqual([]);
  });
});

test.each([
  ["Fix the Parser", "Fix the Parser"],
  ['**"Fix the Parser".**\n\nBecause it is broken.', "Fix the Parser"],
  ["# Title: Fix the Parser", "Fix the Parser"],
  ["Fix the Parser #3", "Fix the Parser"],
  ["One two three four five six seven eight nine", "One two three four five six seven"],
  ["„Den Parser reparieren“", "Den Parser reparieren"],
  ["修复解析器", "修复解析器"],
  ["- ", undefined],
  [
    "I am sorry, but I cannot give this conversation a title because of what it says there",
    undefined,
  ],
] as const)("titleOf(%j) is %j", (answer, title) => {
  expect(titleOf(answer)).toBe(title);
});
