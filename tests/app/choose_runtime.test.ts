import { describe, expect, test } from "bun:test";
import { chooseRuntime, type RuntimeChoice } from "../../src/app/choose_runtime.ts";
import { defaults } from "../../src/config/defaults.ts";
import { thrown } from "../fakes/thrown.ts";

interface Situation {
  readonly options?: RuntimeChoice["options"];
  readonly model?: Partial<RuntimeChoice["config"]["model"]>;
  readonly stored?: "loop" | "codex_app_server";
}

function choiceOf({ options = {}, model = {}, stored }: Situation): RuntimeChoice {
  return {
    options,
    config: { model: { ...defaults.model, ...model } },
    stored: stored && { runtime: stored },
  };
}

const codex = "codex_app_server" as const;

describe("chooseRuntime()", () => {
  const table: readonly (readonly [string, Situation, "loop" | "codex_app_server"])[] = [
    ["nothing asks for codex", {}, "loop"],
    ["the command line asks", { options: { runtime: codex } }, codex],
    ["the configuration asks", { model: { openai_runtime: codex } }, codex],
    [
      "the configuration asks, for another vendor",
      { model: { openai_runtime: codex, provider: "xai" } },
      "loop",
    ],
    [
      "the configuration asks, for a server of one's own",
      { model: { openai_runtime: codex, base_url: "http://127.0.0.1:1/v1" } },
      "loop",
    ],
    [
      "the configuration asks, the command line names another vendor",
      { model: { openai_runtime: codex }, options: { provider: "grok" } },
      "loop",
    ],
    [
      "the configuration asks, the command line names an address",
      { model: { openai_runtime: codex }, options: { baseUrl: "http://127.0.0.1:1/v1" } },
      "loop",
    ],
    [
      "the command line takes it back",
      { model: { openai_runtime: codex }, options: { runtime: "auto" } },
      "loop",
    ],
    ["a session goes on where it was", { stored: codex }, codex],
    ["also on the loop", { stored: "loop", model: { openai_runtime: codex } }, "loop"],
    ["unless the command line says so", { stored: "loop", options: { runtime: codex } }, codex],
    ["or names another vendor", { stored: codex, options: { provider: "xai" } }, "loop"],
    ["OpenAI by its name", { options: { runtime: codex, provider: "openai" } }, codex],
    [
      "a recording is of the loop",
      { model: { openai_runtime: codex }, options: { replay: { kind: "demo" } } },
      "loop",
    ],
  ];

  test.each(table)("%s", (_name, situation, runtime) => {
    expect(chooseRuntime(choiceOf(situation))).toBe(runtime);
  });

  test.each([
    [
      { options: { runtime: codex, provider: "xai" } },
      "codex asks models of OpenAI only, and this turn is for xai",
    ],
    [
      { options: { runtime: codex }, model: { base_url: "http://127.0.0.1:1/v1" } },
      "codex asks models of OpenAI only, and this turn is for http://127.0.0.1:1/v1",
    ],
    [
      { options: { runtime: codex, baseUrl: "http://127.0.0.1:1/v1" } },
      "codex asks models of OpenAI only, and this turn is for http://127.0.0.1:1/v1",
    ],
    [
      { options: { runtime: codex, record: "/w/run.jsonl" } },
      "Turns of codex are not recorded or replayed",
    ],
  ] as const)("refuses what codex cannot do: %j", async (situation, message) => {
    const error = await thrown(() => chooseRuntime(choiceOf(situation)));
    expect([error.code, error.message]).toEqual(["usage/invalid", message]);
  });
});
