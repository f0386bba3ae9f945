import { describe, expect, test } from "bun:test";
import type { ModelFlags } from "../../src/app.ts";
import { resolveForSession } from "../../src/app/session_endpoint.ts";
import { defaults } from "../../src/config/defaults.ts";
import { resolveEndpoint } from "../../src/config/resolve_endpoint.ts";
import type { Config } from "../../src/config/schema.ts";
import { thrown } from "../fakes/thrown.ts";

type Session = Parameters<typeof resolveForSession>[2];

const env = { OPENAI_API_KEY: "sk-0123456789", XAI_API_KEY: "xai-0123456789" };
const local = "http://127.0.0.1:8080/v1";
const atLocal: Session = { provider: "custom", model: "qwen3", baseUrl: local };
const atXai: Session = { provider: "xai", model: "grok-7", baseUrl: "https://api.x.ai/v1" };

async function goOn(
  session: Session,
  model: Partial<Config["model"]>,
  flags: ModelFlags = {},
): Promise<{ readonly at: string; readonly warnings: readonly string[] }> {
  const config = { model: { ...defaults.model, ...model }, custom_providers: [] };
  const { endpoint, warnings, ...resolved } = await resolveForSession(
    async (given) => resolveEndpoint({ config, flags: given, env }),
    flags,
    session,
  );
  const at = `${endpoint.provider} ${resolved.model} ${endpoint.baseUrl} ${endpoint.wireApi}`;
  return { at, warnings };
}

describe("resolveForSession()", () => {
  const table: readonly (readonly [
    string,
    Session,
    Partial<Config["model"]>,
    ModelFlags,
    string,
  ])[] = [
    [
      "the vendor that is configured by now is not asked",
      atLocal,
      { provider: "openai", default: "gpt-5.5" },
      {},
      `custom qwen3 ${local} chat_completions`,
    ],
    [
      "what is configured of the same address holds",
      atLocal,
      { base_url: local, default: "other", api_mode: "codex_responses" },
      {},
      `custom qwen3 ${local} responses`,
    ],
    [
      "another address of no name is another place",
      atLocal,
      { base_url: "http://127.0.0.1:9090/v1", default: "other" },
      {},
      `custom qwen3 ${local} chat_completions`,
    ],
    [
      "a vendor is found again among those whose key is there",
      atXai,
      {},
      {},
      "xai grok-7 https://api.x.ai/v1 responses",
    ],
    [
      "-m changes the model only",
      atXai,
      { provider: "openai", default: "gpt-5.5" },
      { model: "grok-9" },
      "xai grok-9 https://api.x.ai/v1 responses",
    ],
    [
      "--provider of the same keeps the model",
      atXai,
      {},
      { provider: "grok" },
      "xai grok-7 https://api.x.ai/v1 responses",
    ],
    [
      "--provider of another one takes that one's model",
      atXai,
      { provider: "openai", default: "gpt-5.5" },
      { provider: "openai" },
      "openai gpt-5.5 https://api.openai.com/v1 responses",
    ],
    [
      "--base-url keeps the model",
      atXai,
      {},
      { baseUrl: local },
      `custom grok-7 ${local} chat_completions`,
    ],
    [
      "a recording was at no place",
      { provider: "demo", model: "recorded", baseUrl: null },
      { provider: "openai", default: "gpt-5.5" },
      {},
      "openai gpt-5.5 https://api.openai.com/v1 responses",
    ],
  ];

  test.each(table)("%s", async (_name, session, model, ...[flags, at]) => {
    expect(await goOn(session, model, flags)).toEqual({ at, warnings: [] });
  });

  test("says so when a provider's address has changed", async () => {
    const moved = { ...atXai, baseUrl: "https://eu.api.x.ai/v1" };
    expect((await goOn(moved, {})).warnings).toEqual([
      "This session was at https://eu.api.x.ai/v1; it goes on at https://api.x.ai/v1",
    ]);
  });

  test("refuses to guess when the provider is not there any more", async () => {
    const gone: Session = { provider: "lab", model: "m1", baseUrl: local };
    const { code, message, hint } = await thrown(() => goOn(gone, {}));
    expect([code, message, hint]).toEqual([
      "config/invalid",
      "This session was at provider lab: No such provider: lab",
      "go on with it elsewhere: --provider NAME -m MODEL",
    ]);
  });
});
