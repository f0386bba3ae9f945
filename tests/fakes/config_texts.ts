/** Texts of `config.toml` in all the ways in which TOML can be written, that follow from random numbers. */

interface Numbers {
  integer(from: number, to: number): number;
  pick<Value>(values: readonly [Value, ...Value[]]): Value;
}

const marker =
  "# managed by hermes-agent — `hermes codex-runtime migrate` regenerates this section";

/** Strings that look like something else, each in its quotes. */
const strings = [
  '"plain"',
  "'literal \\ back'",
  '"# no comment"',
  '"[mcp_servers.fs]"',
  '"quote \\" and \\\\"',
  '"\\u00e9 \\U0001F600 😀"',
  '""',
  "''",
  '"""\n[mcp_servers.fs]\ncommand = "no"\n"""',
  `'''\n${marker}\n[mcp_servers.hermes-tools]\n# end hermes-agent managed section\n'''`,
  '"""two quotes ""\\" and five"""""',
  "'''it''s'''",
  '"""\\\n   trimmed\n  mcp_servers = {}"""',
] as const;

const values = [
  ...strings,
  "true",
  "42",
  "-0.5",
  "1_000",
  "0xff",
  "inf",
  "1979-05-27T07:32:00Z",
  "1979-05-27 07:32:00",
  "07:32:00",
  "[]",
  '["a", "]", \'}\']',
  '[\n  "a", # ]\n  # [mcp_servers.fs]\n  "b",\n]',
  "[[1, 2], [3]]",
  '{ a = 1, "b c" = { d = "}" } }',
  "{}",
] as const;

const comments = ["# a note", "#", "# [mcp_servers.fs]", "# ünï — 漢字", '# "unclosed'] as const;

/** A text that both versions of codex accept. */
export function randomConfig(random: Numbers): string {
  const lineBreak = random.pick(["\n", "\n", "\n", "\r\n"]);
  const root: string[] = [];
  const tables: string[] = [];
  let names = 0;
  const name = (): string => {
    const number = ++names;
    return random.pick([`x_k${number}`, `"x k${number}"`, `'x.k${number}'`, `"x\\u0041${number}"`]);
  };
  const noise = (lines: string[]): void => {
    if (random.integer(0, 3) === 0) lines.push(random.pick(comments));
    if (random.integer(0, 3) === 0) lines.push(random.pick(["", "   ", "\t"]));
  };
  const pair = (key: string, value: string): string =>
    `${random.pick(["", "", "  ", "\t"])}${key}${random.pick([" = ", "=", "\t=  "])}${value}${random.pick(["", "", "  ", " # said", "\t#[x]"])}`;
  for (let count = random.integer(0, 4); count > 0; count--) {
    noise(root);
    root.push(pair(name(), random.pick(values)));
  }
  if (random.integer(0, 2) === 0) root.push(pair("developer_instructions", random.pick(strings)));
  addServers(random, { root, tables, pair });
  for (let count = random.integer(0, 3); count > 0; count--) {
    noise(tables);
    const table = name();
    const isArray = random.integer(0, 3) === 0;
    tables.push(isArray ? `[[${table}]]` : random.pick([`[${table}]`, `[ ${table} ] # table`]));
    for (let keys = random.integer(0, 2); keys > 0; keys--) {
      tables.push(pair(name(), random.pick(values)));
    }
  }
  noise(tables);
  const lines = [...root, ...tables];
  if (lines.length === 0 && random.integer(0, 1) === 0) return "";
  const text = lines.join("\n") + random.pick(["\n", "\n", "\n", "", "\n\n", "\n \n"]);
  const mark = random.pick(["", "", "", "\ufeff"]);
  return mark + text.replaceAll("\n", lineBreak);
}

interface Lines {
  readonly root: string[];
  readonly tables: string[];
  readonly pair: (key: string, value: string) => string;
}

/** Servers of the user's, in one of the forms that a table has. */
function addServers(random: Numbers, { root, tables, pair }: Lines): void {
  const entry = random.pick(['{ command = "true" }', "{command='true',args=[\"}\"]}"]);
  const table = random.pick([
    "[mcp_servers.mine]",
    '[mcp_servers."mine"]',
    "[ mcp_servers . mine ]",
  ]);
  switch (random.integer(0, 11)) {
    case 0:
      root.push(pair("mcp_servers", `{ mine = ${entry} }`));
      return;
    case 1:
      root.push(pair("mcp_servers", random.pick(["{}", "{ }", "{\n}"])));
      return;
    case 2:
      root.push(pair("mcp_servers", `{\n  mine = ${entry}, # mine\n  other = ${entry},\n}`));
      return;
    case 3:
      root.push(pair("mcp_servers.mine.command", '"true"'), pair("mcp_servers.mine.args", '["x"]'));
      return;
    case 4:
      root.push(pair('mcp_servers."mine"', entry));
      return;
    case 5:
      tables.push("[mcp_servers]", pair("mine", entry));
      return;
    case 6:
      tables.push("[mcp_servers] # all", pair("mine.command", '"true"'), pair("mine.env.A", '"1"'));
      return;
    case 7:
      tables.push(table, pair("command", '"true"'), "[mcp_servers.mine.env]", pair("A", '"1"'));
      return;
    case 8:
      tables.push("[mcp_servers.mine.env]", table, pair("command", '"true"'), "[mcp_servers]");
      return;
    case 9:
      tables.push(table, pair("command", '"true"'), pair("args", '[\n "a", # b\n]'));
      return;
    case 10:
      tables.push("[mcp_servers]", "");
      break;
    default:
      break;
  }
}
