import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  corruptArguments,
  looksTruncated,
  missingResult,
  repairArguments,
  repairHistory,
  repairToolName,
} from "../../src/agent/repair.ts";
import type { ModelItem } from "../../src/core/item.ts";
import { assistant, reasoning, toolCall } from "../fakes/model.ts";

function result(callId: string, output = "ok"): ModelItem {
  return { type: "tool-result", id: `result-${callId}`, callId, output, isError: false };
}

describe("repairHistory()", () => {
  test("returns a sound history as the same array", () => {
    const items = [
      assistant("a", "x"),
      toolCall("c1", "t"),
      toolCall("c2", "t"),
      result("c2"),
      result("c1"),
    ];
    expect(repairHistory(items)).toBe(items);
  });

  test("answers calls without a result and drops results without a call", () => {
    expect(
      repairHistory([
        result("ghost"),
        toolCall("c1", "t"),
        toolCall("c2", "t"),
        result("c2"),
        assistant("a", "x"),
      ]),
    ).toEqual([
      toolCall("c1", "t"),
      toolCall("c2", "t"),
      {
        type: "tool-result",
        id: "item-c1-result",
        callId: "c1",
        output: missingResult,
        isError: true,
      },
      result("c2"),
      assistant("a", "x"),
    ]);
  });

  test("keeps the first of two results and of two calls with one id", () => {
    expect(
      repairHistory([toolCall("c", "t"), result("c", "1"), result("c", "2"), toolCall("c", "t")]),
    ).toEqual([toolCall("c", "t"), result("c", "1")]);
  });

  test("makes stored arguments a JSON object again", () => {
    expect(repairHistory([toolCall("c", "t", '{"a":1,}'), result("c")])[0]).toEqual(
      toolCall("c", "t", '{"a":1}'),
    );
  });

  test("says at the result that arguments were lost", () => {
    const [call, answer] = repairHistory([toolCall("c", "t", "rubbish"), result("c")]);
    expect([call, answer]).toEqual([
      toolCall("c", "t", "{}"),
      result("c", `${corruptArguments}\nok`),
    ]);
    expect(repairHistory([toolCall("c", "t", "rubbish")])[1]).toMatchObject({
      output: `${corruptArguments}\n${missingResult}`,
    });
  });

  test("leaves no half of a surrogate pair in any text", () => {
    const half = "a\ud83d";
    const items: readonly ModelItem[] = [
      { type: "user-message", id: "u", parts: [{ type: "text", text: half }] },
      reasoning("r", half),
      assistant("a", half),
      toolCall("c", "t", `{"a":"${half}"}`),
      result("c", half),
    ];
    const repaired = repairHistory(items);
    expect(JSON.stringify(repaired)).not.toContain("ud83d");
    expect(JSON.stringify(repaired).match(/a\ufffd/g)).toHaveLength(5);
    expect(repairHistory(repaired)).toBe(repaired);
  });

  test("leaves no half of a surrogate pair as an escape within arguments", () => {
    const texts = [
      String.raw`{"a":"x\ud83d","b":["\udc00"]}`,
      // A whole pair, and a backslash that is meant.
      String.raw`{"a":"\ud83d\ude00"}`,
      String.raw`{"a":"C:\\ud83d"}`,
    ];
    const sent = texts.map((text) => repairHistory([toolCall("c", "t", text), result("c")])[0]);
    expect(sent).toEqual([
      toolCall("c", "t", '{"a":"x\ufffd","b":["\ufffd"]}'),
      toolCall("c", "t", texts[1]),
      toolCall("c", "t", texts[2]),
    ]);
  });

  test("makes any history sound, and a sound one is left alone", () => {
    const id = fc.constantFrom("1", "2", "3");
    const item = fc.oneof(
      id.map((callId): ModelItem => toolCall(callId, "t")),
      id.map((callId): ModelItem => result(callId)),
      id.map((text): ModelItem => assistant(text, text)),
      id.map((text): ModelItem => reasoning(text, text)),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 12 }), (items) => {
        const once = repairHistory(items);
        expect(repairHistory(once)).toBe(once);
        expect(once.filter((one) => one.type === "assistant-message")).toEqual(
          items.filter((one) => one.type === "assistant-message"),
        );
      }),
      { seed: 11, numRuns: 500 },
    );
  });
});

describe("repairArguments()", () => {
  test.each([
    ["", "{}"],
    ["  None ", "{}"],
    ['{"a":1}', '{"a":1}'],
    ['{"a":[1,2,],}', '{"a":[1,2]}'],
    ['{"a":1}}}', '{"a":1}'],
    ['{"a":"x\ny\t"}', String.raw`{"a":"x\u000ay\u0009"}`],
    ['```json\n{"a":1}\n```', '{"a":1}'],
    [JSON.stringify('{"a":1}'), '{"a":1}'],
    ['{"a":"} , ]"}', '{"a":"} , ]"}'],
  ])("repairs %j", (raw, expected) => {
    expect(repairArguments(raw)).toBe(expected);
  });

  test.each(['{"a":', '{"a":"b', "[1,2]", "3", "{a:1}", '{"a":1} {"b":2}'])(
    "does not guess at %j",
    (raw) => {
      expect(repairArguments(raw)).toBeUndefined();
    },
  );

  test("drops some surplus closers, and finds nothing in noise", () => {
    expect(repairArguments(`{"a":1}${"}".repeat(50)}`)).toBe('{"a":1}');
    expect(repairArguments(`{"a":1}${"}".repeat(51)}`)).toBeUndefined();
  });

  test("leaves every JSON object as it is and never throws", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (object, noise) => {
        const text = JSON.stringify(object);
        expect(JSON.parse(repairArguments(text) ?? "")).toEqual(JSON.parse(text));
        repairArguments(noise);
        repairArguments(text.slice(0, text.length / 2) + noise);
      }),
      { seed: 12, numRuns: 500 },
    );
  });
});

test("looksTruncated() tells a cut from a slip", () => {
  expect(looksTruncated('{"a":"b')).toBe(true);
  expect(looksTruncated("{a:1}\n")).toBe(false);
});

test.each([
  ["read_file", "read_file"],
  ["ReadFile", "read_file"],
  ["functions.read-file", "read_file"],
  ["READ_FILE_tool", "read_file"],
  ["reed_file", undefined],
])("repairToolName() reads %s as %s", (name, expected) => {
  expect(repairToolName(name, ["read_file", "write_file"])).toBe(expected);
});
