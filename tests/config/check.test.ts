import { describe, expect, test } from "bun:test";
import { checkConfig } from "../../src/config/check.ts";
import { leavesOf } from "../../src/config/tree.ts";
import { defaults } from "../../src/config/defaults.ts";
import { unusedKeys } from "../../src/config/unused_keys.ts";
import { thrown } from "../fakes/thrown.ts";
import { homeOf, paths, type HomeContents } from "./home.ts";

async function check(contents: HomeContents): Promise<readonly string[]> {
  const problems = await checkConfig({ files: homeOf(contents), env: {} }, paths);
  return problems.map(({ kind, path, message, hint = "-" }) =>
    [kind, path, message.replace("/home/ada/.hermes/", ""), hint].join(" | "),
  );
}

const checkText = (text: string): Promise<readonly string[]> => check({ [paths.configFile]: text });

describe("checkConfig()", () => {
  test("finds nothing wrong with nothing, and with what is right", async () => {
    expect(await check({})).toEqual([]);
    expect(
      await check({
        [paths.envFile]: "LAB=x\n",
        [paths.configFile]:
          "model: {provider: lab, default: '${LAB}'}\ncustom_providers: [{name: lab, base_url: http://x}]\n",
      }),
    ).toEqual([]);
  });

  test("finds everything at once", async () => {
    expect(
      await check({
        [paths.envFile]: "oops\n",
        [paths.configFile]:
          "agent: {max_turns: many, max_turn: 1}\nterminal: {timeout: '${T}'}\ntool_output: {max_lines: 9}\n",
      }),
    ).toEqual([
      "bad_line |  | .env:1: Expected NAME=value | -",
      'invalid | agent.max_turns | config.yaml:1:20: agent.max_turns expects a number, found "many" | -',
      'invalid | terminal.timeout | config.yaml:2:21: terminal.timeout expects a number, found "${T}" | -',
      "unknown_key | agent.max_turn | config.yaml:1:26: Unknown key: agent.max_turn | did you mean agent.max_turns?",
      "unset_variable | terminal.timeout | config.yaml:2:21: terminal.timeout refers to a variable that is not set: T | set T in the environment or in .env",
      "no_effect | tool_output.max_lines | config.yaml: tool_output.max_lines has no effect in this version | hermes config unset tool_output.max_lines",
    ]);
  });

  test("reports text that is no YAML beside the rest", async () => {
    expect(await check({ [paths.envFile]: "oops\n", [paths.configFile]: "a: [\n" })).toEqual([
      "bad_line |  | .env:1: Expected NAME=value | -",
      "invalid |  | config.yaml:2:1: Flow sequence in block collection must be sufficiently indented and end with a ] | correct it: hermes config edit",
    ]);
  });

  test("finds providers that do not exist, or exist twice", async () => {
    expect(await checkText("model: {provider: opnai}\n")).toEqual([
      "invalid | model.provider | config.yaml: No such provider: opnai | did you mean openai?",
    ]);
    expect(
      await checkText(
        "custom_providers: [{name: a, base_url: http://x}, {name: A, base_url: http://x}, {name: xai, base_url: http://x}]\n",
      ),
    ).toEqual([
      "invalid | custom_providers | config.yaml: Name is there twice: A | -",
      "invalid | custom_providers | config.yaml: xai is the name of a built-in provider | -",
    ]);
  });

  test("finds fallbacks that could not be asked", async () => {
    const text = [
      "fallback_providers:",
      "  - {provider: xai, model: grok-4.3}",
      "  - {provider: opnai, model: m}",
      "  - {provider: openai, model: m, base_url: https://collector.example/v1}",
      "",
    ].join("\n");
    expect(await checkText(text)).toEqual([
      "invalid | fallback_providers.1 | config.yaml: fallback_providers.1: No such provider: opnai | did you mean openai?",
      expect.stringContaining("fallback_providers.2: Provider openai is not at https://collector"),
    ]);
  });

  test("finds tasks of small calls that there are not, and providers of them", async () => {
    expect(
      await checkText(
        "auxiliary: {title_generatoin: {model: m}, vision: {model: m}, approval: {provider: opnai}, compression: {provider: auto, fallback_chain: [{provider: opnai, model: m}]}}\n",
      ),
    ).toEqual([
      "unknown_key | auxiliary.title_generatoin | config.yaml: No such task: title_generatoin | did you mean title_generation?",
      "unknown_key | auxiliary.vision | config.yaml: No such task: vision | tasks are: compression, title_generation, approval, goal_judge",
      "invalid | auxiliary.approval.provider | config.yaml: auxiliary.approval.provider: No such provider: opnai | -",
      "invalid | auxiliary.compression.fallback_chain.0 | config.yaml: auxiliary.compression.fallback_chain.0: No such provider: opnai | did you mean openai?",
    ]);
  });

  test("fails where it cannot read", async () => {
    const error = await thrown(() => check({ [paths.configFile]: { errno: "EACCES" } }));
    expect(error.code).toBe("config/unreadable");
  });
});

test("unused keys are keys of the schema", () => {
  const known = leavesOf(defaults).map(([path]) => path.join("."));
  const unknown = unusedKeys.filter(
    (key) => !known.some((path) => path === key || path.startsWith(`${key}.`)),
  );
  expect(unknown).toEqual([]);
});
