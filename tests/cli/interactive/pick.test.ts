import { describe, expect, test } from "bun:test";
import {
  createPick,
  drawPick,
  filterRows,
  pickKey,
  type PickRow,
  type PickState,
} from "../../../src/cli/interactive/pick.ts";
import { createPickDialog } from "../../../src/cli/interactive/pick_dialog.ts";
import type { Key } from "../../../src/cli/interactive/keys.ts";
import { styleFor } from "../../../src/cli/render/style.ts";

const style = styleFor({}, { isTty: false });

function row(key: string, label: string, text = ""): PickRow {
  return { key, label, facts: "1 day ago · m1 · 4", text };
}

const rows = [row("a", "An elephant", "gpt"), row("b", "A walrus 猫"), row("c", "A tapir")];
const request = { rows, search: () => Promise.resolve([]) };

function typed(text: string): readonly Key[] {
  return Array.from(text, (character) => ({ type: "text", text: character }));
}

function named(name: string): Key {
  return { type: "key", name };
}

/** What a number of keys come to, of which the last may close it. */
function after(keys: readonly Key[], from = createPick(request)): PickState | string {
  let state = from;
  for (const key of keys) {
    const step = pickKey(state, key);
    if (step.kind === "picked") return step.key;
    if (step.kind !== "open") return step.kind;
    state = step.state;
  }
  return state;
}

describe("pickKey()", () => {
  test.each([
    ["Enter", [named("enter")], "a"],
    ["Down", [named("down"), named("down"), named("enter")], "c"],
    ["Down past the end", [...Array(9).fill(named("down")), named("enter")], "c"],
    ["Up past the beginning", [named("up"), named("enter")], "a"],
    ["words", [...typed("WAL 猫"), named("enter")], "b"],
    ["what is not in the label", [...typed("gpt"), named("enter")], "a"],
    ["Backspace", [...typed("tx"), named("backspace"), ...typed("ap"), named("enter")], "c"],
    ["a paste", [{ type: "paste", text: "walrus\n" }, named("enter")], "b"],
    ["Ctrl-U", [...typed("zzz"), named("ctrl-u"), named("enter")], "a"],
    ["Ctrl-W", [...typed("a zzz"), named("ctrl-w"), named("enter")], "a"],
    ["Escape", [named("escape")], "dismissed"],
    ["Ctrl-C", [...typed("wal"), named("ctrl-c")], "interrupted"],
  ] as readonly (readonly [string, readonly Key[], string])[])("%s", (_name, keys, expected) => {
    expect(after(keys)).toBe(expected);
  });

  test("Enter without a row picks nothing", () => {
    expect(after([...typed("zzz"), named("enter")])).toMatchObject({ query: "zzz", index: 0 });
  });
});

describe("drawPick()", () => {
  const draw = (state: PickState | string, columns: number): readonly string[] => {
    if (typeof state === "string") throw new TypeError("It was closed");
    return drawPick(state, { columns, style }).rows;
  };

  test("tells facts beside the labels where there is room, else those of the pointer's row", () => {
    const facts = "1 day ago · m1 · 4";
    expect(draw(after([named("down")]), 70)).toEqual([
      "Search: ",
      "  An elephant".padEnd(51) + facts,
      // Two cells wide.
      "❯ A walrus 猫".padEnd(50) + facts,
      "  A tapir".padEnd(51) + facts,
      "2 of 3 · Enter resumes · Esc leaves",
    ]);
    expect(draw(after(typed("w")), 24)).toEqual([
      "Search: w",
      "❯ A walrus 猫",
      "1 day ago · m1 · 4 · 1…",
    ]);
  });

  test("shows the end of a long search, and the rows around the pointer", () => {
    const many = Array.from({ length: 30 }, (_, index) => row(`k${index}`, `row ${index}`));
    const state = createPick({ ...request, rows: many });
    const shown = draw(after(Array(12).fill(named("down")), state), 40);
    expect([shown.length, shown[1], shown[10]]).toEqual([12, "  row 3", "❯ row 12"]);
    expect(draw(after(typed("abcdefghijklmnopqrst")), 20)[0]).toBe("Search: …lmnopqrst");
    for (const columns of [1, 8, 9, 20]) {
      for (const line of draw(after([]), columns)) {
        expect(line.length).toBeLessThanOrEqual(Math.max(8, columns - 1));
      }
    }
  });
});

test("filterRows() wants every word", () => {
  expect(filterRows(rows, " a  TA ").map(({ key }) => key)).toEqual(["c"]);
  expect(filterRows(rows, "").length).toBe(3);
});

test("what a search finds late is shown behind the rows, unless somebody typed on", async () => {
  const searches = new Map<string, (found: readonly PickRow[]) => void>();
  const { promise: drawn, resolve: onFound } = Promise.withResolvers<void>();
  const dialog = createPickDialog(
    {
      rows,
      search: (query) =>
        new Promise((resolve) => {
          searches.set(query, resolve);
        }),
    },
    { style, onFound },
  );
  for (const key of typed("ta")) dialog.press(key);
  searches.get("t")?.([row("z", "too late")]);
  searches.get("ta")?.([row("c", "A tapir"), row("d", "Said elsewhere")]);
  await drawn;
  expect(dialog.draw(40).rows.slice(1, 3)).toEqual(["❯ A tapir", "  Said elsewhere"]);
  dialog.press(named("down"));
  expect(dialog.press(named("enter"))).toEqual({ kind: "answer", value: "d" });
});
