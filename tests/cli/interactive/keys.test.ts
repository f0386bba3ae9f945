import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { KeyParser, type Key } from "../../../src/cli/interactive/keys.ts";

/** All keys of an input that arrives in these pieces and then stops. */
function keysOf(...pieces: readonly string[]): readonly Key[] {
  const parser = new KeyParser();
  return [...pieces.flatMap((piece) => parser.feed(piece)), ...parser.flush()];
}

/** Names of keys, and text in quotes. */
function show(keys: readonly Key[]): string {
  return keys
    .map((key) => (key.type === "key" ? key.name : `${key.type[0]}${JSON.stringify(key.text)}`))
    .join(" ");
}

describe("KeyParser", () => {
  test.each([
    ["aé", 't"a" t"é"'],
    ["👍🏽", 't"👍" t"🏽"'],
    ["\r\n\t\x7f\b", "enter ctrl-j tab backspace backspace"],
    ["\x00\x01\x03\x12\x1a\x1f", "ctrl-space ctrl-a ctrl-c ctrl-r ctrl-z ctrl-_"],
    ["\x1b[A\x1b[B\x1b[C\x1b[D", "up down right left"],
    ["\x1bOA\x1bOH\x1bOF", "up home end"],
    ["\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[7~\x1b[8~", "home end home end home end"],
    ["\x1b[3~\x1b[2~\x1b[5~\x1b[6~", "delete insert page-up page-down"],
    ["\x1b[1;5C\x1b[1;3D\x1b[1;2A\x1b[3;5~", "ctrl-right alt-left shift-up ctrl-delete"],
    ["\x1b[Z", "shift-tab"],
    ["\x1bb\x1bF\x1b\r\x1b\x7f\x1bß", "alt-b alt-F alt-enter alt-backspace alt-ß"],
    ["\x1b\x1b[D", "alt-left"],
    ["\x1b[13;2u\x1b[97;5u\x1b[97;1u\x1b[27u", 'shift-enter ctrl-a t"a" escape'],
    ["\x1b[27;2;13~", "shift-enter"],
    ["\x1b", "escape"],
    ["\x1b\x1b", "escape"],
    ["\x1b\x1ba", "escape alt-a"],
    ["\x1b[I\x1b[O\x1b[15~\x1b[[A\x1bOPx", 't"x"'],
    ["\x1b[12\x01a", 'ctrl-a t"a"'],
    ["\x1b[1 qa", 't"a"'],
    ["\x1b[200~a\r\nb\rc\x1b[201~d", 'p"a\\nb\\nc" t"d"'],
    ["\x1b[200~\x1b[31mred\x07\t\x1b[201~", 'p"[31mred\\t"'],
    ["\x1b[200~\x1b[201~a", 't"a"'],
    ["\x85\ud800", ""],
  ])("%j is %s", (input, expected) => {
    expect(show(keysOf(input))).toBe(expected);
  });

  test("keeps a paste until its end came", () => {
    const parser = new KeyParser();
    expect(parser.feed("\x1b[200~one\x1b")).toEqual([]);
    expect([parser.isUndecided, parser.flush()]).toEqual([false, []]);
    expect(parser.feed("[201~x")).toEqual([
      { type: "paste", text: "one" },
      { type: "text", text: "x" },
    ]);
  });

  test("a sequence that was cut is waited for, only a lone escape is undecided", () => {
    const parser = new KeyParser();
    expect(parser.feed("\x1b")).toEqual([]);
    expect(parser.isUndecided).toBe(true);
    expect(parser.feed("[1;5")).toEqual([]);
    expect([parser.isUndecided, parser.flush()]).toEqual([false, []]);
    expect(show(parser.feed("Cx"))).toBe('ctrl-right t"x"');
  });

  test("takes a paste of megabytes in small pieces in linear time", () => {
    const parser = new KeyParser();
    parser.feed("\x1b[200~");
    for (let count = 0; count < 3_000; count++) parser.feed("x".repeat(1_000));
    const [key] = parser.feed("\x1b[201~");
    expect(key?.type === "paste" && key.text.length).toBe(3_000_000);
  });

  const sequence = fc.constantFrom(
    ...Array.from("aé👍\r\n\t\x01\x03\x7f\x1b[O;~A5u"),
    "\x1b[A",
    "\x1b[1;5C",
    "\x1b\r",
    "\x1b\x1b[D",
    "\x1b[200~",
    "\x1b[201~",
    "\x1b[[A",
    "\x1b[13;2u",
  );

  test("any cutting of the input gives the same keys", () => {
    fc.assert(
      fc.property(
        fc.array(sequence, { maxLength: 30 }).map((parts) => parts.join("")),
        fc.array(fc.nat(60), { maxLength: 20 }),
        (input, cuts) => {
          const at = [0, ...cuts.toSorted((a, b) => a - b), input.length];
          const pieces = at.slice(1).map((end, index) => input.slice(at[index], end));
          expect(keysOf(...pieces)).toEqual(keysOf(input));
        },
      ),
      { seed: 7, numRuns: 3_000 },
    );
  });

  test("never yields control characters as text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (input) => {
        for (const key of keysOf(input)) {
          if (key.type !== "key") expect(key.text).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
        }
      }),
      { seed: 7, numRuns: 1_000 },
    );
  });
});
