import { expect, test } from "bun:test";
import { secretNames } from "../../src/app/secret_names.ts";
import { defaults } from "../../src/config/defaults.ts";
import { providers } from "../../src/config/providers.ts";
import { childEnv } from "../../src/tools/shell/child_env.ts";

const config = {
  ...defaults,
  custom_providers: [
    { name: "lab", base_url: "http://lab/v1", api_mode: "", key_env: "LAB_KEY", models: {} },
    { name: "open", base_url: "http://open/v1", api_mode: "", key_env: "", models: {} },
  ],
  fallback_providers: [{ provider: "lab", model: "m", base_url: "", key_env: "SPARE_KEY" }],
  auxiliary: {
    approval: {
      provider: "lab",
      model: "",
      base_url: "",
      api_key: "${SMALL_KEY}",
      extra_body: {},
      fallback_chain: [{ provider: "lab", model: "m", base_url: "", key_env: "CHAIN_KEY" }],
      timeout: null,
    },
  },
} as const;

const ofVendors = providers.flatMap((row) => row.keyEnv);

test("secretNames() names the keys of all vendors, of the configuration, and what .env holds", () => {
  expect(new Set(secretNames(["DATABASE_URL"], config))).toEqual(
    new Set(["DATABASE_URL", "LAB_KEY", "SPARE_KEY", "CHAIN_KEY", "SMALL_KEY", ...ofVendors]),
  );
  expect(new Set(secretNames([], undefined))).toEqual(new Set(ofVendors));
});

test("secretNames() keeps the key of every vendor from commands", () => {
  const keys = Object.fromEntries([...ofVendors, "LAB_KEY"].map((name) => [name, "secret"]));
  expect(keys).toHaveProperty("OLLAMA_API_KEY");
  const options = { passthrough: [], secrets: secretNames([], config) };
  expect(childEnv({ PATH: "/bin", ...keys }, options)).toEqual({ PATH: "/bin" });
});
