import { expect, test } from "bun:test";
import { childEnv } from "../../../src/tools/shell/child_env.ts";

const env = {
  PATH: "/usr/bin",
  HOME: "/home/anna",
  GITHUB_TOKEN: "kept",
  OPENAI_API_KEY: "secret",
  XAI_API_KEY: "secret",
  ANTHROPIC_API_KEY: "secret",
  LAB_API_KEY: "secret",
  HERMES_HOME: "/home/anna/.hermes",
  HERMES_PROFILE: "work",
  HERMES_CODEX_BIN: "/x",
  BUN_OPTIONS: "--preload x",
  BUN_BE_BUN: "1",
  SUDO_PASSWORD: "secret",
  UNSET: undefined,
};

const secrets = ["LAB_API_KEY", "OPENAI_API_KEY", "XAI_API_KEY"];

test("childEnv() leaves out keys of models and what is for hermes itself", () => {
  expect(childEnv(env, { passthrough: [], secrets })).toEqual({
    PATH: "/usr/bin",
    HOME: "/home/anna",
    GITHUB_TOKEN: "kept",
    HERMES_HOME: "/home/anna/.hermes",
    HERMES_PROFILE: "work",
  });
});

test("childEnv() keeps what the user lets through, but never what would turn a child into Bun", () => {
  const passthrough = ["OPENAI_API_KEY", "LAB_API_KEY", "BUN_OPTIONS", "ABSENT"];
  const { OPENAI_API_KEY, LAB_API_KEY, BUN_OPTIONS } = childEnv(env, {
    passthrough,
    secrets,
  });
  expect({ OPENAI_API_KEY, LAB_API_KEY, BUN_OPTIONS }).toEqual({
    OPENAI_API_KEY: "secret",
    LAB_API_KEY: "secret",
    BUN_OPTIONS: undefined,
  });
});
