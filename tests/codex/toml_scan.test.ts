import { expect, test } from "bun:test";
import { scanToml } from "../../src/codex/toml_scan.ts";

test("scanToml() tells tables, keys and comments, each with its whole lines", () => {
  const text =
    'a = 1 # said\n# alone  \n [ "b c" . d ]\nx.y = { k = "}", l.m = [1, # ]\n2] }\n[[e]]';
  const told = scanToml(text).map((part) => [
    part.kind,
    part.kind === "comment" ? part.text : part.path.join("/"),
    text.slice(part.start, part.end),
  ]);
  expect(told).toEqual([
    ["pair", "a", "a = 1 # said\n"],
    ["comment", "# alone", "# alone  \n"],
    ["header", "b c/d", ' [ "b c" . d ]\n'],
    ["pair", "b c/d/x/y", 'x.y = { k = "}", l.m = [1, # ]\n2] }\n'],
    ["header", "e", "[[e]]"],
  ]);
});

test("scanToml() looks into inline tables", () => {
  const text = 'mcp_servers = { a = { command = "x" }, "b.c".d = 1 }\n';
  const [part] = scanToml(text);
  if (part?.kind !== "pair") throw new Error("No key");
  const members = part.value.members?.map(({ path, start, value }) => [
    path,
    text.slice(start, value.end),
  ]);
  expect(members).toEqual([
    [["a"], 'a = { command = "x" }'],
    [["b.c", "d"], '"b.c".d = 1'],
  ]);
});

test.each([
  ['s = """\n[a]\n# b\n"""\nt = 1\n', ["s", "t"]],
  ["s = '''it''s'''''\nt = 1\n", ["s", "t"]],
  ['s = """a\\"""" """"\nt = 1\n', ["s", "t"]],
  ['"a\\u0062" = "\\"#"\n', ["ab"]],
  ["a = 1979-05-27 07:32:00 # b\nc = 1\n", ["a", "c"]],
  ["\ufeffa = 1\r\n\r\nb = 2\r\n", ["a", "b"]],
  ["", []],
])("scanToml(%j) finds %j", (text, keys) => {
  expect(scanToml(text).map((part) => (part.kind === "pair" ? part.path.join("/") : ""))).toEqual(
    keys,
  );
});

test.each(["a", "a =", 'a = "', "[a", "a = [1", "a = { b = 1", "= 1"])(
  "scanToml() refuses %j",
  (text) => {
    expect(() => scanToml(text)).toThrow(SyntaxError);
  },
);
