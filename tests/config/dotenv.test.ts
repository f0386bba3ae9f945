import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { loadEnv, parseDotenv } from "../../src/config/dotenv.ts";
import { thrown } from "../fakes/thrown.ts";
import { homeOf, paths } from "./home.ts";

describe("parseDotenv()", () => {
  test.each<[string, Record<string, string>]>([
    ["A=1\nB=2\n", { A: "1", B: "2" }],
    ["\uFEFFA=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["A=1\rB=2", { A: "1", B: "2" }],
    ["export A=1\nexport\tB = 2\n", { A: "1", B: "2" }],
    ["# comment\n\n  A = 1  \n", { A: "1" }],
    ["A=1 # comment\nB=1#none\nC=# all\n", { A: "1", B: "1#none", C: "" }],
    ["A='x # y'\nB=\"x # y\" # z\n", { A: "x # y", B: "x # y" }],
    [String.raw`A='a\nb'` + "\n" + String.raw`B="a\nb\t\"\\\$"`, { A: "a\\nb", B: 'a\nb\t"\\$' }],
    ["A=\nB=''\nC=\"\"\n", { A: "", B: "", C: "" }],
    ["A=1\nA=2\n", { A: "2" }],
    ["A=${B} $(c)\n", { A: "${B} $(c)" }],
    ["A=a=b=c\n", { A: "a=b=c" }],
    ["_a1=x\n", { _a1: "x" }],
    ["A=käse\n", { A: "käse" }],
  ])("reads %j", (text, values) => {
    const parsed = parseDotenv(text);
    expect({ values: Object.fromEntries(parsed.values), badLines: parsed.badLines }).toEqual({
      values,
      badLines: [],
    });
  });

  test.each([
    "A",
    "1A=x",
    "A-B=x",
    "=x",
    "A='x",
    'A="x',
    "A='x' y",
    'A="x"y',
    "A=a\0b",
    "sk-secret",
  ])("leaves out %j and tells the line", (line) => {
    const parsed = parseDotenv(`X=1\n${line}\nY=2\n`);
    expect([...parsed.values.keys()]).toEqual(["X", "Y"]);
    expect(parsed.badLines).toEqual([2]);
  });

  test("keeps what stands in single quotes as it is", () => {
    const value = fc.string({ unit: "grapheme" }).filter((text) => !/['\r\n\0]/.test(text));
    fc.assert(
      fc.property(value, (text) => {
        expect(parseDotenv(`A='${text}' # c`).values.get("A")).toBe(text);
      }),
      { seed: 1 },
    );
  });

  test("never throws, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const { values } = parseDotenv(`${text}\nLAST=1`);
        expect(values.get("LAST")).toBe("1");
      }),
      { seed: 2, numRuns: 200 },
    );
  });
});

describe("loadEnv()", () => {
  test("puts the process environment over the file", async () => {
    const files = homeOf({ [paths.envFile]: "A=file\nB=file\nC=file\n" });
    expect(await loadEnv(files, paths, { A: "process", C: "", D: "process" })).toEqual({
      env: { A: "process", B: "file", C: "", D: "process" },
      fromFile: new Set(["B"]),
      problems: [],
    });
  });

  test("is the process environment where there is no file", async () => {
    const env = { A: "1" };
    expect(await loadEnv(homeOf({}), paths, env)).toEqual({
      env,
      fromFile: new Set(),
      problems: [],
    });
  });

  test("tells of bad lines by number alone, and of a file that others can read", async () => {
    const text = "OPENAI_API_KEY\nsk-secret\n";
    const files = {
      ...homeOf({ [paths.envFile]: text }),
      stat: () =>
        Promise.resolve({
          kind: "file",
          size: text.length,
          mode: 0o100644 & 0o7777,
          modifiedAt: 0,
          owner: 0,
        } as const),
    };
    expect((await loadEnv(files, paths, {})).problems).toEqual([
      {
        kind: "unsafe",
        path: "",
        message: `${paths.envFile}: Others on this machine can read its keys: mode 0644`,
        hint: `chmod 600 ${paths.envFile}`,
      },
      { kind: "bad_line", path: "", message: `${paths.envFile}:1: Expected NAME=value` },
      { kind: "bad_line", path: "", message: `${paths.envFile}:2: Expected NAME=value` },
    ]);
  });

  test("tells why it cannot read the file", async () => {
    const files = homeOf({ [paths.envFile]: { errno: "EACCES" } });
    const error = await thrown(() => loadEnv(files, paths, {}));
    expect([error.code, error.message]).toEqual([
      "config/unreadable",
      `Could not read ${paths.envFile}: EACCES`,
    ]);
  });
});
