import { expect, test } from "bun:test";
import { resolveFallback } from "../../src/config/resolve_fallback.ts";
import { defaults } from "../../src/config/defaults.ts";
import type { Config } from "../../src/config/schema.ts";
import { thrown } from "../fakes/thrown.ts";

type Entry = Config["fallback_providers"][number];

const config: Config = {
  ...defaults,
  model: {
    ...defaults.model,
    provider: "lab",
    default: "m1",
    api_mode: "codex_responses",
    context_length: 4096,
  },
  custom_providers: [
    {
      name: "lab",
      base_url: "https://lab.example/v1",
      api_mode: "codex_responses",
      key_env: "LAB_KEY",
      models: {},
    },
  ],
};

/** Where an entry goes and what it may be opened with. */
function resolved(entry: Partial<Entry>) {
  const whole = { provider: "lab", model: "m2", base_url: "", key_env: "", ...entry };
  const { endpoint, model, keyEnv, noKeyNeeded, pool } = resolveFallback(whole, {
    config,
    env: {},
  });
  return [endpoint.provider, model, endpoint.baseUrl, endpoint.wireApi, keyEnv, noKeyNeeded, pool];
}

test("resolveFallback() opens a vendor with its own key, or the one that the entry names", () => {
  const vendor = ["xai", "grok-4.3", "https://api.x.ai/v1", "responses"];
  expect(resolved({ provider: "xai", model: "grok-4.3" })).toEqual([
    ...vendor,
    ["XAI_API_KEY"],
    false,
    "xai",
  ]);
  // A key that is named is used, and no login in its place.
  expect(resolved({ provider: "grok", model: "grok-4.3", key_env: "SPARE" })).toEqual([
    ...vendor,
    ["SPARE"],
    false,
    undefined,
  ]);
});

test("resolveFallback() takes another model of the same provider as it is configured", () => {
  expect(resolved({})).toEqual([
    "lab",
    "m2",
    "https://lab.example/v1",
    "responses",
    ["LAB_KEY"],
    false,
    "custom:lab",
  ]);
});

test("resolveFallback() sends a key to the address of its entry alone", () => {
  const elsewhere = "https://spare.example/v1";
  const spare = ["spare", "m2", elsewhere, "chat_completions"];
  expect(resolved({ provider: "spare", base_url: elsewhere, key_env: "SPARE" })).toEqual([
    ...spare,
    ["SPARE"],
    false,
    "custom:spare",
  ]);
  expect(resolved({ provider: "spare", base_url: elsewhere })).toEqual([
    ...spare,
    [],
    true,
    "custom:spare",
  ]);
  // The key that is kept for the lab's own address stays there.
  expect(resolved({ base_url: elsewhere }).slice(2, 6)).toEqual([
    elsewhere,
    "chat_completions",
    [],
    true,
  ]);
  expect(resolved({ base_url: "https://lab.example/v1" }).slice(2, 6)).toEqual([
    "https://lab.example/v1",
    "responses",
    ["LAB_KEY"],
    false,
  ]);
});

test("resolveFallback() speaks to an address as it is, not as the configured one is spoken to", () => {
  const model = { ...defaults.model, provider: "openai", api_mode: "chat_completions" } as const;
  const at = (base_url: string) => {
    const entry = { provider: "openai", model: "gpt-5.5", base_url, key_env: "" };
    return resolveFallback(entry, { config: { model, custom_providers: [] }, env: {} }).endpoint;
  };
  const there = "https://us.api.openai.com/v1";
  expect([at("").wireApi, at(there).wireApi, at(there).baseUrl]).toEqual([
    "chat_completions",
    "responses",
    there,
  ]);
});

test("resolveFallback() warns of a key that goes out unencrypted", () => {
  const entry = { provider: "spare", model: "m", base_url: "http://10.0.0.9/v1", key_env: "SPARE" };
  expect(resolveFallback(entry, { config, env: {} }).warnings).toEqual([
    "The key in SPARE goes to spare unencrypted: http://10.0.0.9/v1 is not https",
  ]);
});

test("resolveFallback() refuses a vendor at a stranger's address, and a provider that nobody knows", async () => {
  const stranger = await thrown(() =>
    resolved({ provider: "openai", base_url: "https://collector.example/v1", key_env: "SPARE" }),
  );
  expect(stranger.message).toContain("its key is only sent to");
  const unknown = await thrown(() => resolved({ provider: "opnai" }));
  expect(unknown.message).toBe("No such provider: opnai");
});
