import { afterEach, describe, expect, test } from "bun:test";
import { chmod, lstat, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { applyEdits, planEdit, type ConfigEdit } from "../../src/config/edit.ts";
import { HermesError } from "../../src/core/errors.ts";
import { machineFiles } from "../../src/platform/files.ts";
import { thrown } from "../fakes/thrown.ts";

/** The text after setting a dotted key. */
function set(text: string, key: string, value: unknown): string {
  return planEdit(text, [{ path: segments(key), value }]);
}

function unset(text: string, key: string): string {
  return planEdit(text, [{ path: segments(key), unset: true }]);
}

function append(text: string, key: string, value: unknown): string {
  return planEdit(text, [{ path: segments(key), append: value }]);
}

function segments(key: string): readonly (string | number)[] {
  return key.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

describe("planEdit() sets", () => {
  test.each<[string, string, string, unknown, string]>([
    ["a scalar", "a: 1\nb: 2\n", "b", 3, "a: 1\nb: 3\n"],
    ["before a comment", "a:   1   # one\nb: 2\n", "a", 7, "a:   7   # one\nb: 2\n"],
    [
      "a key in a table",
      "agent:\n    max_turns: 90\nx: 1\n",
      "agent.max_turns",
      5,
      "agent:\n    max_turns: 5\nx: 1\n",
    ],
    ["in double quotes what was in them", 'a: "x"\n', "a", "y", 'a: "y"\n'],
    ["in single quotes what was in them", "a: 'x'\n", "a", "it's", "a: 'it''s'\n"],
    ["a number without the quotes that a text had", 'a: "1"\n', "a", 2, "a: 2\n"],
    [
      "a new key behind the last of its table",
      "a:\n  b: 1 # c\n\nz: 1\n",
      "a.d",
      true,
      "a:\n  b: 1 # c\n  d: true\n\nz: 1\n",
    ],
    [
      "a new key with the indentation of its table",
      "a:\n    b: 1\n",
      "a.c",
      2,
      "a:\n    b: 1\n    c: 2\n",
    ],
    ["a new table at the end", "a: 1\n# end\n", "b.c.d", "x", "a: 1\nb:\n  c:\n    d: x\n# end\n"],
    ["into nothing", "", "a.b", 1, "a:\n  b: 1\n"],
    ["into comments", "# only\n", "a", 1, "# only\na: 1\n"],
    ["into a text without a last line break", "a: 1", "b", 2, "a: 1\nb: 2"],
    ["behind a byte order mark alone", "\uFEFF", "a", 1, "\uFEFFa: 1\n"],
    ["behind a byte order mark", "\uFEFFa: 1\n", "b.c", 2, "\uFEFFa: 1\nb:\n  c: 2\n"],
    [
      "with the line ends of the text",
      "a:\r\n  b: 1\r\nz: 1\r\n",
      "a.c",
      2,
      "a:\r\n  b: 1\r\n  c: 2\r\nz: 1\r\n",
    ],
    ["a table with the line ends of the text", "a: 1\r\n", "b.c", 2, "a: 1\r\nb:\r\n  c: 2\r\n"],
    ["an empty value", "a:\nb: 1\n", "a", "x", "a: x\nb: 1\n"],
    ["an empty value before a comment", "a: # c\n", "a", "x", "a: x # c\n"],
    [
      "inside of an empty value",
      "agent: # c\nb: 1\n",
      "agent.max_turns",
      5,
      "agent: # c\n  max_turns: 5\nb: 1\n",
    ],
    ["inside of null", "agent: ~ # c\n", "agent.max_turns", 5, "agent: {max_turns: 5} # c\n"],
    ["in flow style", "{a: 1, b: {c: 2}}\n", "b.d", "x", "{a: 1, b: {c: 2, d: x}}\n"],
    ["in empty flow style", "a: {}\n", "a.b.c", 1, "a: {b: {c: 1}}\n"],
    [
      "in flow style over lines",
      "a: {\n  b: 1, # c\n}\n",
      "a.d",
      2,
      "a: {\n  b: 1, d: 2, # c\n}\n",
    ],
    ["behind a block text", "a: |\n  x\n\nb: 1\n", "b", 2, "a: |\n  x\n\nb: 2\n"],
    ["a block text", "a: |\n  x\n  y\nb: 1\n", "a", "z", "a: z\nb: 1\n"],
    [
      "a key behind a block text",
      "t:\n  a: |\n    x\n\nb: 1\n",
      "t.c",
      1,
      "t:\n  a: |\n    x\n  c: 1\n\nb: 1\n",
    ],
    [
      "a list in place of a block list",
      "a: # why\n  - x # x\n  - y\nb: 1\n",
      "a",
      ["z"],
      "a: [z] # why\nb: 1\n",
    ],
    ["an entry of a list", "a:\n- x: 1\n  y: 2\n", "a.0.y", 3, "a:\n- x: 1\n  y: 3\n"],
    ["a new key of an entry", "a:\n- x: 1\nb: 1\n", "a.0.z", 3, "a:\n- x: 1\n  z: 3\nb: 1\n"],
    ["a scalar entry", "a: [x, 'y']\n", "a.1", "z", "a: [x, 'z']\n"],
    [
      "a provider beside a short model",
      "model: gpt # m\nb: 1\n",
      "model.provider",
      "xai",
      "model:\n  default: gpt # m\n  provider: xai\nb: 1\n",
    ],
    [
      "the default of a short model",
      "model: 'gpt' # m\n",
      "model.default",
      "new",
      "model: 'new' # m\n",
    ],
    [
      "a provider beside a short model in flow style",
      "{model: gpt}\n",
      "model.provider",
      "xai",
      "{model: {default: gpt, provider: xai}}\n",
    ],
    [
      "beside merged keys",
      "x: &x {a: 1}\ny:\n  <<: *x\n  b: 2\n",
      "y.a",
      5,
      "x: &x {a: 1}\ny:\n  <<: *x\n  b: 2\n  a: 5\n",
    ],
    ["an alias without its anchor", "x: &x 1\ny: *x\n", "y", 2, "x: &x 1\ny: 2\n"],
  ])("%s", (...[, text, key, value, expected]) => {
    expect(set(text, key, value)).toBe(expected);
  });

  test.each([
    ["yes", '"yes"'],
    ["null", '"null"'],
    ["90", '"90"'],
    ["1e5", '"1e5"'],
    ["2024-01-01", '"2024-01-01"'],
    ["", '""'],
    [" x", '" x"'],
    ["a: b", '"a: b"'],
    ["a #b", '"a #b"'],
    ["a#b", '"a#b"'],
    ["*x", '"*x"'],
    ["${HOME}", '"${HOME}"'],
    ["a\nb", String.raw`"a\nb"`],
    ["\u0007\u007f\u0085\u2028\ufeff", String.raw`"\u0007\u007f\u0085\u2028\ufeff"`],
    ["a\ud800", String.raw`"a\ud800"`],
    ["käse", '"käse"'],
    ["http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"],
    ["~/bin/x", "~/bin/x"],
    ["./x", "./x"],
    ["gpt-5.5", "gpt-5.5"],
    ["git status", "git status"],
  ])("the text %j as %s", (value, written) => {
    expect(set("a: 1\n", "a", value)).toBe(`a: ${written}\n`);
  });
});

describe("planEdit() unsets", () => {
  test.each<[string, string, string, string]>([
    ["a line", "a: 1\nb: 2 # b\nc: 3\n", "b", "a: 1\nc: 3\n"],
    ["the first line behind a byte order mark", "\uFEFFa: 1\nb: 2\n", "a", "\uFEFFb: 2\n"],
    ["the last line", "a: 1\nb: 2", "b", "a: 1\n"],
    ["a table with what is in it", "a:\n  b: 1\n  c:\n    - 1\n# d\nd: 1\n", "a", "# d\nd: 1\n"],
    ["the table that would be empty too", "a:\n  b:\n    c: 1\nd: 1\n", "a.b.c", "d: 1\n"],
    ["everything", "# c\na:\n  b: 1\n", "a.b", "# c\n"],
    ["what is not there", "a: 1\n", "b.c", "a: 1\n"],
    ["a block text", "a: |\n  x\n\nb: 1\n", "a", "\nb: 1\n"],
    ["first in flow style", "{a: 1, b: 2}\n", "a", "{b: 2}\n"],
    ["last in flow style", "a: {b: 1, c: 2}\n", "a.c", "a: {b: 1}\n"],
    ["all in flow style", "{a: {b: 1}}\n", "a.b", "{}\n"],
    ["an entry of a list", "a:\n  - x\n  - y # y\n  - z\n", "a.1", "a:\n  - x\n  - z\n"],
    ["the first key of an entry", "a:\n  - x: 1\n    y: 2\n", "a.0.x", "a:\n  - y: 2\n"],
    ["the only entry of a list", "a:\n  - x\nb: 1\n", "a.0", "b: 1\n"],
    ["an entry in flow style", "a: [x, y]\n", "a.0", "a: [y]\n"],
    ["with the line ends of the text", "a: 1\r\nb: 2\r\nc: 3\r\n", "b", "a: 1\r\nc: 3\r\n"],
    ["a short model", "model: gpt\nb: 1\n", "model", "b: 1\n"],
  ])("%s", (_name, text, key, expected) => {
    expect(unset(text, key)).toBe(expected);
  });
});

describe("planEdit() appends", () => {
  test.each<[string, string, string]>([
    ["to nothing", "", "list: [git status]\n"],
    ["to an empty value", "list:\nb: 1\n", "list: [git status]\nb: 1\n"],
    ["to an empty list", "list: [] # c\n", "list: [git status] # c\n"],
    ["to a flow list", "list: [a, b]\n", "list: [a, b, git status]\n"],
    [
      "to a block list",
      "list:\n  - a # a\n  # b\nb: 1\n",
      "list:\n  - a # a\n  - git status\n  # b\nb: 1\n",
    ],
    ["to a list that is not indented", "list:\n- a\nb: 1\n", "list:\n- a\n- git status\nb: 1\n"],
    ["once", "list: [git status]\n", "list: [git status]\n"],
  ])("%s", (_name, text, expected) => {
    expect(append(text, "list", "git status")).toBe(expected);
  });
});

describe("planEdit() refuses", () => {
  const refusal = (key: string): HermesError =>
    new HermesError(
      "config/invalid",
      `Could not change ${key} in config.yaml without touching what is around it`,
      { hint: "change it by hand: hermes config edit" },
    );

  test.each<[string, string, string]>([
    ["a value that others refer to", "a: &a 1\nb: *a\n", "a"],
    ["a table that is an alias", "a: &a {x: 1}\nb: *a\n", "b.y"],
    ["a key in a text", "a: text\n", "a.b"],
    ["a key in a list", "a: [1]\n", "a.b"],
    ["an entry that is not there", "a: [1]\n", "a.5"],
    ["an entry of a list that is not there", "a: 1\n", "b.0.c"],
    ["a text at the root", "text\n", "a"],
    ["what is behind the end of the document", "a: 1\n...\n", "b.0"],
  ])("%s", async (_name, text, key) => {
    expect(await thrown(() => set(text, key, 2))).toEqual(refusal(key));
  });

  test("a merged key that is to go", async () => {
    expect(await thrown(() => unset("x: &x {a: 1}\ny:\n  <<: *x\n", "y.a"))).toEqual(
      refusal("y.a"),
    );
  });

  test("text that is no YAML", async () => {
    expect(await thrown(() => set("a: [1\n", "a", 2))).toEqual(
      new HermesError(
        "config/invalid",
        "config.yaml:2:1: Flow sequence in block collection must be sufficiently indented and end with a ]",
        { hint: "correct it: hermes config edit" },
      ),
    );
  });
});

/** Lines of a file in many styles, so that edits meet every shape. */
const scalar = fc.oneof(
  fc.integer(),
  fc.boolean(),
  fc.constantFrom("x", "plain text", "it's", '"', "a: b", "#", "", "multi\nline", "é", "\u2028"),
  fc.string(),
);
const keys = fc.constantFrom("a", "b", "c", "model", "with space", "1", "true", "k.k");
const keyPaths = fc.array(keys, { minLength: 1, maxLength: 3 });
const tree = fc.letrec<{ table: Record<string, unknown>; value: unknown }>((tie) => ({
  table: fc.dictionary(keys, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof({ depthSize: "small" }, scalar, fc.array(scalar, { maxLength: 3 }), tie("table")),
})).table;

/** YAML text of a tree, with the style of each part chosen by `pick`. */
function write(value: unknown, pick: () => number, indent: string): string {
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value);
  const entries = isTable ? Object.entries(value) : [];
  if (entries.length === 0) return ` ${JSON.stringify(value)}`;
  if (indent !== "" && pick() % 4 === 0) return ` ${JSON.stringify(value)}`;
  const notes = ["", " # note", "   # x: [1", ""];
  const lines = entries.map(([name, child]) => {
    const above = pick() % 5 === 0 ? `${indent}# above ${pick()}\n` : "";
    const note = notes[pick() % notes.length];
    const isFlow = typeof child !== "object" || child === null;
    const text = write(child, pick, `${indent}${pick() % 2 === 0 ? "  " : "    "}`);
    const blank = pick() % 7 === 0 ? "\n" : "";
    return `${above}${indent}${JSON.stringify(name)}:${isFlow || !text.startsWith("\n") ? `${text}${note}\n` : text}${blank}`;
  });
  return `${indent === "" ? "" : "\n"}${lines.join("")}`;
}

const document = fc
  .record({
    tree,
    choices: fc.infiniteStream(fc.nat(1_000)),
    crlf: fc.boolean(),
    bom: fc.boolean(),
  })
  .map(({ tree: data, choices, crlf, bom }) => {
    const text = write(data, () => choices.next().value ?? 0, "");
    const ended = Object.keys(data).length === 0 ? "" : text;
    return (bom ? "\uFEFF" : "") + (crlf ? ended.replaceAll("\n", "\r\n") : ended);
  });

describe("planEdit()", () => {
  const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }));
  const edits: readonly [string, fc.Arbitrary<ConfigEdit>][] = [
    ["set", fc.record({ path: keyPaths, value })],
    ["unset", fc.record({ path: keyPaths, unset: fc.constant(true as const) })],
    ["append", fc.record({ path: keyPaths, append: scalar })],
  ];

  test.each(edits)("%s changes what it says and nothing else", (_name, edit) => {
    let edited = 0;
    let refused = 0;
    fc.assert(
      fc.property(document, edit, (text, change) => {
        let after: string;
        try {
          after = planEdit(text, [change]);
        } catch (error) {
          if (!(error instanceof HermesError)) throw error;
          refused++;
          return;
        }
        edited++;
        const now = valueIn(parse(after), change.path);
        if ("value" in change) expect(now).toEqual(change.value as never);
        else if ("append" in change) expect(now).toContainEqual(change.append);
        else expect(now).toBeUndefined();
        expect(rest(parse(after), change.path)).toEqual(rest(parse(text), change.path));
        expect(comments(after).filter((line) => !comments(text).includes(line))).toEqual([]);
        expect("unset" in change || isSameAround(text, after, change.path)).toBe(true);
        // Again: the file is already as it should be.
        expect(planEdit(after, [change])).toBe(after);
      }),
      { seed: 5, numRuns: 500 },
    );
    // What is refused are keys inside of texts and lists; most edits must succeed.
    expect(edited).toBeGreaterThan(refused * 2);
  });

  test("a value that is set and unset again leaves the text as it was, where its table stays", () => {
    fc.assert(
      fc.property(document, fc.constantFrom("new", "new key"), scalar, (text, name, data) => {
        const added = planEdit(text, [{ path: [name], value: data }]);
        const back = planEdit(added, [{ path: [name], unset: true }]);
        expect(back).toBe(text);
      }),
      { seed: 6, numRuns: 300 },
    );
  });
});

/** The data with short models written out, as the edits see it. */
function opened(data: unknown): Record<string, unknown> {
  const table = (data ?? {}) as Record<string, unknown>;
  return typeof table["model"] === "string"
    ? { ...table, model: { default: table["model"] } }
    : table;
}

function valueIn(data: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((node, segment) => {
    const isTable = typeof node === "object" && node !== null && !Array.isArray(node);
    return isTable ? (node as Record<string, unknown>)[segment] : undefined;
  }, opened(data));
}

/** The data without the first key of a path: what an edit of that path may not touch. */
function rest(data: unknown, [head]: readonly (string | number)[]): unknown {
  const { [String(head)]: _gone, ...others } = opened(data);
  return others;
}

/** Whether every byte is the same but for the lines from the first key of the path to the next key of the root. */
function isSameAround(text: string, after: string, [head]: readonly (string | number)[]): boolean {
  const [before, behind] = around(text, head);
  // A new key is put in, and takes nothing away.
  if (before === undefined) return isInsertion(text, after);
  const [newBefore, newBehind] = around(after, head);
  return newBefore === before && newBehind === behind;
}

function around(text: string, key: string | number | undefined): readonly (string | undefined)[] {
  const padded = text.replace(/^\uFEFF?/, "$&\n");
  const from = padded.search(new RegExp(`\n"?${key}"?:`));
  const to = padded.indexOf('\n"', from + 1);
  return from === -1 ? [] : [padded.slice(0, from), to === -1 ? "" : padded.slice(to)];
}

function isInsertion(text: string, after: string): boolean {
  let start = 0;
  while (start < text.length && text[start] === after[start]) start++;
  return after.endsWith(text.slice(start));
}

function comments(text: string): readonly string[] {
  return text
    .replace("\uFEFF", "")
    .split(/\r?\n/)
    .filter((line) => /^\s*#/.test(line));
}

describe("applyEdits()", () => {
  const homes: string[] = [];
  afterEach(async () => {
    await Promise.all(homes.splice(0).map((home) => rm(home, { recursive: true })));
  });
  async function temporary(): Promise<string> {
    const home = await mkdtemp(join(tmpdir(), "hermes-edit-"));
    homes.push(home);
    return home;
  }
  const edits: readonly ConfigEdit[] = [{ path: ["agent", "max_turns"], value: 5 }];

  test("makes an absent file private, with its directory", async () => {
    const home = join(await temporary(), "home");
    const configFile = join(home, "config.yaml");
    expect(await applyEdits(machineFiles, { configFile }, edits)).toBe(true);
    expect(await readFile(configFile, "utf8")).toBe("agent:\n  max_turns: 5\n");
    const modes = [(await stat(home)).mode & 0o777, (await stat(configFile)).mode & 0o777];
    expect(modes).toEqual([0o700, 0o600]);
  });

  test("keeps the mode, follows a symlink, and says when nothing changed", async () => {
    const home = await temporary();
    const target = join(home, "dotfiles.yaml");
    const configFile = join(home, "config.yaml");
    await writeFile(target, "agent: {max_turns: 1}\n");
    await chmod(target, 0o640);
    await symlink(target, configFile);
    expect(await applyEdits(machineFiles, { configFile }, edits)).toBe(true);
    expect(await applyEdits(machineFiles, { configFile }, edits)).toBe(false);
    expect(await readFile(target, "utf8")).toBe("agent: {max_turns: 5}\n");
    expect((await stat(target)).mode & 0o777).toBe(0o640);
    expect((await lstat(configFile)).isSymbolicLink()).toBe(true);
  });

  test("loses none of many edits at the same moment", async () => {
    const configFile = join(await temporary(), "home", "config.yaml");
    const names = ["a", "b", "c", "d", "e"];
    await Promise.all(
      names.map((name) =>
        applyEdits(machineFiles, { configFile }, [{ path: ["command_allowlist"], append: name }]),
      ),
    );
    const listed = (await readFile(configFile, "utf8")).match(/\b[a-e]\b/g) ?? [];
    expect(listed.toSorted()).toEqual(names);
  });

  test("makes nothing, not even a lock, for what changes nothing", async () => {
    const home = join(await temporary(), "home");
    const paths = { configFile: join(home, "config.yaml") };
    const nothing = [{ path: ["agent", "max_turns"], unset: true }] as const;
    expect(await applyEdits(machineFiles, paths, nothing)).toBe(false);
    expect(await machineFiles.stat(home)).toBe(undefined);
  });

  test("says who is waited for when the lock is not given", async () => {
    const busy = {
      ...machineFiles,
      withLock: () => Promise.reject(Object.assign(new Error("no"), { code: "EBUSY" })),
    };
    const configFile = join(await temporary(), "config.yaml");
    const error = await thrown(() => applyEdits(busy, { configFile }, edits));
    expect([error.code, error.message, error.hint, error.retryable]).toEqual([
      "file/unwritable",
      `Could not write ${configFile}: another process is changing it`,
      `try again, or see which process it is: lsof ${configFile}.lock`,
      true,
    ]);
  });

  test("leaves a file that it cannot read as it is", async () => {
    const configFile = join(await temporary(), "config.yaml");
    await writeFile(configFile, "a: [\n");
    const error = await thrown(() => applyEdits(machineFiles, { configFile }, edits));
    expect(error.code).toBe("config/invalid");
    expect(await readFile(configFile, "utf8")).toBe("a: [\n");
  });

  test("tells the errno when it cannot write", async () => {
    const failing = {
      ...machineFiles,
      replaceFile: () => Promise.reject(Object.assign(new Error("no"), { code: "ENOSPC" })),
    };
    const home = await temporary();
    const configFile = join(home, "config.yaml");
    const error = await thrown(() => applyEdits(failing, { configFile }, edits));
    expect([error.code, error.message]).toEqual([
      "file/unwritable",
      `Could not write ${configFile}: ENOSPC`,
    ]);
  });
});
