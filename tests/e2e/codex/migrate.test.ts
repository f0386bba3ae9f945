/** Inputs that broke others: each file that comes out is accepted by every codex, or the one that was there stays as it is. */
import { describe, expect, test } from "bun:test";
import { chmod, mkdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { parse } from "smol-toml";
import { isJsonObject, type JsonObject, parseJson } from "../../../src/core/json.ts";
import { type CodexBinary, codexVersions } from "../../fakes/codex_binaries.ts";
import { binary, createSandbox, type Ended, type Sandbox } from "../sandbox.ts";

const start = "# managed by hermes-agent — `hermes codex-runtime migrate` regenerates this section";
const end = "# end hermes-agent managed section";
const fs = "mcp_servers: {fs: {command: npx, args: [-y, server]}}\n";
const fsTable = '[mcp_servers.fs]\ncommand = "npx"\nargs = ["-y", "server"]\n';

/** A machine with a home of hermes, one of codex, and all versions of codex. */
class Lab implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly codex: CodexBinary;
  readonly codexHome: string;
  readonly file: string;

  constructor(sandbox: Sandbox, codex: CodexBinary) {
    this.sandbox = sandbox;
    this.codex = codex;
    this.codexHome = join(sandbox.root, "codex");
    this.file = join(this.codexHome, "config.toml");
  }

  get env(): Readonly<Record<string, string>> {
    return { CODEX_HOME: this.codexHome, HERMES_CODEX_BIN: this.codex.path };
  }

  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return await this.sandbox.run(["codex", ...args], { env: { ...this.env, ...env } });
  }

  read(): Promise<string> {
    return readFile(this.file, "utf8");
  }

  /** Every version loads it. */
  async accepted(home = this.codexHome): Promise<void> {
    for (const { path, version } of codexVersions) {
      const ended = await runCodex(path, ["mcp", "list", "--json"], home);
      expect({ version, ...ended, stdout: "" }).toEqual({
        version,
        code: 0,
        stdout: "",
        stderr: ended.stderr,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
  }
}

function runCodex(path: string, args: readonly string[], home: string): Promise<Ended> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, CODEX_HOME: home };
  const child = spawn(path, args, { env, cwd: home, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((done) => {
    child.once("close", (code) => done({ code: code ?? -1, stdout, stderr }));
  });
}

async function openLab(
  codex: CodexBinary,
  { config = fs, toml }: { readonly config?: string; readonly toml?: string | Uint8Array } = {},
): Promise<Lab> {
  const lab = new Lab(await createSandbox(), codex);
  await mkdir(lab.codexHome);
  await lab.sandbox.configure(config);
  if (toml !== undefined) await writeFile(lab.file, toml);
  return lab;
}

function onEvery(name: string, body: (codex: CodexBinary) => Promise<void>): void {
  for (const codex of codexVersions) test(`${name} (codex ${codex.version})`, () => body(codex));
}

interface Row {
  readonly name: string;
  readonly config?: string;
  readonly toml: string;
  /** What `mcp_servers` holds besides `hermes-tools`; what stands there before and `fs` where absent. */
  readonly servers?: JsonObject;
  /** The file begins with this afterwards; with all of what was there before where absent. */
  readonly begins?: string;
  /** Whether taking it away again restores the file; true where absent. */
  readonly isRestored?: false;
  /** On stderr. */
  readonly told?: string;
}

const fsEntry = { command: "npx", args: ["-y", "server"] };
const mine = { command: "true" };

const migrated: readonly Row[] = [
  { name: "W1: a permission of the user's", toml: 'default_permissions = ":read-only"\n' },
  {
    name: "W2: a server of the same name",
    toml: '[mcp_servers.fs]\ncommand = "mine"\n',
    servers: { fs: { command: "mine" } },
    told: "codex mcp remove fs",
  },
  {
    name: "W2: a server of the same name and value",
    toml: fsTable,
    servers: { fs: fsEntry },
  },
  {
    name: "W3: a dotted server of the same name",
    toml: 'mcp_servers.fs.command = "x"\n',
    servers: { fs: { command: "x" } },
    told: "codex mcp remove fs",
  },
  {
    name: "W3: a dotted server of another name",
    toml: 'mcp_servers.mine.command = "true"\n',
    servers: { mine, fs: fsEntry },
  },
  {
    name: "W4: an inline table of servers",
    toml: 'mcp_servers = { mine = { command = "true" } }\nmodel = "gpt-5.5"\n',
    servers: { mine, fs: fsEntry },
    begins: 'mcp_servers = { mine = { command = "true" }, fs = {',
  },
  {
    name: "W5: inline servers in their table",
    toml: '[mcp_servers]\nfs = { command = "x" }\nmine = { command = "true" }\n',
    servers: { fs: { command: "x" }, mine },
  },
  {
    name: "W6: plugins in every form",
    toml: 'plugins."d@e".enabled = true\n[ plugins . "x@y" ]\nenabled = true\n[plugins."a=b@c"]\nenabled = false\n',
  },
  {
    name: "W6: plugins inline",
    toml: '[plugins]\n"x@y" = { enabled = true }\n',
  },
  {
    name: "W7: a long string with a line that begins with a bracket",
    toml: 'developer_instructions = """\n[not a table]\n[mcp_servers.fs]\n"""\n',
  },
  {
    name: "W8: a marker in a long string",
    toml: `developer_instructions = '''\n${start}\n\n[mcp_servers.fs]\n${end}\n'''\nmodel = "gpt-5.5"\n`,
  },
  {
    name: "W9: a long string with the header of a plugin",
    toml: 'developer_instructions = """\n[plugins.foo]\n"""\n[mcp_servers.mine]\ncommand = "true"\n',
    servers: { mine, fs: fsEntry },
  },
  {
    name: "W10: a byte order mark before a table",
    toml: '\ufeff[mcp_servers.mine]\ncommand = "true"\n',
    servers: { mine, fs: fsEntry },
  },
  {
    name: "W10: a byte order mark before an old block",
    toml: `\ufeff${start}\n\n${fsTable}\n${end}\n`,
    begins: "\ufeff\n[mcp_servers.fs]\n",
    isRestored: false,
  },
  { name: "W11: CRLF", toml: 'model = "gpt-5.5"\r\n\r\n# said\r\n' },
  {
    name: "W12: a blank behind the first marker",
    toml: `${start} \n\n${fsTable}\n${end}\n`,
    begins: "\n[mcp_servers.fs]\n",
    isRestored: false,
  },
  {
    name: "W12: the first marker is gone",
    toml: `model = "gpt-5.5"\n\n${fsTable}\n${end}\n`,
    begins: 'model = "gpt-5.5"\n\n[mcp_servers.fs]\n',
    isRestored: false,
  },
  {
    name: "W13: the last marker is gone, and servers of the user's follow",
    toml: `${start}\n\n${fsTable}\n[mcp_servers.mine]\ncommand = "true"\n`,
    servers: { fs: fsEntry, mine },
    begins: `\n${fsTable}\n[mcp_servers.mine]\ncommand = "true"\n`,
    isRestored: false,
  },
  {
    name: "W14: keys of the user's in an old block",
    toml: `${start}\nmodel = "gpt-5.5"\napproval_policy = "never"\n\n${fsTable}\n[mcp_servers.mine]\ncommand = "true"\n[mcp_servers.mine.tools.t]\napproval_mode = "approve"\n${end}\n`,
    servers: { fs: fsEntry, mine: { ...mine, tools: { t: { approval_mode: "approve" } } } },
    begins: `model = "gpt-5.5"\napproval_policy = "never"\n\n${fsTable}`,
    isRestored: false,
  },
  {
    name: "W15: a table whose name begins the same, after a block without an end",
    toml: `${start}\n\n${fsTable}\n[mcp_servers_extra]\na = 1\n`,
    begins: `\n${fsTable}\n[mcp_servers_extra]\na = 1\n`,
    isRestored: false,
  },
  {
    name: "W16: a server of a plugin that is switched off",
    toml: '[plugins."x@y".mcp_servers.foo]\nenabled = false\n',
    told: "plugins stay as they are: x@y",
  },
  {
    name: "W17: plugins that no catalogue has",
    toml: '[plugins."gone@nowhere"]\nenabled = true\n',
  },
  {
    name: "W18: a comment above the first table",
    toml: '# about mine\n[mcp_servers.mine]\ncommand = "true"\n',
    servers: { mine, fs: fsEntry },
  },
  {
    name: "W19: a last marker alone",
    toml: `model = "gpt-5.5"\n${end}\n`,
    begins: 'model = "gpt-5.5"\n\n[mcp_servers.fs]\n',
    isRestored: false,
  },
  {
    name: "W21: control characters in a variable",
    config: 'mcp_servers: {fs: {command: npx, env: {A: "x\\e\\x7F\\x01y"}}}\n',
    toml: "",
    servers: { fs: { command: "npx", env: { A: "x\u001b\u007f\u0001y" } } },
  },
  {
    name: "W23: letters beyond ASCII in the name of a variable",
    config: 'mcp_servers: {fs: {command: npx, env: {"é": "1", "٣": "2"}}}\n',
    toml: "",
    servers: { fs: { command: "npx", env: { é: "1", "٣": "2" } } },
  },
  {
    name: "W23: names of servers that codex does not take",
    config: 'mcp_servers: {"é": {command: a}, "b\\nc": {command: b}, fs: {command: npx}}\n',
    toml: "",
    servers: { fs: { command: "npx" } },
    told: "is left out: codex takes only",
  },
  {
    name: "W28: tools that are left out",
    config:
      "mcp_servers: {fs: {command: npx, tools: {exclude: [delete], include: [read, list]}}}\n",
    toml: "",
    servers: {
      fs: { command: "npx", enabled_tools: ["read", "list"], disabled_tools: ["delete"] },
    },
  },
  {
    name: "W29: a shell that loads what it runs",
    config: 'mcp_servers: {bad: {command: bash, args: [-c, "curl x | sh"]}, fs: {command: npx}}\n',
    toml: "",
    servers: { fs: { command: "npx" } },
    told: "bad is left out",
  },
  {
    name: "servers that codex has no words for",
    config:
      'mcp_servers: {old: {url: "https://example.com/sse", transport: sse}, open: {url: "https://example.com/m", ssl_verify: false}}\n',
    toml: 'model = "gpt-5.5"\n',
    servers: {},
    told: "old is left out: codex has no sse transport",
  },
];

describe("migrate, migrate again, unmigrate", () => {
  for (const row of migrated) {
    const { name, config = fs, toml, servers = { fs: fsEntry }, told, isRestored } = row;
    onEvery(name, async (codex) => {
      await using lab = await openLab(codex, { config, toml });
      const dry = await lab.run(["migrate", "--dry-run"]);
      expect(dry.code).toBe(10);
      expect(await lab.read()).toBe(toml);
      const first = await lab.run(["migrate"]);
      expect(first).toMatchObject({ code: 0, stdout: "" });
      if (told !== undefined) expect(first.stderr).toContain(told);
      const after = await lab.read();
      expect(after).toStartWith(row.begins ?? toml);
      const { "hermes-tools": own, ...others } = serversIn(after);
      expect(others).toEqual({ ...servers });
      expect(own).toMatchObject({ command: binary, args: ["mcp", "serve"] });
      expect(after.includes(end) && !toml.includes("'''")).toBe(false);
      if (toml.includes("\r\n")) expect(after.replaceAll("\r\n", "")).not.toContain("\n");
      await lab.accepted();
      const second = await lab.run(["migrate", "--dry-run"]);
      expect({ code: second.code, stdout: second.stdout }).toEqual({ code: 0, stdout: "" });
      expect((await lab.run(["migrate"])).code).toBe(0);
      expect(await lab.read()).toBe(after);
      expect((await lab.run(["unmigrate"])).code).toBe(0);
      if (isRestored !== false) expect(await lab.read()).toBe(toml);
      await lab.accepted();
    });
  }
});

interface Refusal {
  readonly name: string;
  readonly config?: string;
  readonly toml: string;
  readonly told: RegExp;
}

const refused: readonly Refusal[] = [
  {
    name: "W1: an old block that sets what the user set",
    toml: `default_permissions = ":read-only"\n${start}\ndefault_permissions = ":workspace"\n${end}\n`,
    told: /config\.toml:3:1: duplicate key/,
  },
  { name: "W20: no TOML", toml: 'model = "a"\nmodel =\n', told: /config\.toml:2:8: .*quoted/ },
  {
    name: "W20: a value that codex does not take",
    toml: "model = 5\n",
    told: /invalid type: integer/,
  },
  {
    name: "W20: a control character",
    toml: 'model = "gpt-5.5"\n# \u0001\n',
    told: /config\.toml:2:\d: invalid comment character/,
  },
  ...[".inf", ".nan", "-1", '"1e400"', "true"].map((value) => ({
    name: `W22: a time limit of ${value}`,
    config: `mcp_servers: {fs: {command: npx, timeout: ${value}}}\n`,
    toml: 'model = "gpt-5.5"\n',
    told: /config\.yaml.*timeout/,
  })),
  {
    name: "W24: arguments as one text",
    config: 'mcp_servers: {fs: {command: npx, args: "-y foo"}}\n',
    toml: 'model = "gpt-5.5"\n',
    told: /config\.yaml.*args/,
  },
  {
    name: "W25: variables as a list",
    config: "mcp_servers: {fs: {command: npx, env: [A]}}\n",
    toml: 'model = "gpt-5.5"\n',
    told: /config\.yaml.*env/,
  },
];

describe("what is refused leaves the file as it is", () => {
  for (const { name, config = fs, toml, told } of refused) {
    onEvery(name, async (codex) => {
      await using lab = await openLab(codex, { config, toml });
      for (const flags of [[], ["--dry-run"]]) {
        const { code, stderr } = await lab.run(["migrate", ...flags]);
        expect({ code, told: told.test(stderr) ? "" : stderr }).toEqual({ code: 78, told: "" });
      }
      expect(await lab.read()).toBe(toml);
    });
  }
});

/** `mcp_servers` of a text as plain JSON. */
function serversIn(text: string): JsonObject {
  const tree = parseJson(JSON.stringify(parse(text.replace(/^\ufeff/, ""))));
  const servers = isJsonObject(tree) ? tree["mcp_servers"] : undefined;
  return isJsonObject(servers) ? servers : {};
}

onEvery("W20: bytes that are no UTF-8 are refused with their place, and stay", async (codex) => {
  const bytes = new Uint8Array([...new TextEncoder().encode('# é\nmodel = "'), 0xff, 0x22, 0x0a]);
  await using lab = await openLab(codex, { toml: bytes });
  const { code, stderr } = await lab.run(["migrate"]);
  expect({ code, isPlace: stderr.includes("line 2, column 10") }).toEqual({
    code: 78,
    isPlace: true,
  });
  expect(new Uint8Array(await readFile(lab.file))).toEqual(bytes);
});

describe("values", () => {
  onEvery("W26: what is no text becomes none by itself", async (codex) => {
    const config = "mcp_servers: {fs: {command: npx, env: {B: true, N: null}}}\n";
    await using lab = await openLab(codex, { config, toml: "" });
    const { code } = await lab.run(["migrate"]);
    const text = await lab.read();
    expect(text).not.toMatch(/True|None/);
    expect(code === 0 || text === "").toBe(true);
    await lab.accepted();
  });

  onEvery("W27: switched off in words and numbers", async (codex) => {
    for (const value of ['"false"', "false", '"no"']) {
      const config = `mcp_servers: {fs: {command: npx, enabled: ${value}}}\n`;
      await using lab = await openLab(codex, { config, toml: "" });
      expect((await lab.run(["migrate"])).code).toBe(0);
      expect(serversIn(await lab.read())["fs"]).toMatchObject({ enabled: false });
    }
    const config = "mcp_servers: {fs: {command: npx, enabled: 0}}\n";
    await using lab = await openLab(codex, { config, toml: "" });
    const { code, stderr } = await lab.run(["migrate"]);
    expect([code, stderr]).toEqual([78, expect.stringContaining("expects true or false, found 0")]);
    expect(await lab.read()).toBe("");
  });

  onEvery("W30: no secret gets into the file, set or not", async (codex) => {
    const config = `mcp_servers:
  fs: {command: npx, env: {SECRET: "\${SECRET}", MODE: fast}}
  web: {url: "https://example.com/mcp", headers: {Authorization: "Bearer \${SECRET}", X-Key: "\${SECRET}", X-Plain: a}}
  mixed: {command: npx, env: {OTHER: "\${SECRET}"}}
  plain: {command: npx, env: {API_KEY: sk-plain-0123456789abcdef}}
  argument: {command: npx, args: ["--key=\${SECRET}"]}
  flag: {command: npx, args: ["--quiet", "--password", hunter2-hunter2]}
`;
    await using lab = await openLab(codex, { config, toml: "" });
    const { code, stderr } = await lab.run(["migrate"], { SECRET: "s3cr3t-value-0123456789" });
    expect(code).toBe(0);
    const text = await lab.read();
    expect(text).not.toMatch(/s3cr3t|sk-plain|hunter2|\$\{/);
    const { "hermes-tools": _own, ...others } = serversIn(text);
    expect(others).toEqual({
      fs: { command: "npx", env: { MODE: "fast" }, env_vars: ["SECRET"] },
      mixed: { command: "npx", env_vars: ["OTHER"] },
      plain: { command: "npx", env_vars: ["API_KEY"] },
      web: {
        url: "https://example.com/mcp",
        bearer_token_env_var: "SECRET",
        http_headers: { "X-Plain": "a" },
        env_http_headers: { "X-Key": "SECRET" },
      },
    });
    expect(stderr).toContain("argument is left out");
    expect(stderr).toContain("flag is left out: it would put a secret into config.toml in clear");
    expect(stderr).toContain("plain works in a codex that has API_KEY in its environment");
    await lab.accepted();
  });

  onEvery("W30: a variable that is not set leaves its server out", async (codex) => {
    const config = 'mcp_servers: {fs: {command: npx, env: {SECRET: "${SECRET}"}}}\n';
    await using lab = await openLab(codex, { config, toml: "" });
    const { code, stderr } = await lab.run(["migrate"]);
    expect({ code, isTold: stderr.includes("the variable SECRET is not set") }).toEqual({
      code: 0,
      isTold: true,
    });
    expect(Object.keys(serversIn(await lab.read()))).toEqual(["hermes-tools"]);
    await lab.accepted();
  });

  onEvery("W36: a home with quotes and backslashes in its name", async (codex) => {
    await using lab = await openLab(codex, { toml: "" });
    const home = join(lab.sandbox.root, 'a "b" \\c');
    await mkdir(home);
    await writeFile(join(home, "config.yaml"), fs);
    expect((await lab.run(["migrate"], { HERMES_HOME: home })).code).toBe(0);
    expect(serversIn(await lab.read())["hermes-tools"]).toMatchObject({
      env: { HERMES_HOME: home },
    });
    await lab.accepted();
  });
});

describe("places", () => {
  onEvery("W31: a symlink stays one, and its file is written", async (codex) => {
    await using lab = await openLab(codex);
    const target = join(lab.sandbox.root, "dotfiles.toml");
    await symlink("../dotfiles.toml", lab.file);
    // First a link to nothing.
    expect((await lab.run(["migrate"])).code).toBe(0);
    expect(await readlink(lab.file)).toBe("../dotfiles.toml");
    expect(serversIn(await readFile(target, "utf8"))["fs"]).toEqual(fsEntry);
    await lab.accepted();
    await writeFile(target, 'model = "gpt-5.5"\n');
    expect((await lab.run(["migrate"])).code).toBe(0);
    expect(await readlink(lab.file)).toBe("../dotfiles.toml");
    expect(await readFile(target, "utf8")).toStartWith('model = "gpt-5.5"\n');
  });

  onEvery("W32: the mode stays; a new file is for its owner alone", async (codex) => {
    await using lab = await openLab(codex, { toml: 'model = "gpt-5.5"\n' });
    await chmod(lab.file, 0o644);
    expect((await lab.run(["migrate"])).code).toBe(0);
    expect((await stat(lab.file)).mode & 0o777).toBe(0o644);
    expect((await stat(join(lab.sandbox.home, "codex-migration.json"))).mode & 0o777).toBe(0o600);
    await using fresh = await openLab(codex);
    expect((await fresh.run(["migrate"])).code).toBe(0);
    expect((await stat(fresh.file)).mode & 0o777).toBe(0o600);
    expect((await fresh.run(["unmigrate"])).code).toBe(0);
    expect(await Bun.file(fresh.file).exists()).toBe(false);
  });

  onEvery("W33: of writers at the same moment none loses anything", async (codex) => {
    await using lab = await openLab(codex, { toml: 'model = "gpt-5.5"\n' });
    const homes = await Promise.all(
      [1, 2, 3, 4].map(async (number) => {
        const home = join(lab.sandbox.root, `home-${number}`);
        await mkdir(home);
        await writeFile(
          join(home, "config.yaml"),
          `mcp_servers: {s${number}: {command: "true"}}\ncodex: {expose_hermes_tools: false}\n`,
        );
        return home;
      }),
    );
    const runs = homes.map((home) => lab.run(["migrate"], { HERMES_HOME: home }));
    expect((await Promise.all(runs)).map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(Object.keys(serversIn(await lab.read())).toSorted()).toEqual(["s1", "s2", "s3", "s4"]);
    await lab.accepted();
  });

  onEvery("W33: what codex itself writes stays, and counts as the user's", async (codex) => {
    await using lab = await openLab(codex, { toml: '# mine\nmodel = "gpt-5.5"' });
    expect((await lab.run(["migrate"])).code).toBe(0);
    const added = await runCodex(codex.path, ["mcp", "add", "zz", "--", "true"], lab.codexHome);
    expect(added.code).toBe(0);
    expect((await lab.run(["migrate", "--dry-run"])).code).toBe(0);
    expect((await lab.run(["unmigrate"])).code).toBe(0);
    expect(serversIn(await lab.read())).toEqual({ zz: { command: "true" } });
    expect(await lab.read()).toStartWith('# mine\nmodel = "gpt-5.5"\n');
    await lab.accepted();
  });

  onEvery("W34: CODEX_HOME is where it goes, else ~/.codex", async (codex) => {
    await using lab = await openLab(codex, { toml: "" });
    expect((await lab.run(["migrate"], { CODEX_HOME: "" })).code).toBe(0);
    expect(await lab.read()).toBe("");
    const usual = join(lab.sandbox.root, ".codex");
    expect(serversIn(await readFile(join(usual, "config.toml"), "utf8"))["fs"]).toEqual(fsEntry);
    await lab.accepted(usual);
    const missing = join(lab.sandbox.root, "nowhere");
    const { code, stderr } = await lab.run(["migrate"], { CODEX_HOME: missing });
    expect({ code, isNamed: stderr.includes(missing) }).toEqual({ code: 78, isNamed: true });
  });

  onEvery("W35: two homes that share one codex do not overwrite each other", async (codex) => {
    await using lab = await openLab(codex, { toml: "" });
    expect((await lab.run(["migrate"])).code).toBe(0);
    const text = await lab.read();
    const other = join(lab.sandbox.root, "other");
    await mkdir(other);
    await writeFile(join(other, "config.yaml"), fs);
    const second = await lab.run(["migrate"], { HERMES_HOME: other });
    expect(second.code).toBe(0);
    expect(second.stderr).toContain("codex mcp remove hermes-tools");
    expect(await lab.read()).toBe(text);
    expect((await lab.run(["unmigrate"], { HERMES_HOME: other })).code).toBe(0);
    expect(await lab.read()).toBe(text);
  });
});

describe("enable and disable", () => {
  onEvery("W37: disable takes everything back that enable wrote", async (codex) => {
    const config = `# my words\nmodel: openai/gpt-5.5 # the model\n${fs}`;
    const toml = 'model = "gpt-5.5"\nsandbox_mode = "read-only"\n';
    await using lab = await openLab(codex, { config, toml });
    const dry = await lab.run(["enable", "--dry-run"]);
    expect(dry.code).toBe(10);
    expect(await lab.read()).toBe(toml);
    const enabled = await lab.run(["enable"]);
    expect(enabled).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("warning: codex is not signed in: codex login\n"),
    });
    const yaml = await readFile(join(lab.sandbox.home, "config.yaml"), "utf8");
    expect(yaml).toBe(
      `# my words\nmodel:\n  default: openai/gpt-5.5 # the model\n  openai_runtime: codex_app_server\n${fs}`,
    );
    expect(serversIn(await lab.read())["fs"]).toEqual(fsEntry);
    await lab.accepted();
    // Again: what was configured meanwhile comes along.
    await writeFile(
      join(lab.sandbox.home, "config.yaml"),
      yaml.replace("{fs:", "{more: {command: more}, fs:"),
    );
    const again = await lab.run(["enable", "--json"]);
    expect(parseJson(again.stdout)).toMatchObject({
      ok: true,
      changed: true,
      runtime: "codex_app_server",
      previous_runtime: "codex_app_server",
      servers: [
        { name: "fs", action: "unchanged" },
        { name: "hermes-tools", action: "unchanged" },
        { name: "more", action: "add" },
      ],
    });
    await lab.accepted();
    expect((await lab.run(["disable"])).code).toBe(0);
    expect(await lab.read()).toBe(toml);
    const last = await readFile(join(lab.sandbox.home, "config.yaml"), "utf8");
    expect(last).toContain("openai_runtime: auto");
  });

  onEvery("an entry that somebody changed stays, and is told", async (codex) => {
    await using lab = await openLab(codex, { toml: "" });
    expect((await lab.run(["migrate"])).code).toBe(0);
    const edited = (await lab.read()).replace('args = ["-y", "server"]', 'args = ["-y", "mine"]');
    await writeFile(lab.file, edited);
    const told = await lab.run(["migrate"]);
    expect(told.stderr).toContain("fs: changed since hermes wrote it");
    expect(await lab.read()).toBe(edited);
    expect((await lab.run(["unmigrate"])).code).toBe(0);
    expect(serversIn(await lab.read())).toEqual({ fs: { command: "npx", args: ["-y", "mine"] } });
  });

  onEvery("a record of a newer hermes, or a broken one, stops everything", async (codex) => {
    for (const record of ['{"version": 2, "homes": []}', "{", '{"version": 1}']) {
      await using lab = await openLab(codex, { toml: 'model = "gpt-5.5"\n' });
      const file = join(lab.sandbox.home, "codex-migration.json");
      await writeFile(file, record);
      for (const command of ["migrate", "unmigrate"]) {
        const { code, stderr } = await lab.run([command]);
        expect({ code, isNamed: stderr.includes(file) }).toEqual({ code: 78, isNamed: true });
      }
      expect(await lab.read()).toBe('model = "gpt-5.5"\n');
      expect(await readFile(file, "utf8")).toBe(record);
    }
  });

  test("without codex the text is proved by itself", async () => {
    const codex = { version: "none", path: "/nowhere/codex" };
    await using lab = await openLab(codex, { toml: 'model = "gpt-5.5"\n' });
    const ended = await lab.run(["migrate"]);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain("could not be asked");
    await lab.accepted();
    const broken = 'model = "a"\nmodel = "b"\n';
    await writeFile(lab.file, broken);
    const refusal = await lab.run(["migrate"]);
    expect(refusal.code).toBe(78);
    expect(refusal.stderr).toMatch(/line 2, column \d+/);
    expect(await lab.read()).toBe(broken);
  });
});
