import { expect, test } from "bun:test";
import fc from "fast-check";
import { splitText } from "../../../src/tools/searching/split_text.ts";

async function* chunksOf(chunks: readonly string[]): AsyncGenerator<string> {
  yield* chunks;
}

async function split(chunks: readonly string[], options = {}): Promise<readonly string[]> {
  return (await Array.fromAsync(splitText(chunksOf(chunks), options))).flat();
}

test("splitText() gives the same pieces however the text is cut", async () => {
  const chunk = fc.string({ unit: fc.constantFrom("a", "b", "\n") });
  await fc.assert(
    fc.asyncProperty(fc.array(chunk), async (chunks) => {
      const pieces = chunks.join("").split("\n");
      if (pieces.at(-1) === "") pieces.pop();
      expect(await split(chunks)).toEqual(pieces);
    }),
    { seed: 121 },
  );
});

test("splitText() splits at another separator, and cuts a piece that goes on and on", async () => {
  expect(await split(["a\0b", "c\0\0d"], { separator: "\0" })).toEqual(["a", "bc", "", "d"]);
  expect(await split(["ab", "cd", "ef\ngh"], { maxLength: 3 })).toEqual(["abc", "gh"]);
});
