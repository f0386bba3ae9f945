import { expect, test } from "bun:test";
import fc from "fast-check";
import { parse } from "smol-toml";
import { renderTable, renderToml } from "../../src/codex/toml_render.ts";
import { asJson } from "../../src/codex/toml_tree.ts";
import type { Json } from "../../src/core/json.ts";

const key = fc
  .string({ unit: "binary" })
  .filter((text) => text.isWellFormed() && text !== "__proto__");
const value = fc.letrec<{ readonly value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

test("renderTable() is read back as what it was", () => {
  fc.assert(
    fc.property(fc.dictionary(key, value, { noNullPrototype: true }), key, (table, name) => {
      const text = renderTable(["mcp_servers", name], table, "\n");
      const tree = parse(text, { integersAsBigInt: true });
      expect(asJson(tree)).toEqual({ mcp_servers: { [name]: table } });
    }),
    { seed: 11, numRuns: 500 },
  );
});

test("renderTable() writes one key a line, and leaves null out", () => {
  const table = { command: "a\u007f\u0000", "b c": [1, 2.5, true], env: { A: "x" }, no: null };
  expect(renderTable(["mcp_servers", "a.b"], table, "\r\n")).toBe(
    [
      '[mcp_servers."a.b"]',
      'command = "a\\u007F\\u0000"',
      '"b c" = [1, 2.5, true]',
      'env = { A = "x" }',
      "",
    ].join("\r\n"),
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, "\ud800"])("renderToml() refuses %p", (odd) => {
  expect(() => renderToml(odd)).toThrow(RangeError);
});
