import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { defaults } from "../../src/config/defaults.ts";
import { planEdit } from "../../src/config/edit.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { LoadedConfig } from "../../src/config/loaded_config.ts";
import { configSchema } from "../../src/config/schema.ts";
import { HermesError } from "../../src/core/errors.ts";
import { thrown } from "../fakes/thrown.ts";
import { homeOf, paths, type HomeContents } from "./home.ts";

interface Situation {
  readonly env?: Readonly<Record<string, string>>;
  readonly overrides?: readonly string[];
  readonly files?: HomeContents;
}

function load(text: string | undefined, situation: Situation = {}): Promise<LoadedConfig> {
  const { env = {}, overrides = [], files = {} } = situation;
  const contents = { ...(text !== undefined && { [paths.configFile]: text }), ...files };
  return loadConfig({ files: homeOf(contents), env }, paths, overrides);
}

const failure = (text: string, situation?: Situation): Promise<HermesError> =>
  thrown(() => load(text, situation));

/** A failure at a place of the file. */
function invalid(
  place: string,
  message: string,
  hint = "correct it: hermes config edit",
): HermesError {
  return new HermesError("config/invalid", `${paths.configFile}:${place}: ${message}`, { hint });
}

describe("loadConfig()", () => {
  test.each([
    undefined,
    "",
    "\n",
    "# only a comment\n",
    "---\n",
    "agent:\nterminal: {}\nmodel: ~\n",
    "\uFEFF",
  ])("makes the defaults of %j", async (text) => {
    expect((await load(text)).config).toEqual(defaults);
    expect((await load(text)).problems).toEqual([]);
  });

  test("fills what the file leaves open", async () => {
    const { config, problems, origins } = await load(
      "agent:\n  max_turns: 5\ncommand_allowlist: [ls]\n",
    );
    expect(config).toEqual({
      ...defaults,
      agent: { ...defaults.agent, max_turns: 5 },
      command_allowlist: ["ls"],
    });
    expect(problems).toEqual([]);
    expect([...origins]).toEqual([
      ["agent.max_turns", { from: "file" }],
      ["command_allowlist", { from: "file" }],
    ]);
  });

  test("takes a name as the model's default", async () => {
    const { config, origins } = await load("model: openai/gpt-5.5\n");
    expect(config.model).toEqual({ ...defaults.model, default: "openai/gpt-5.5" });
    expect([...origins.keys()]).toEqual(["model.default"]);
  });

  test("gives entries of tables and lists the defaults of their keys", async () => {
    const text = `custom_providers:
  - {name: lab, base_url: "http://127.0.0.1:8080/v1", models: {m1: {context_length: 131072}, m2: }}
mcp_servers:
  files: {command: npx, env: {PORT: 8080, DEBUG: true}}
`;
    const { config } = await load(text);
    expect(config.custom_providers).toEqual([
      {
        name: "lab",
        base_url: "http://127.0.0.1:8080/v1",
        api_mode: "",
        key_env: "",
        models: { m1: { context_length: 131_072 } },
      },
    ]);
    expect(config.mcp_servers).toEqual({
      files: {
        command: "npx",
        args: [],
        env: { PORT: "8080", DEBUG: "true" },
        cwd: "",
        url: "",
        headers: {},
        transport: "",
        auth: "",
        oauth: { client_id: "", client_secret: "", scope: "" },
        ssl_verify: true,
        enabled: true,
        description: "",
        timeout: null,
        connect_timeout: null,
        supports_parallel_tool_calls: false,
        tools: { include: null, exclude: [] },
      },
    });
  });

  test("keeps the variable of a small call's key, and refuses a key itself without showing it", async () => {
    const task = (key: string): string => `auxiliary: {approval: {model: m, api_key: "${key}"}}\n`;
    const situation = { env: { SMALL_KEY: "sk-very-secret-0123456789" } };
    const { config } = await load(task("${SMALL_KEY}"), situation);
    expect(config.auxiliary).toEqual({
      approval: {
        provider: "",
        model: "m",
        base_url: "",
        api_key: "${SMALL_KEY}",
        extra_body: {},
        fallback_chain: [],
        timeout: null,
      },
    });
    const { message } = await failure(task("sk-very-secret-0123456789"));
    expect(message).toEndWith(
      "auxiliary.approval.api_key expects the variable that holds the key, such as ${OPENROUTER_API_KEY}",
    );
  });

  test.each(["model", "stream", "input"])(
    "refuses %s among the fields of a small call",
    async (field) => {
      const { message } = await failure(`auxiliary: {approval: {extra_body: {${field}: x}}}\n`);
      expect(message).toEndWith(
        `auxiliary.approval.extra_body.${field} cannot be set, as none of these: model, input, messages, instructions, tools, stream`,
      );
    },
  );

  test("reads files of YAML 1.1 and quoted numbers alike", async () => {
    const text =
      "approvals: {mode: off}\nsessions: {auto_prune: yes}\nagent: {max_turns: '7'}\nx: &x {timeout: 5}\nterminal: {<<: *x}\n";
    const { config } = await load(text);
    expect([config.approvals.mode, config.sessions.auto_prune, config.agent.max_turns]).toEqual([
      "off",
      true,
      7,
    ]);
    expect(config.terminal.timeout).toBe(5);
    expect((await load("%YAML 1.1\n---\napprovals: {mode: off}\n")).config.approvals.mode).toBe(
      "off",
    );
  });

  describe("names the place of", () => {
    test.each<[string, string, string, string]>([
      [
        "a wrong type",
        "agent:\n  max_turns: many\n",
        "2:14",
        'agent.max_turns expects a number, found "many"',
      ],
      [
        "a fraction",
        "agent: {max_turns: 1.5}\n",
        "1:20",
        "agent.max_turns expects a whole number, found 1.5",
      ],
      [
        "a number that is too small",
        "agent:\n  max_turns: 0\n",
        "2:14",
        "agent.max_turns expects at least 1, found 0",
      ],
      [
        "a number that is too large",
        "compression: {threshold: 2}\n",
        "1:26",
        "compression.threshold expects at most 1, found 2",
      ],
      [
        "a time of nothing",
        "terminal: {timeout: 0}\n",
        "1:21",
        "terminal.timeout expects more than 0, found 0",
      ],
      [
        "an unknown word",
        "# c\nlogging:\n  level: loud\n",
        "3:10",
        'logging.level expects one of "debug", "info", "warning", "error", found "loud"',
      ],
      [
        "a table in place of a value",
        "agent:\n  max_turns:\n    x: 1\n",
        "2:3",
        "agent.max_turns expects a number, found a table of keys",
      ],
      [
        "a value in place of a table",
        "agent: 5\n",
        "1:8",
        "agent expects a table of keys, found 5",
      ],
      [
        "a value in place of a list",
        "command_allowlist: ls\n",
        "1:20",
        'command_allowlist expects a list, found "ls"',
      ],
      [
        "a number in place of a text",
        "model: {default: 5}\n",
        "1:18",
        "model.default expects text, found 5",
      ],
      [
        "an entry of a list",
        "custom_providers:\n  - name: lab\n    base_url: http://x\n    api_mode: soap\n",
        "4:15",
        'custom_providers.0.api_mode expects one of "", "chat_completions", "codex_responses", found "soap"',
      ],
      [
        "what an entry lacks",
        "a: 1\ncustom_providers:\n  - name: lab\n",
        "3:5",
        "custom_providers.0.base_url expects text, found nothing",
      ],
      [
        "an address that is none",
        "model: {base_url: localhost:1}\n",
        "1:19",
        "model.base_url expects an http or https address without a user name",
      ],
      [
        "an address with a password, without showing it",
        "model: {base_url: 'http://u:secret@x/'}\n",
        "1:19",
        "model.base_url expects an http or https address without a user name",
      ],
      [
        "a time zone that is none",
        "cron: {timezone: Europe/Springfield}\n",
        "1:18",
        "cron.timezone expects the name of a time zone, such as Europe/Berlin",
      ],
      [
        "a server with two ways",
        "mcp_servers: {x: {command: a, url: http://x}}\n",
        "1:15",
        "mcp_servers.x expects either command or url",
      ],
      [
        "a list at the root",
        "- 1\n",
        "1:1",
        "A configuration expects a table of keys, found a list",
      ],
      [
        "text at the root",
        "hello\n",
        "1:1",
        'A configuration expects a table of keys, found "hello"',
      ],
      [
        "text behind a byte order mark",
        "\uFEFFagent: 5\n",
        "1:8",
        "agent expects a table of keys, found 5",
      ],
    ])("%s", async (_name, text, place, message) => {
      expect(await failure(text)).toEqual(invalid(place, message));
    });

    test("the first of several, and counts the others", async () => {
      expect(await failure("agent: 5\nterminal: 5\nlogging: 5\n")).toEqual(
        invalid("1:8", "agent expects a table of keys, found 5 (and 2 more: hermes config check)"),
      );
    });
  });

  describe("refuses", () => {
    test.each<[string, string, string, string]>([
      [
        "a duplicate key",
        "agent: {}\nterminal: {}\nagent: {}\n",
        "3:1",
        "Key is there twice: agent",
      ],
      ["a duplicate key of a table", "agent:\n  a: 1\n  a: 2\n", "3:3", "Key is there twice: a"],
      [
        "a tab as indentation",
        "agent:\n\tmax_turns: 1\n",
        "2:1",
        "Tabs are not allowed as indentation",
      ],
      ["a NUL byte", "agent: {}\nmodel: a\0b\n", "2:9", "Control character U+0000 is not allowed"],
      [
        "an open bracket",
        "agent: {max_turns: 1\n",
        "2:1",
        "Flow map in block collection must be sufficiently indented and end with a }",
      ],
      ["an open quote", 'model: "gpt\n', "2:1", 'Missing closing "quote'],
      ["an alias without an anchor", "a: 1\nb: *x\n", "2:4", "No anchor before the alias *x"],
      [
        "an anchor inside of itself",
        "a: &x [*x]\n",
        "1:8",
        "Alias inside of what it stands for: *x",
      ],
      [
        "a tag that it does not know",
        "a: !!python/object:os.system x\n",
        "1:4",
        "Unresolved tag: tag:yaml.org,2002:python/object:os.system",
      ],
      ["a second document", "a: 1\n---\nb: 1\n", "2:1", "Source contains multiple documents"],
      [
        "deep nesting",
        `a: ${"[".repeat(200)}${"]".repeat(200)}\n`,
        "1:130",
        "Nested deeper than 64 levels",
      ],
    ])("%s", async (_name, text, place, message) => {
      expect(await failure(text)).toEqual(invalid(place, message));
    });

    test("aliases that multiply one another, in time", async () => {
      const levels = Array.from({ length: 12 }, (_, level) =>
        level === 0 ? "a0: &a0 [x, x]" : `a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}x]`,
      );
      const error = await failure(`${levels.join("\n")}\n`);
      expect(error).toEqual(
        invalid("1:1", "Excessive alias count indicates a resource exhaustion attack"),
      );
    });

    test("aliases of a long list, in time", async () => {
      const text = `a: &a [${"1,".repeat(10_000)}]\nb: [${"*a,".repeat(90)}]\n`;
      expect(await failure(text)).toEqual(
        invalid("1:1", "More than 500000 values with those of its aliases"),
      );
    });

    test("nesting that no parser survives", async () => {
      expect((await failure(`a: ${"[".repeat(300_000)}\n`)).code).toBe("config/invalid");
    });

    test("more than a mebibyte, without reading it", async () => {
      const size = 10 * 1024 * 1024;
      expect(await failure("", { files: { [paths.configFile]: { size } } })).toEqual(
        new HermesError(
          "config/invalid",
          `${paths.configFile} has 10240 KiB, more than 1,024 KiB`,
          {
            hint: `look at what is in it: head -c 1000 ${paths.configFile}`,
          },
        ),
      );
    });

    test("what is no UTF-8", async () => {
      const bytes = new Uint8Array([0x61, 0x3a, 0x20, 0xff]);
      const error = await failure("", { files: { [paths.configFile]: bytes } });
      expect([error.code, error.message]).toEqual([
        "config/invalid",
        `${paths.configFile} is no UTF-8 text`,
      ]);
    });
  });

  test.each<[string, HomeContents[string]]>([
    ["EACCES", { errno: "EACCES" }],
    ["EIO", { errno: "EIO" }],
    ["EISDIR", { kind: "directory" }],
    ["it is no regular file", { kind: "other" }],
  ])("tells why it cannot read the file: %s", async (reason, entry) => {
    const error = await failure("", { files: { [paths.configFile]: entry } });
    expect([error.code, error.message, error.hint]).toEqual([
      "config/unreadable",
      `Could not read ${paths.configFile}: ${reason}`,
      `look at its owner and mode: ls -ld ${paths.configFile}`,
    ]);
  });

  describe("unknown keys", () => {
    test("do not stop a turn", async () => {
      const text =
        "agent:\n  max_turn: 5\n  api_max_retries: 1\nnonsense: {deep: [1]}\ncustom_providers:\n  - {name: a, base_url: http://x, apimode: y}\n";
      const { config, problems } = await load(text);
      expect(config.agent).toEqual({ ...defaults.agent, api_max_retries: 1 });
      expect(config.custom_providers.length).toBe(1);
      expect(problems).toEqual([
        {
          kind: "unknown_key",
          path: "custom_providers.0.apimode",
          message: `${paths.configFile}:6:35: Unknown key: custom_providers.0.apimode`,
          hint: "did you mean custom_providers.0.api_mode?",
        },
        {
          kind: "unknown_key",
          path: "agent.max_turn",
          message: `${paths.configFile}:2:3: Unknown key: agent.max_turn`,
          hint: "did you mean agent.max_turns?",
        },
        {
          kind: "unknown_key",
          path: "nonsense",
          message: `${paths.configFile}:4:1: Unknown key: nonsense`,
          hint: "hermes config show lists every key",
        },
      ]);
    });

    test("that would hold a secret are told where it goes", async () => {
      const { problems } = await load("model: {api_key: sk-secret}\n");
      expect(problems).toEqual([
        {
          kind: "unknown_key",
          path: "model.api_key",
          message: `${paths.configFile}:1:9: Unknown key: model.api_key`,
          hint: "keys stand in .env beside config.yaml, as NAME_API_KEY=...",
        },
      ]);
    });

    test("called __proto__ are keys like others", async () => {
      const { config, problems } = await load(
        "__proto__: {polluted: 1}\nagent: {__proto__: {max_turns: 1}}\n",
      );
      expect(problems.map(({ path }) => path).toSorted()).toEqual(["__proto__", "agent.__proto__"]);
      expect(config).toEqual(defaults);
      expect("polluted" in {}).toBe(false);
    });

    test("beside a wrong value do not hide it", async () => {
      expect(await failure("nonsense: 1\nagent: 5\n")).toEqual(
        invalid("2:8", "agent expects a table of keys, found 5"),
      );
    });
  });

  describe("variables", () => {
    test("are expanded in values and stay in the file's words", async () => {
      const text =
        "mcp_servers:\n  x: {command: 'a ${A} ${B}', env: {T: '${A}'}}\nagent: {max_turns: '${N}'}\n";
      const { config, origins } = await load(text, { env: { A: "1", B: "${A}", N: "7" } });
      expect(config.mcp_servers["x"]?.command).toBe("a 1 ${A}");
      expect(config.agent.max_turns).toBe(7);
      expect(origins.get("mcp_servers.x.command")).toEqual({
        from: "file",
        written: "a ${A} ${B}",
      });
    });

    test("that are not set stay as written, and are told", async () => {
      const { config, problems } = await load(
        "mcp_servers:\n  x:\n    command: c\n    env:\n      T: ${NO}\n",
      );
      expect(config.mcp_servers["x"]?.env).toEqual({ T: "${NO}" });
      expect(problems).toEqual([
        {
          kind: "unset_variable",
          path: "mcp_servers.x.env.T",
          message: `${paths.configFile}:5:10: mcp_servers.x.env.T refers to a variable that is not set: NO`,
          hint: "set NO in the environment or in .env",
        },
      ]);
    });

    test("do not show their value in messages", async () => {
      const error = await failure("logging: {level: '${S}'}\n", { env: { S: "secret-value" } });
      expect(error.message).toContain('found "${S}"');
      expect(error.message).not.toContain("secret-value");
    });
  });

  describe("the environment", () => {
    const env = { HERMES_INFERENCE_PROVIDER: "xai", HERMES_INFERENCE_MODEL: "grok-4.3" };

    test("says the model where nothing else does", async () => {
      const { config, origins } = await load(undefined, { env });
      expect(config).toEqual({
        ...defaults,
        model: { ...defaults.model, provider: "xai", default: "grok-4.3" },
      });
      expect(Object.fromEntries(origins)).toEqual({
        "model.provider": { from: "environment", name: "HERMES_INFERENCE_PROVIDER" },
        "model.default": { from: "environment", name: "HERMES_INFERENCE_MODEL" },
      });
    });

    test.each<[string, readonly string[], readonly string[]]>([
      ["model: {provider: openai}\n", [], ["openai", "grok-4.3"]],
      ["model: {provider: auto, default: m}\n", [], ["auto", "m"]],
      ["model: {provider: '', default: ''}\n", [], ["xai", "grok-4.3"]],
      ["", ["model.default=other"], ["xai", "other"]],
    ])("yields to the file %j and the overrides %j", async (text, overrides, expected) => {
      const { config } = await load(text, { env, overrides });
      expect([config.model.provider, config.model.default]).toEqual([...expected]);
    });
  });

  describe("overrides", () => {
    test("are typed by the schema and win", async () => {
      const overrides = [
        "agent.max_turns=5",
        "agent.max_turns=6",
        "command_allowlist=[ls, git status]",
        "security.redact_secrets=no",
        "model.context_length=null",
        "mcp_servers.x={command: c}",
        "model=m=1",
      ];
      const { config, origins } = await load(
        "agent: {max_turns: 1}\nmodel: {context_length: 5}\n",
        { overrides },
      );
      expect(config.agent.max_turns).toBe(6);
      expect(config.command_allowlist).toEqual(["ls", "git status"]);
      expect(config.security.redact_secrets).toBe(false);
      expect(config.model).toEqual({ ...defaults.model, default: "m=1" });
      expect(config.mcp_servers["x"]?.enabled).toBe(true);
      expect(origins.get("agent.max_turns")).toEqual({ from: "flag" });
    });

    test.each<[string, string, string]>([
      ["agent.max_turn=5", "Unknown key: agent.max_turn", "did you mean agent.max_turns?"],
      [
        "agent.max_turns=many",
        'agent.max_turns expects a number, found "many"',
        "hermes config show lists every key with its value",
      ],
      [
        "agent.max_turns=",
        'agent.max_turns expects a number, found ""',
        "hermes config show lists every key with its value",
      ],
      [
        "logging.level=loud",
        'logging.level expects one of "debug", "info", "warning", "error", found "loud"',
        "hermes config show lists every key with its value",
      ],
      [
        "command_allowlist=[ls",
        "Could not read the value of command_allowlist:1:4: Flow sequence must end with a ]",
        "lists are written [a, b], tables {a: 1}",
      ],
      [
        "agent={max_turn: 1}",
        'agent cannot be used: Unrecognized key: "max_turn", found a table of keys',
        "hermes config show lists every key with its value",
      ],
      [
        "agent.max_turns",
        "Expected --set key=value: agent.max_turns",
        "for example --set agent.max_turns=5",
      ],
      ["=5", "Expected --set key=value: =5", "for example --set agent.max_turns=5"],
      ["a..b=5", "Expected a key like agent.max_turns: a..b", "hermes config show lists every key"],
      [
        "mcp_servers.x.timeout=5",
        "--set: mcp_servers.x expects either command or url",
        "set the table as a whole: --set 'KEY={a: 1, b: 2}'",
      ],
    ])("%s is refused", async (override, message, hint) => {
      expect(await failure("", { overrides: [override] })).toEqual(
        new HermesError("usage/invalid", message, { hint }),
      );
    });
  });

  test("never throws anything but a HermesError, for any text", async () => {
    const yamlish = fc.array(
      fc.oneof(
        fc.constantFrom(
          "model",
          "agent",
          "max_turns",
          ":",
          ": ",
          "\n",
          "\n  ",
          "- ",
          "{",
          "}",
          "[",
          "]",
          ",",
          "&a ",
          "*a",
          "<<",
          "!!",
          "!x ",
          "|",
          ">",
          "#",
          "'",
          '"',
          "\t",
          "\0",
          "\r",
          "---",
          "...",
          "%YAML",
          "? ",
          "~",
          "${X}",
          "1",
          "__proto__",
        ),
        fc.string({ maxLength: 4 }),
      ),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(yamlish, async (parts) => {
        const outcome = await load(parts.join("")).catch((error: unknown) => error);
        if (outcome instanceof HermesError) expect(outcome.code).toBe("config/invalid");
        else expect(outcome).toHaveProperty("config.agent.max_turns");
      }),
      { seed: 3, numRuns: 800 },
    );
  });

  test("reads what an edit has set", async () => {
    const settings = fc.oneof(
      fc.record({
        path: fc.constant(["agent", "max_turns"]),
        value: fc.integer({ min: 1, max: 1e9 }),
      }),
      fc.record({ path: fc.constant(["model", "default"]), value: fc.string() }),
      fc.record({
        path: fc.constant(["command_allowlist"]),
        value: fc.array(fc.string(), { maxLength: 3 }),
      }),
      fc.record({ path: fc.constant(["security", "redact_secrets"]), value: fc.boolean() }),
      fc.record({ path: fc.constant(["model", "context_length"]), value: fc.integer({ min: 1 }) }),
    );
    const texts = fc.constantFrom(
      "",
      "model: gpt\n",
      "# c\r\nagent:\r\n  api_max_retries: 1\r\n",
      stringify(defaults),
    );
    await fc.assert(
      fc.asyncProperty(texts, fc.array(settings, { maxLength: 4 }), async (text, edits) => {
        const { config } = await load(planEdit(text, edits), { env: {} });
        const last = new Map<string, unknown>(
          edits.map(({ path, value }) => [path.join("."), value]),
        );
        for (const [key, value] of last) {
          const found = key
            .split(".")
            .reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], config);
          expect(found).toEqual(value as never);
        }
      }),
      { seed: 4, numRuns: 150 },
    );
  });

  test("reads its own defaults back", async () => {
    expect((await load(stringify(defaults))).config).toEqual(defaults);
    expect(configSchema().safeParse(defaults).success).toBe(true);
  });
});
