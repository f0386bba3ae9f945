import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { KeptOutput } from "../../../src/tools/shell/kept_output.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function kept(maxBytes: number, pieces: readonly string[]): string {
  const output = new KeptOutput(maxBytes);
  for (const piece of pieces) output.push(encode(piece));
  return output.text();
}

describe("KeptOutput", () => {
  test("keeps all of what fits, as plain text", () => {
    expect(kept(40, ["\x1b[31mred\x1b[0m\r\n", "gr\u00fcn"])).toBe("red\ngrün");
  });

  test("keeps the beginning and the end of what does not, cut between lines", () => {
    expect(kept(40, ["first\nsecond\n", "x".repeat(900), "\nlast\n", "line\n"])).toBe(
      "first\n[... about 884 bytes left out ...]\nlast\nline\n",
    );
  });

  test("keeps both ends of one endless line", () => {
    expect(kept(8, ["abcdefghijklmnop"])).toBe("ab\n[... about 8 bytes left out ...]\nklmnop");
  });

  test("is the same however it comes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom("a", "\n", "é", "x\n") }), { maxLength: 60 }),
        fc.integer({ min: 4, max: 64 }),
        (pieces, maxBytes) => {
          expect(kept(maxBytes, pieces)).toBe(kept(maxBytes, [pieces.join("")]));
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});
