import { expect, test } from "bun:test";
import { planModel } from "../../../src/cli/commands/model/set.ts";
import { HermesError } from "../../../src/core/errors.ts";
import { startCli } from "../../fakes/cli.ts";

test("model list marks the chosen model", async () => {
  expect(await startCli(["model", "list"], { parts: { models: ["m0", "m1"] } }).finish()).toEqual({
    code: 0,
    stdout: "m0\t\nm1\tchosen\n",
    stderr: "lab at http://127.0.0.1:9/v1, model m1\n",
  });
});

test("model list --json is one document", async () => {
  const { stdout } = await startCli(["model", "--json"], { parts: { models: ["m1"] } }).finish();
  expect(JSON.parse(stdout)).toEqual({
    provider: "lab",
    base_url: "http://127.0.0.1:9/v1",
    model: "m1",
    models: [{ id: "m1", chosen: true }],
  });
});

test("model list says when the chosen model is not offered", async () => {
  const { code, stderr } = await startCli(["model"], { parts: { models: ["other"] } }).finish();
  expect([code, stderr.split("\n")[1]]).toEqual([
    0,
    "m1 is not among them: choose one with hermes model set MODEL",
  ]);
});

test("model list of an endpoint that is away still tells what is configured", async () => {
  const models = new HermesError("network/unreachable", "Nobody answers", { hint: "start it" });
  expect(await startCli(["model", "list"], { parts: { models } }).finish()).toEqual({
    code: 1,
    stdout: "",
    stderr:
      "lab at http://127.0.0.1:9/v1, model m1\nerror: Nobody answers (network/unreachable)\nhint: start it\n",
  });
  const { stdout } = await startCli(["model", "list", "--json"], { parts: { models } }).finish();
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "network/unreachable" } });
});

const model = { path: ["model", "default"], value: "m2" };

test.each<
  readonly [
    string,
    Parameters<typeof planModel>[0],
    Parameters<typeof planModel>[1],
    ReturnType<typeof planModel>,
  ]
>([
  ["a model alone", { model: "m2" }, { provider: "openai", current: "openai" }, [model]],
  [
    "another provider: its predecessor's address goes",
    { model: "m2", provider: "openai" },
    { provider: "openai", current: "custom" },
    [
      model,
      { path: ["model", "provider"], value: "openai" },
      { path: ["model", "base_url"], unset: true },
      { path: ["model", "api_mode"], unset: true },
    ],
  ],
  [
    "the same provider: its address stays",
    { model: "m2", provider: "custom" },
    { provider: "custom", current: "custom" },
    [model, { path: ["model", "provider"], value: "custom" }],
  ],
  [
    "an address alone brings its provider along",
    { model: "m2", baseUrl: "http://127.0.0.1:1/v1" },
    { provider: "custom", current: "openai" },
    [
      model,
      { path: ["model", "provider"], value: "custom" },
      { path: ["model", "base_url"], value: "http://127.0.0.1:1/v1" },
      { path: ["model", "api_mode"], unset: true },
    ],
  ],
])("planModel() with %s", (_, choice, facts, expected) => {
  expect(planModel(choice, facts)).toEqual(expected);
});

test("model set refuses what no turn could use, and writes nothing", async () => {
  const resolved = new HermesError("usage/invalid", "No such provider: opnai", {
    hint: "did you mean openai?",
  });
  const run = startCli(["model", "set", "m2", "--provider", "opnai"], { parts: { resolved } });
  expect(await run.finish()).toEqual({
    code: 2,
    stdout: "",
    stderr: "error: No such provider: opnai (usage/invalid)\nhint: did you mean openai?\n",
  });
});
