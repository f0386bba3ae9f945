import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { prune, withoutRepeats } from "../../../src/agent/compression/prune.ts";
import { isJsonObject, parseJson } from "../../../src/core/json.ts";
import { estimateItems } from "../../../src/core/token_estimate.ts";
import { histories, history } from "../../fakes/histories.ts";

const long = "y".repeat(300);

describe("prune()", () => {
  test("makes lines of results, words of images, and shortens arguments within valid JSON", () => {
    const items = history([
      { user: "look", hasImage: true },
      {
        calls: [
          {
            input: { path: "/a/b.ts", content: "z".repeat(600) },
            output: `${long}\n"exit_code": 2`,
          },
          { input: { path: "c" }, output: "short" },
        ],
      },
    ]);
    const [user, first, , result, short] = prune(items);
    expect(user).toEqual({
      type: "user-message",
      id: "u0",
      parts: [
        { type: "text", text: "look" },
        { type: "text", text: "[Image a.png, left out]" },
      ],
    });
    expect(first).toMatchObject({
      arguments: JSON.stringify({
        path: "/a/b.ts",
        content: `${"z".repeat(170)}[… 430 left out …]`,
      }),
    });
    expect(result).toMatchObject({
      output: "[Left out: result of read_file (path: /a/b.ts), 315 characters, 2 lines, exit 2]",
    });
    expect(short).toMatchObject({ output: "short" });
  });

  test("leaves alone what is kept, and arguments that are no JSON", () => {
    const items = history([{ user: "look", hasImage: true }]);
    const broken = {
      type: "tool-call",
      id: "i",
      callId: "c",
      name: "n",
      arguments: `{"a": "${"x".repeat(900)}`,
    } as const;
    expect(prune([...items, broken], new Set(["u0"]))).toEqual([...items, broken]);
  });

  test("changes nothing the second time, never makes anything larger, keeps arguments JSON", () => {
    fc.assert(
      fc.property(histories, (items) => {
        const once = prune(items);
        expect(prune(once)).toEqual(once);
        expect(once.map((item) => item.id)).toEqual(items.map((item) => item.id));
        expect(estimateItems(once)).toBeLessThanOrEqual(estimateItems(items) + items.length * 8);
        for (const item of once) {
          if (item.type === "tool-call") expect(isJsonObject(parseJson(item.arguments))).toBe(true);
        }
      }),
      { seed: 63, numRuns: 300 },
    );
  });
});

describe("withoutRepeats()", () => {
  const items = history([
    {
      calls: [
        { input: {}, output: long },
        { input: {}, output: "same" },
      ],
    },
    {
      calls: [
        { input: {}, output: long },
        { input: {}, output: "same" },
      ],
    },
  ]);
  const outputs = (kept: readonly (typeof items)[number][]): readonly string[] =>
    kept.flatMap((item) => (item.type === "tool-result" ? [item.output] : []));

  test("keeps the newest of equal long results, also against those that come later", () => {
    const note = "[Left out: the same text as a later result]";
    expect(outputs(withoutRepeats(items, []))).toEqual([note, "same", long, "same"]);
    expect(outputs(withoutRepeats(items, items))).toEqual([note, "same", note, "same"]);
  });
});
