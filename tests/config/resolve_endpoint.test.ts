import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HermesError } from "../../src/core/errors.ts";
import { defaults } from "../../src/config/defaults.ts";
import { plainChatDialect, plainDialect, providers } from "../../src/config/providers.ts";
import {
  missingCredential,
  resolveEndpoint,
  type ResolvedModel,
} from "../../src/config/resolve_endpoint.ts";
import type { Config } from "../../src/config/schema.ts";
import { thrown } from "../fakes/thrown.ts";

interface Situation {
  readonly model?: Partial<Config["model"]>;
  readonly custom?: readonly Partial<Config["custom_providers"][number]>[];
  readonly flags?: {
    readonly model?: string;
    readonly provider?: string;
    readonly baseUrl?: string;
  };
  readonly env?: Readonly<Record<string, string>>;
}

function resolve({ model = {}, custom = [], flags = {}, env = {} }: Situation): ResolvedModel {
  const config = {
    model: { ...defaults.model, ...model },
    custom_providers: custom.map((entry) => ({
      name: "lab",
      base_url: "http://127.0.0.1:8080/v1",
      api_mode: "" as const,
      key_env: "",
      models: {},
      ...entry,
    })),
  };
  return resolveEndpoint({ config, flags, env });
}

/** What most tests are about: `provider model wireApi baseUrl keys`. */
function brief(situation: Situation): string {
  const { endpoint, model, keyEnv, noKeyNeeded } = resolve(situation);
  const keys = [...keyEnv, ...(noKeyNeeded ? ["(none needed)"] : [])].join(" or ");
  return `${endpoint.provider} ${model} ${endpoint.wireApi} ${endpoint.baseUrl} ${keys}`;
}

const failure = (situation: Situation): Promise<HermesError> => thrown(() => resolve(situation));

const openaiKey = { OPENAI_API_KEY: "sk-0123456789" };
const routerKey = { OPENROUTER_API_KEY: "or-0123456789" };
const xaiKey = { XAI_API_KEY: "xai-0123456789" };

describe("resolveEndpoint()", () => {
  test("describes a local server wholly", () => {
    const model = { base_url: "http://127.0.0.1:11434/v1/", default: "qwen3" };
    expect(resolve({ model: { ...model, context_length: 8_192 } })).toEqual({
      endpoint: {
        provider: "custom",
        baseUrl: "http://127.0.0.1:11434/v1",
        wireApi: "chat_completions",
        issuer: "other:http://127.0.0.1:11434/v1",
        dialect: plainChatDialect,
        isLocal: true,
      },
      model: "qwen3",
      label: "custom",
      keyEnv: [],
      noKeyNeeded: true,
      pool: undefined,
      contextLength: 8_192,
      runtimes: ["loop"],
      warnings: [],
    });
  });

  test("describes a vendor wholly", () => {
    const row = providers.find(({ id }) => id === "xai")!;
    expect(resolve({ env: xaiKey })).toEqual({
      endpoint: {
        provider: "xai",
        baseUrl: "https://api.x.ai/v1",
        wireApi: "responses",
        issuer: "xai_responses",
        dialect: row.dialect,
        isLocal: false,
      },
      model: "grok-4.3",
      label: "xAI",
      keyEnv: ["XAI_API_KEY"],
      noKeyNeeded: false,
      pool: "xai",
      contextLength: null,
      runtimes: ["loop"],
      warnings: [],
    });
  });

  describe("who is asked", () => {
    test.each<[string, Situation, string]>([
      ["the first vendor whose key is there", { env: { ...xaiKey, ...openaiKey } }, "openai"],
      ["OpenRouter before xAI", { env: { ...xaiKey, ...routerKey } }, "openrouter"],
      ["not a placeholder", { env: { OPENAI_API_KEY: "changeme", ...xaiKey } }, "xai"],
      [
        "a flag before the configuration",
        { model: { provider: "xai" }, flags: { provider: "openai" } },
        "openai",
      ],
      ["the configuration before the keys", { model: { provider: "xai" }, env: openaiKey }, "xai"],
      ["an alias", { model: { provider: " Grok " } }, "xai"],
      [
        "a flag that says auto goes back to the configuration",
        { model: { provider: "xai" }, flags: { provider: "auto" } },
        "xai",
      ],
      [
        "an own entry before an alias",
        { model: { provider: "kimi", default: "m" }, custom: [{ name: "kimi" }] },
        "kimi",
      ],
      [
        "an id before an own entry",
        { model: { provider: "openai" }, custom: [{ name: "openai" }] },
        "openai",
      ],
      [
        "the vendor of an address",
        { model: { base_url: "https://openrouter.ai/api/v1" } },
        "openrouter",
      ],
      [
        "the key's vendor of an address with two",
        { model: { base_url: "https://api.x.ai/v1" } },
        "xai",
      ],
      [
        "the sign-in of the ChatGPT backend",
        { model: { base_url: "https://chatgpt.com/backend-api/codex" } },
        "openai-codex",
      ],
      [
        "the own entry of an address",
        { model: { base_url: "http://127.0.0.1:8080/v1/", default: "m" }, custom: [{}] },
        "lab",
      ],
      [
        "an address before keys",
        { flags: { baseUrl: "http://localhost:1/v1", model: "m" }, env: openaiKey },
        "custom",
      ],
      [
        "an address of the command line before a configured provider",
        { model: { provider: "xai" }, flags: { baseUrl: "http://localhost:1/v1", model: "m" } },
        "custom",
      ],
      [
        "both, when the command line names both",
        { flags: { provider: "xai", baseUrl: "http://localhost:1/v1" } },
        "xai",
      ],
    ])("is %s", (_name, situation, provider) => {
      expect(resolve(situation).endpoint.provider).toBe(provider);
    });

    test("says how to configure one when nothing does", async () => {
      expect(await failure({ env: { HOME: "/root" } })).toEqual(
        new HermesError("auth/missing", "No model endpoint is configured", {
          hint: "set OPENAI_API_KEY, sign in with hermes auth add xai-oauth, or for a server of your own: hermes config set model.base_url http://127.0.0.1:11434/v1",
        }),
      );
    });

    test("suggests the provider that was meant", async () => {
      expect(await failure({ flags: { provider: "opnai" } })).toEqual(
        new HermesError("usage/invalid", "No such provider: opnai", {
          hint: "did you mean openai?",
        }),
      );
      expect(await failure({ model: { provider: "labb" }, custom: [{}] })).toEqual(
        new HermesError("config/invalid", "No such provider: labb", { hint: "did you mean lab?" }),
      );
      expect((await failure({ flags: { provider: "somebody-else" } })).hint).toStartWith(
        "one of openai, openrouter, xai, ",
      );
    });
  });

  describe("the vendor in a model's name", () => {
    test.each<[string, Situation, string]>([
      [
        "goes to the vendor",
        { flags: { model: "openai/gpt-5.5" }, env: { ...openaiKey, ...routerKey } },
        "openai gpt-5.5",
      ],
      [
        "goes to the router when only that is open",
        { flags: { model: "openai/gpt-5.5" }, env: routerKey },
        "openrouter openai/gpt-5.5",
      ],
      [
        "goes to the vendor when nothing is open",
        { flags: { model: "openai/gpt-5.5" } },
        "openai gpt-5.5",
      ],
      [
        "prefers the router for a stranger",
        { flags: { model: "acme/big" }, env: { ...openaiKey, ...routerKey } },
        "openrouter acme/big",
      ],
      ["knows aliases", { flags: { model: "x-ai/grok-4.3" }, env: xaiKey }, "xai grok-4.3"],
      ["knows own entries", { flags: { model: "lab/m1" }, custom: [{}] }, "lab m1"],
      [
        "knows servers of one's own",
        { flags: { model: "ollama/qwen3" }, env: routerKey },
        "ollama qwen3",
      ],
      [
        "is dropped for the vendor itself",
        { flags: { model: "openai/gpt-5.5", provider: "openai" } },
        "openai gpt-5.5",
      ],
      [
        "stays for another vendor",
        { flags: { model: "openai/gpt-oss-120b", provider: "groq" } },
        "groq openai/gpt-oss-120b",
      ],
      [
        "stays for a model of the router's own",
        { flags: { model: "openrouter/auto", provider: "openrouter" } },
        "openrouter openrouter/auto",
      ],
      [
        "is dropped before another vendor",
        { flags: { model: "openrouter/openai/gpt-5.5" }, env: routerKey },
        "openrouter openai/gpt-5.5",
      ],
      [
        "stays for an address",
        { flags: { model: "openai/gpt-oss", baseUrl: "http://localhost:1/v1" } },
        "custom openai/gpt-oss",
      ],
      [
        "stays where the entry lists it",
        {
          flags: { model: "lab/m1" },
          custom: [{ models: { "lab/m1": { context_length: null } } }],
        },
        "lab lab/m1",
      ],
    ])("%s", (_name, situation, expected) => {
      const { endpoint, model } = resolve(situation);
      expect(`${endpoint.provider} ${model}`).toBe(expected);
    });
  });

  describe("what the configuration says of an endpoint", () => {
    const configured = {
      provider: "lab",
      default: "m1",
      base_url: "http://127.0.0.1:9/v1",
      api_mode: "codex_responses",
      context_length: 1_000,
    } as const;

    test("holds for the provider that it names", () => {
      expect(brief({ model: configured, custom: [{}] })).toBe(
        "lab m1 responses http://127.0.0.1:9/v1 (none needed)",
      );
    });

    test("does not follow to another provider", () => {
      const flags = { provider: "openrouter" };
      expect(brief({ model: configured, custom: [{}], flags })).toBe(
        "openrouter openai/gpt-5.5 responses https://openrouter.ai/api/v1 OPENROUTER_API_KEY",
      );
      expect(resolve({ model: configured, custom: [{}], flags }).contextLength).toBeNull();
    });

    test("tells the window of the model that it names, and of no other one there", () => {
      const windowOf = (model: string) =>
        resolve({ model: configured, custom: [{}], flags: { model } }).contextLength;
      expect([windowOf("m1"), windowOf("m2")]).toEqual([1_000, null]);
      const { default: _, ...unnamed } = configured;
      const flags = { model: "m2" };
      expect(resolve({ model: unnamed, custom: [{}], flags }).contextLength).toBe(1_000);
    });

    test("follows when the flag names the same provider by an alias", () => {
      const model = { provider: "xai", default: "grok-3-mini" };
      expect(brief({ model, flags: { provider: "grok" } })).toBe(
        "xai grok-3-mini responses https://api.x.ai/v1 XAI_API_KEY",
      );
    });

    test("leaves a model without a provider to any provider", () => {
      expect(brief({ model: { default: "gpt-5.5" }, flags: { provider: "openrouter" } })).toBe(
        "openrouter gpt-5.5 responses https://openrouter.ai/api/v1 OPENROUTER_API_KEY",
      );
    });

    test("sets the wire API for an address of the command line", () => {
      const model = { api_mode: "codex_responses" } as const;
      expect(brief({ model, flags: { baseUrl: "http://127.0.0.1:7/v1", model: "m" } })).toBe(
        "custom m responses http://127.0.0.1:7/v1 (none needed)",
      );
    });
  });

  describe("the wire API", () => {
    test.each<[Situation, string]>([
      [{ env: openaiKey, flags: { model: "gpt-4.1" } }, "responses"],
      [{ env: openaiKey, model: { api_mode: "chat_completions" } }, "chat_completions"],
      [{ env: routerKey }, "responses"],
      [{ env: routerKey, flags: { model: "openai/gpt-4.1" } }, "chat_completions"],
      [{ env: xaiKey, flags: { model: "grok-3" } }, "responses"],
      [{ flags: { provider: "xai-oauth" } }, "responses"],
      [{ flags: { provider: "openai-codex" } }, "responses"],
      [{ flags: { provider: "deepseek" } }, "chat_completions"],
      [{ flags: { baseUrl: "http://localhost:1", model: "vendor/GPT-5-mini" } }, "responses"],
      [{ flags: { baseUrl: "http://localhost:1", model: "gpt-5/other" } }, "chat_completions"],
      [
        { flags: { baseUrl: "https://me.openai.azure.com/openai/v1", model: "gpt-5.5" } },
        "chat_completions",
      ],
      [
        { flags: { provider: "openai", baseUrl: "http://localhost:1/v1", model: "gpt-4.1" } },
        "chat_completions",
      ],
      [
        { flags: { provider: "lab", model: "m" }, custom: [{ api_mode: "codex_responses" }] },
        "responses",
      ],
      [
        {
          flags: { provider: "lab", model: "gpt-5.5" },
          custom: [{ api_mode: "chat_completions" }],
        },
        "chat_completions",
      ],
      [
        {
          model: { provider: "lab", default: "m", api_mode: "chat_completions" },
          custom: [{ api_mode: "codex_responses" }],
        },
        "chat_completions",
      ],
    ])("of %j is %s", (situation, wireApi) => {
      expect(resolve(situation).endpoint.wireApi).toBe(wireApi as never);
    });
  });

  describe("keys", () => {
    test.each<[string, Situation]>([
      ["an http address", { flags: { provider: "openai", baseUrl: "http://api.openai.com/v1" } }],
      [
        "another port",
        { flags: { provider: "openai", baseUrl: "https://api.openai.com:8443/v1" } },
      ],
      [
        "a look-alike",
        { flags: { provider: "openai", baseUrl: "https://api.openai.com.evil.example/v1" } },
      ],
      ["a prefix", { flags: { provider: "openai", baseUrl: "https://evilapi.openai.com/v1" } }],
      ["a trailing dot", { flags: { provider: "openai", baseUrl: "https://api.openai.com./v1" } }],
      [
        "a backslash",
        { flags: { provider: "openai", baseUrl: "https://evil.example\\api.openai.com/v1" } },
      ],
      [
        "another vendor",
        { flags: { provider: "openrouter", baseUrl: "https://api.openai.com/v1" } },
      ],
      ["the configuration", { model: { provider: "openai", base_url: "https://evil.example/v1" } }],
    ])("never leave for %s", async (_name, situation) => {
      const error = await failure({ ...situation, env: { ...openaiKey, ...routerKey } });
      expect(error.code).toBe(situation.flags ? "usage/invalid" : "config/invalid");
      expect(error.message).toMatch(
        /^Provider \w+ is not at https?:\S+: its key is only sent to https:/,
      );
    });

    test("of a vendor are not for a plain address", () => {
      expect(
        resolve({ flags: { baseUrl: "https://evil.example/v1", model: "m" }, env: openaiKey }),
      ).toMatchObject({
        keyEnv: [],
        noKeyNeeded: true,
        warnings: [],
      });
    });

    test("of a vendor are for its host under the name custom too", () => {
      const flags = { provider: "custom", baseUrl: "https://API.openai.com/v1/", model: "gpt-5.5" };
      expect(brief({ flags })).toBe(
        "custom gpt-5.5 responses https://api.openai.com/v1 OPENAI_API_KEY",
      );
    });

    test("of the user's own are for the entry that names them", () => {
      const custom = [{ base_url: "https://lab.example/v1", key_env: "LAB_API_KEY" }];
      expect(brief({ flags: { provider: "lab", model: "m" }, custom })).toBe(
        "lab m chat_completions https://lab.example/v1 LAB_API_KEY",
      );
    });

    test("in the clear are warned about", () => {
      const custom = [{ base_url: "http://lab.example/v1", key_env: "LAB_API_KEY" }];
      expect(resolve({ flags: { provider: "lab", model: "m" }, custom }).warnings).toEqual([
        "The key in LAB_API_KEY goes to lab unencrypted: http://lab.example/v1 is not https",
      ]);
    });

    test.each([
      "http://localhost:1/v1",
      "http://127.1.2.3/v1",
      "http://127.1/v1",
      "http://[::1]:9/v1",
      "http://a.localhost/",
      "http://0.0.0.0:1/",
      "http://2130706433/",
    ])("are not needed on this machine: %s", (baseUrl) => {
      expect(resolve({ flags: { provider: "openai", baseUrl } })).toMatchObject({
        endpoint: { isLocal: true },
        keyEnv: [],
        noKeyNeeded: true,
      });
    });

    test("are optional where the user's own entry is on this machine", () => {
      expect(
        brief({ flags: { provider: "lab", model: "m" }, custom: [{ key_env: "LAB_API_KEY" }] }),
      ).toBe("lab m chat_completions http://127.0.0.1:8080/v1 LAB_API_KEY or (none needed)");
    });

    test("are not asked of a server of one's own elsewhere", () => {
      const flags = { provider: "ollama", baseUrl: "http://192.168.1.9:11434/v1", model: "qwen3" };
      expect(brief({ flags })).toBe(
        "ollama qwen3 chat_completions http://192.168.1.9:11434/v1 (none needed)",
      );
    });

    test("are named only for hosts of their vendor, for any address and any provider", () => {
      // A vendor may have two providers with one key.
      const pinnedTo = (name: string): readonly string[] =>
        providers.flatMap(({ keyEnv, hosts }) => (keyEnv.includes(name) ? hosts : []));
      const host = fc.oneof(
        fc.constantFrom(...providers.flatMap(({ hosts }) => hosts)),
        fc
          .constantFrom(...providers.flatMap(({ hosts }) => hosts))
          .chain((name) =>
            fc.constantFrom(
              `x${name}`,
              `x.${name}`,
              `${name}.x`,
              `${name}.`,
              `u@${name}`,
              `${name}@x.com`,
              `x.com\\${name}`,
              name.toUpperCase(),
            ),
          ),
        fc.domain(),
      );
      const address = fc
        .tuple(
          fc.constantFrom("http://", "https://", "https:/", "//"),
          host,
          fc.constantFrom("", ":443", ":80", ":8443"),
          fc.constantFrom("", "/v1", "/../v1", "?x=1", "#a"),
        )
        .map((parts) => parts.join(""));
      const provider = fc.option(
        fc.constantFrom(...providers.map(({ id }) => id), "custom", "auto"),
        { nil: undefined },
      );
      fc.assert(
        fc.property(address, provider, (baseUrl, name) => {
          let resolved: ResolvedModel;
          try {
            resolved = resolve({ flags: { baseUrl, model: "m", ...(name && { provider: name }) } });
          } catch (error) {
            if (error instanceof HermesError) return;
            throw error;
          }
          const url = new URL(resolved.endpoint.baseUrl);
          for (const variable of resolved.keyEnv) {
            expect(pinnedTo(variable)).toContain(url.hostname);
            expect([url.protocol, url.port, url.username]).toEqual(["https:", "", ""]);
          }
        }),
        { seed: 11, numRuns: 3_000 },
      );
    });
  });

  describe("addresses", () => {
    test.each([
      ["ftp://x/v1", "expected an http or https address"],
      ["localhost:11434", "expected an http or https address"],
      ["not a url", "expected an http or https address"],
      ["http://", "expected an http or https address"],
      ["http://user:secret@localhost/v1", "expected an address without a user name or password"],
      ["http://localhost/v1?key=secret", "expected an address without ? and #"],
    ])("like %s are refused without being repeated", async (baseUrl, fault) => {
      const hint = "for example http://127.0.0.1:11434/v1";
      expect(await failure({ flags: { baseUrl, model: "m" } })).toEqual(
        new HermesError("usage/invalid", `Could not use --base-url: ${fault}`, { hint }),
      );
      expect(await failure({ model: { base_url: baseUrl, provider: "custom" } })).toEqual(
        new HermesError("config/invalid", `Could not use model.base_url: ${fault}`, { hint }),
      );
      expect(
        (await failure({ model: { provider: "lab" }, custom: [{ base_url: baseUrl }] })).message,
      ).toBe(`Could not use base_url of custom provider lab: ${fault}`);
    });

    test("are needed for the provider custom", async () => {
      expect((await failure({ flags: { provider: "custom" } })).message).toBe(
        "Provider custom needs an address",
      );
    });
  });

  describe("models", () => {
    test("have to be named where nobody knows one", async () => {
      const error = new HermesError("usage/invalid", "No model is chosen for provider custom", {
        hint: "name one: -m MODEL, or for good: hermes model set MODEL",
      });
      expect(await failure({ flags: { baseUrl: "http://localhost:1/v1" } })).toEqual(error);
      expect(await failure({ flags: { baseUrl: "http://localhost:1/v1", model: "  " } })).toEqual(
        error,
      );
    });

    test("are the only one of an own entry", async () => {
      const models = { m1: { context_length: 131_072 } };
      const resolved = resolve({ flags: { provider: "lab" }, custom: [{ models }] });
      expect([resolved.model, resolved.contextLength]).toEqual(["m1", 131_072]);
      const two = { ...models, m2: { context_length: null } };
      expect((await failure({ flags: { provider: "lab" }, custom: [{ models: two }] })).code).toBe(
        "usage/invalid",
      );
    });

    test.each([
      ["deepseek/deepseek-v4", "openrouter", "pad"],
      ["DeepSeek-R2", "openrouter", "pad"],
      ["mimo-v2", "openrouter", "pad"],
      ["kimi-k2", "moonshot", "pad"],
      ["k3", "kimi-coding", "pad"],
      ["a-model", "xiaomi", "pad"],
      ["gpt-4.1", "openai", "none"],
      ["deepseek-r1-distill-llama-70b", "groq", "none"],
    ])("%s of %s says how reasoning goes back: %s", (model, provider, reasoningContent) => {
      expect(resolve({ flags: { model, provider } }).endpoint.dialect.reasoningContent).toBe(
        reasoningContent as never,
      );
    });

    test.each([
      ["https://api.deepseek.com/v1", "pad"],
      ["https://api.kimi.com/coding/v1", "pad"],
      ["https://api.moonshot.cn/v1", "pad"],
      ["https://token-plan.xiaomimimo.com/v1", "pad"],
      ["https://notmoonshot.cn/v1", "echo"],
      ["https://example.test/moonshot.ai/v1", "echo"],
    ])("at %s get their reasoning back by host: %s", (base_url, reasoningContent) => {
      const { dialect } = resolve({
        flags: { provider: "lab", model: "m1" },
        custom: [{ base_url }],
      }).endpoint;
      expect(dialect.reasoningContent).toBe(reasoningContent as never);
    });

    test.each([
      ["glm-5", "http://127.0.0.1:8080/v1", true],
      ["GLM-4.7:cloud", "https://ollama.com/v1", true],
      ["glm-5", "http://192.168.1.7:11434/v1", true],
      ["glm-5", "https://api.example.test/v1", undefined],
      ["qwen3", "http://127.0.0.1:11434/v1", undefined],
    ])("%s at %s stops without being sure of it: %p", (model, base_url, unsureStops) => {
      const flags = { provider: "lab", model };
      const at = (api_mode: "chat_completions" | "codex_responses") =>
        resolve({ flags, custom: [{ base_url, api_mode }] }).endpoint.dialect.unsureStops;
      expect([at("chat_completions"), at("codex_responses")]).toEqual([unsureStops, undefined]);
    });

    test("of an unknown server get the wire's own dialect", () => {
      const flags = { baseUrl: "http://localhost:1/v1", model: "gpt-5.5" };
      expect(resolve({ flags }).endpoint.dialect).toEqual(plainDialect);
    });
  });
});

describe("the pool of logins and keys", () => {
  test.each<[string, Situation, string | undefined]>([
    ["a vendor at home", { flags: { provider: "xai-oauth" } }, "xai-oauth"],
    ["a vendor elsewhere", { flags: { provider: "ollama", model: "m" } }, undefined],
    [
      "a provider of the user's own",
      {
        flags: { provider: "my lab", model: "m" },
        custom: [{ name: "My Lab", base_url: "https://lab.example/v1" }],
      },
      "custom:my-lab",
    ],
    [
      "one that is not https",
      {
        flags: { provider: "lab", model: "m" },
        custom: [{ name: "lab", base_url: "http://lab.example/v1" }],
      },
      undefined,
    ],
    ["an address", { flags: { baseUrl: "https://lab.example/v1", model: "m" } }, undefined],
  ])("of %s", (_name, situation, pool) => {
    expect(resolve(situation).pool).toBe(pool);
  });
});

test("what is kept for a provider of the user's own goes to its own address only", () => {
  const custom = [{ name: "lab", base_url: "https://lab.example/v1", key_env: "LAB_KEY" }];
  const keysAt = (baseUrl: string) => {
    const { keyEnv, pool } = resolve({ custom, flags: { provider: "lab", baseUrl, model: "m" } });
    return [keyEnv, pool];
  };
  expect(keysAt("https://lab.example/v2")).toEqual([["LAB_KEY"], "custom:lab"]);
  expect(keysAt("https://evil.example/v1")).toEqual([[], undefined]);
});

describe("missingCredential()", () => {
  test("names the variable", () => {
    expect(missingCredential(resolve({ flags: { provider: "moonshot", model: "m" } }))).toEqual(
      new HermesError(
        "auth/missing",
        "No API key for Moonshot AI (Kimi): MOONSHOT_API_KEY is not set",
        {
          hint: "put MOONSHOT_API_KEY=... into the environment, or into .env beside config.yaml",
        },
      ),
    );
  });

  test("names the provider with a key where there is only a sign-in", () => {
    expect(missingCredential(resolve({ flags: { provider: "xai-oauth" } }))).toEqual(
      new HermesError(
        "auth/missing",
        "xAI Grok OAuth (SuperGrok Subscription) needs a sign-in with an xAI account",
        {
          hint: "hermes auth add xai-oauth; with an API key: set XAI_API_KEY, --provider xai",
        },
      ),
    );
  });
});

describe("providers", () => {
  test("have distinct names, and addresses that their keys may go to", () => {
    const names = providers.flatMap(({ id, aliases }) => [id, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    for (const { id, baseUrl, hosts, keyEnv, signIn } of providers) {
      const url = new URL(baseUrl);
      expect([id, baseUrl.endsWith("/"), names.includes("auto")]).toEqual([id, false, false]);
      expect(["https:", "http:"].indexOf(url.protocol)).toBe(hosts.includes(url.hostname) ? 0 : 1);
      expect(
        id === id.toLowerCase() &&
          (keyEnv.length > 0 || signIn !== undefined || hosts.length === 0),
      ).toBe(true);
    }
  });

  test("let only OpenAI's run on codex", () => {
    const onCodex = providers.filter(({ runtimes }) => runtimes.includes("codex_app_server"));
    expect(onCodex.map(({ id }) => id)).toEqual(["openai", "openai-codex"]);
  });
});
