import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatKey, parseKey } from "../../src/config/key_path.ts";
import { knownPath, parseSetting } from "../../src/config/setting.ts";
import { HermesError } from "../../src/core/errors.ts";
import { thrown } from "../fakes/thrown.ts";

describe("parseSetting()", () => {
  test.each<[string, string, readonly (string | number)[], unknown]>([
    ["agent.max_turns", "5", ["agent", "max_turns"], 5],
    ["model.default", "5", ["model", "default"], "5"],
    ["model.default", "yes: [no", ["model", "default"], "yes: [no"],
    ["model", "gpt-5.5", ["model", "default"], "gpt-5.5"],
    ["model.context_length", "null", ["model", "context_length"], null],
    ["model.context_length", "4096", ["model", "context_length"], 4096],
    ["compression.threshold", "0.7", ["compression", "threshold"], 0.7],
    ["security.redact_secrets", "off", ["security", "redact_secrets"], false],
    ["approvals.mode", "off", ["approvals", "mode"], "off"],
    ["terminal.env_passthrough", "[A, B]", ["terminal", "env_passthrough"], ["A", "B"]],
    ["terminal.env_passthrough.1", "C", ["terminal", "env_passthrough", 1], "C"],
    ["terminal", "{timeout: 5}", ["terminal"], { timeout: 5 }],
    ["mcp_servers.my.env.PORT", "8080", ["mcp_servers", "my", "env", "PORT"], "8080"],
    ['mcp_servers."a.b".command', "x", ["mcp_servers", "a.b", "command"], "x"],
    [
      "custom_providers.0.models.m1.context_length",
      "5",
      ["custom_providers", 0, "models", "m1", "context_length"],
      5,
    ],
    ["credential_pool_strategies.xai", "random", ["credential_pool_strategies", "xai"], "random"],
  ])("%s %s", (...[key, text, path, value]) => {
    expect(parseSetting(key, text)).toEqual({ path, value });
  });

  test.each([
    ["agent.max_turns", "0", 'agent.max_turns expects at least 1, found "0"'],
    ["agent.max_turns", "1.5", 'agent.max_turns expects a whole number, found "1.5"'],
    ["agent.max_turns", "null", 'agent.max_turns expects a number, found "null"'],
    [
      "security.redact_secrets",
      "maybe",
      'security.redact_secrets expects true or false, found "maybe"',
    ],
    ["terminal.env_passthrough", "A", 'terminal.env_passthrough expects a list, found "A"'],
    ["terminal.env_passthrough", "[[A]]", "terminal.env_passthrough.0 expects text, found a list"],
    [
      "model.base_url",
      "localhost",
      "model.base_url expects an http or https address without a user name",
    ],
  ])("refuses %s %s", async (key, text, message) => {
    expect(await thrown(() => parseSetting(key, text))).toEqual(
      new HermesError("usage/invalid", message, {
        hint: "hermes config show lists every key with its value",
      }),
    );
  });

  test("does not show an address with a password", async () => {
    const error = await thrown(() => parseSetting("model.base_url", "http://u:secret@x/"));
    expect(error.message).not.toContain("secret");
  });
});

describe("knownPath()", () => {
  test.each([
    ["agent.max_trns", "did you mean agent.max_turns?"],
    ["agnet", "did you mean agent?"],
    ["mcp_servers.x.comand", "did you mean mcp_servers.x.command?"],
    ["something.else", "hermes config show lists every key"],
    ["model.default.x", "hermes config show lists every key"],
    ["model.api_key", "keys stand in .env beside config.yaml, as NAME_API_KEY=..."],
    ["terminal.env_passthrough.x", "hermes config show lists every key"],
    ["toString", "hermes config show lists every key"],
  ])("does not know %s: %s", async (key, hint) => {
    expect(await thrown(() => knownPath(key))).toEqual(
      new HermesError("usage/invalid", `Unknown key: ${key}`, { hint }),
    );
  });
});

test("parseKey() reads what formatKey() writes", () => {
  const segment = fc.oneof(fc.string({ minLength: 1 }), fc.nat(999_999));
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1 }), (path) => {
      expect(parseKey(formatKey(path))).toEqual(path);
    }),
    { seed: 9, numRuns: 500 },
  );
});
