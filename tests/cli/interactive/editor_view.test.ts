import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { editKey, insertPaste } from "../../../src/cli/interactive/editor.ts";
import {
  createEditor,
  withText,
  type EditorState,
} from "../../../src/cli/interactive/editor_state.ts";
import { drawEditor } from "../../../src/cli/interactive/editor_view.ts";
import { textWidth } from "../../../src/cli/interactive/text_width.ts";

function draw(state: EditorState, columns: number) {
  return drawEditor(state, { columns, prompt: "> ", promptWidth: 2, dim: (text) => `<${text}>` });
}

/** The editor of a text in which `|` stands for the cursor. */
function editorAt(marked: string): EditorState {
  const cursor = marked.indexOf("|");
  return withText(createEditor(), marked.replace("|", ""), cursor);
}

describe("drawEditor()", () => {
  test.each([
    ["|", 20, ["> "], { row: 0, column: 2 }],
    ["abc|", 20, ["> abc"], { row: 0, column: 5 }],
    ["ab|c\nd", 20, ["> abc", "  d"], { row: 0, column: 4 }],
    ["abc\n|", 20, ["> abc", "  "], { row: 1, column: 2 }],
    ["abcdefgh|", 8, ["> abcde", "  fgh"], { row: 1, column: 5 }],
    ["abcde|", 8, ["> abcde", "  "], { row: 1, column: 2 }],
    ["abcde|f", 8, ["> abcde", "  f"], { row: 1, column: 2 }],
    ["日本|語", 9, ["> 日本語"], { row: 0, column: 6 }],
    ["日本語|", 8, ["> 日本", "  語"], { row: 1, column: 4 }],
    ["a\tb|", 20, ["> a    b"], { row: 0, column: 8 }],
  ])("%j in %d columns", (marked, columns, rows, cursor) => {
    expect(draw(editorAt(marked), columns)).toEqual({ rows, cursor });
  });

  test("shows a long paste by its size", () => {
    const state = insertPaste(withText(createEditor(), "see "), "line\n".repeat(12));
    expect(draw(state, 40)).toEqual({
      rows: ["> see <[pasted 12 lines]>"],
      cursor: { row: 0, column: 23 },
    });
    expect(draw(insertPaste(createEditor(), "x".repeat(1_001)), 40).rows).toEqual([
      "> <[pasted 1001 characters]>",
    ]);
  });

  test("scrolls to the cursor where there are many lines", () => {
    const lines = Array.from({ length: 30 }, (_, line) => `line ${line}`);
    const bottom = draw(withText(createEditor(), lines.join("\n")), 40);
    expect(bottom.rows.map((row) => row.slice(2))).toEqual(lines.slice(20));
    expect(bottom.cursor).toEqual({ row: 9, column: 9 });
    const top = draw(withText(createEditor(), lines.join("\n"), 0), 40);
    expect(top.rows.map((row) => row.slice(2))).toEqual(lines.slice(0, 10));
    expect(top.cursor).toEqual({ row: 0, column: 2 });
  });

  test("shows what is searched for above what was found", () => {
    let state = createEditor(["first", "second"]);
    for (const key of [
      { type: "key", name: "ctrl-r" },
      { type: "text", text: "i" },
    ] as const) {
      state = editKey(state, key).state;
    }
    expect(draw(state, 60)).toEqual({
      rows: ["<search in what you sent: i>", "> first"],
      cursor: { row: 1, column: 3 },
    });
    const failing = editKey(state, { type: "text", text: "zz" }).state;
    expect(draw(failing, 60).rows[0]).toBe("<search in what you sent: izz (nothing found)>");
  });

  test("every row fits, and the cursor is inside", () => {
    const text = fc.string({ unit: fc.constantFrom("a", " ", "日", "👍", "e\u0301", "\n", "\t") });
    fc.assert(
      fc.property(text, fc.nat(200), fc.integer({ min: 12, max: 50 }), (source, at, columns) => {
        // Not in the middle of a character.
        const characters = Array.from(new Intl.Segmenter().segment(source), ({ index }) => index);
        const cursor = characters[at % (characters.length + 1)] ?? source.length;
        const drawing = draw(withText(createEditor(), source, cursor), columns);
        for (const row of drawing.rows) expect(textWidth(row)).toBeLessThan(columns);
        const { row = -1, column = -1 } = drawing.cursor ?? {};
        expect(row >= 0 && row < drawing.rows.length).toBe(true);
        expect(column >= 2 && column < columns).toBe(true);
        expect(column).toBeLessThanOrEqual(Math.max(2, textWidth(drawing.rows[row] ?? "")));
      }),
      { seed: 23, numRuns: 1_000 },
    );
  });
});
