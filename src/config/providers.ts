import type { WireApi } from "../core/item.ts";
import type { Dialect } from "../core/provider.ts";
import type { SignInFacts } from "../core/sign_in.ts";
import { isPinned, type EndpointUrl } from "./endpoint_url.ts";

/** A vendor: where its models are, who may see its key, and how its wire differs. All facts, no behaviour. */
export interface ProviderRow {
  /** What users write: `model.provider`, `--provider`. */
  readonly id: string;
  /** For people. */
  readonly label: string;
  /** Other spellings of the id. */
  readonly aliases: readonly string[];
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Variables that hold a key, the preferred one first; empty where a sign-in or nothing is needed. */
  readonly keyEnv: readonly string[];
  /** Hosts that the key may be sent to: exact names, https, default port. */
  readonly hosts: readonly string[];
  /** How its models are spoken to; absent: decided by address and model. */
  readonly wireApi?: WireApi;
  /** The same, for its own hosts only: what others serve under its name may be older. */
  readonly hostedWireApi?: WireApi;
  /** Stamp of replay data; absent: `other:<base url>`. */
  readonly issuer?: string;
  readonly dialect: Dialect;
  /** Used when the user names no model. */
  readonly defaultModel?: string;
  /** Backends that can run its turns. */
  readonly runtimes: readonly ("loop" | "codex_app_server")[];
  /** Whether a model of it may itself be called `<id>/something`. */
  readonly isRouter?: true;
  /** Where no key opens it. */
  readonly signIn?: SignIn;
}

/** How a provider is opened that takes no key. */
export interface SignIn {
  /** What to sign in with, for people: `an xAI account`. */
  readonly account: string;
  /** The provider of the same vendor that takes a key. */
  readonly keyProvider: string;
  readonly facts: SignInFacts;
}

const hourMs = 3_600_000;

/** https://auth.x.ai/.well-known/openid-configuration; tokens live for about six hours. */
const xaiSignIn: SignInFacts = {
  kind: "authorization_code",
  issuer: "https://auth.x.ai",
  clientId: "b1a00492-073a-47ea-816f-4c329264a828",
  scope: "openid profile email offline_access grok-cli:access api:access",
  domains: ["x.ai"],
  preferredPort: 56_121,
  callbackPath: "/callback",
  // Without a plan the server refuses programs that answer at a loopback address.
  extraParameters: [
    ["plan", "generic"],
    ["referrer", "hermes-agent"],
  ],
  corsOrigins: ["https://accounts.x.ai", "https://auth.x.ai"],
  skewMs: hourMs,
  refreshTimeoutEnv: "HERMES_XAI_REFRESH_TIMEOUT_SECONDS",
  source: "manual:xai_pkce",
  keyHint: "with an API key: set XAI_API_KEY, choose --provider xai",
  accountClaims: [["sub"]],
};

/** As codex itself signs in (https://github.com/openai/codex, `login`). */
const codexSignIn: SignInFacts = {
  kind: "device_code",
  clientId: "app_EMoamEEZ73f0CkXaXp7hrann",
  domains: ["openai.com"],
  userCodeUrl: "https://auth.openai.com/api/accounts/deviceauth/usercode",
  pollUrl: "https://auth.openai.com/api/accounts/deviceauth/token",
  verificationUrl: "https://auth.openai.com/codex/device",
  redirectUri: "https://auth.openai.com/deviceauth/callback",
  tokenUrl: "https://auth.openai.com/oauth/token",
  skewMs: 120_000,
  refreshTimeoutEnv: "HERMES_CODEX_REFRESH_TIMEOUT_SECONDS",
  source: "manual:device_code",
  keyHint: "with an API key: set OPENAI_API_KEY, choose --provider openai",
  accountClaims: [["https://api.openai.com/auth", "chatgpt_account_id"], ["sub"]],
};

/** An OpenAI-compatible server of which nothing else is known. */
export const plainDialect: Dialect = {
  cacheKeyInBody: true,
  cacheKeyHeaders: [],
  headers: {},
  reasoningModels: "all",
  reasoningSummary: true,
  encryptedReasoning: true,
  maxOutputTokens: true,
  serviceTier: true,
  plainToolSchemas: false,
  reasoningContent: "echo",
  chatMaxTokensField: "max_tokens",
  developerRoleModels: [],
};

/** Models that take a reasoning effort wherever they run; others are refused with it (OpenAI API reference, `reasoning`). */
const effortModels = ["gpt-5", "gpt-oss", "codex", "o1", "o3", "o4"];

/**
 * A chat-completions server of which nothing else is known: what is no part of the original API is left out, as many
 * servers answer 400 to fields or efforts that they do not know.
 */
export const plainChatDialect: Dialect = {
  ...plainDialect,
  cacheKeyInBody: false,
  reasoningModels: effortModels,
};

const openaiDialect: Dialect = {
  ...plainDialect,
  reasoningModels: effortModels,
  reasoningContent: "none",
  chatMaxTokensField: "max_completion_tokens",
  developerRoleModels: ["gpt-5", "codex"],
};

/** https://docs.x.ai: models other than these answer 400 to `reasoning.effort`; no summaries, no service tiers. */
const xaiDialect: Dialect = {
  ...plainDialect,
  cacheKeyHeaders: ["x-grok-conv-id"],
  reasoningModels: ["grok-3-mini", "grok-4.20-multi-agent", "grok-4.3"],
  reasoningSummary: false,
  serviceTier: false,
  plainToolSchemas: true,
  reasoningContent: "none",
};

/** The ChatGPT backend answers only to what looks like its own client, and refuses an output limit. */
const codexDialect: Dialect = {
  ...plainDialect,
  cacheKeyHeaders: ["session_id", "x-client-request-id"],
  headers: { originator: "codex_cli_rs", "User-Agent": "codex_cli_rs/0.0.0" },
  accountHeader: "ChatGPT-Account-ID",
  // Later than any there is: models that want a later one are left out.
  clientVersion: "1.0.0",
  maxOutputTokens: false,
  steadyEvents: true,
  billing: "subscription",
};

/** Servers that refuse messages with fields that they do not know. */
const strictChatDialect: Dialect = { ...plainChatDialect, reasoningContent: "none" };

const loop = ["loop"] as const;
const loopOrCodex = ["loop", "codex_app_server"] as const;

/** Every vendor that is known by name. Those with a key are tried in this order where the user names none. */
export const providers: readonly ProviderRow[] = [
  {
    id: "openai",
    label: "OpenAI",
    aliases: ["openai-api"],
    baseUrl: "https://api.openai.com/v1",
    keyEnv: ["OPENAI_API_KEY"],
    // Regional addresses: https://platform.openai.com/docs/guides/your-data
    hosts: ["api.openai.com", "us.api.openai.com", "eu.api.openai.com"],
    hostedWireApi: "responses",
    dialect: openaiDialect,
    defaultModel: "gpt-5.5",
    runtimes: loopOrCodex,
  },
  {
    id: "openrouter",
    label: "OpenRouter",
    aliases: ["open-router"],
    baseUrl: "https://openrouter.ai/api/v1",
    keyEnv: ["OPENROUTER_API_KEY"],
    hosts: ["openrouter.ai"],
    // It drops parameters that a model does not support.
    dialect: {
      ...plainDialect,
      cacheKeyInBody: false,
      developerRoleModels: ["gpt-5", "codex"],
      billing: "told",
    },
    defaultModel: "openai/gpt-5.5",
    runtimes: loop,
    isRouter: true,
  },
  {
    id: "xai",
    label: "xAI",
    aliases: ["grok", "x-ai", "x.ai"],
    baseUrl: "https://api.x.ai/v1",
    keyEnv: ["XAI_API_KEY"],
    hosts: ["api.x.ai"],
    wireApi: "responses",
    issuer: "xai_responses",
    dialect: xaiDialect,
    defaultModel: "grok-4.3",
    runtimes: loop,
  },
  {
    id: "xai-oauth",
    label: "xAI Grok OAuth (SuperGrok Subscription)",
    aliases: ["grok-oauth", "x-ai-oauth", "xai-grok-oauth", "xai_oauth"],
    baseUrl: "https://api.x.ai/v1",
    keyEnv: [],
    hosts: ["api.x.ai"],
    wireApi: "responses",
    issuer: "xai_responses",
    dialect: { ...xaiDialect, billing: "subscription" },
    defaultModel: "grok-4.3",
    runtimes: loop,
    signIn: { account: "an xAI account", keyProvider: "xai", facts: xaiSignIn },
  },
  {
    id: "openai-codex",
    label: "OpenAI Codex (sign-in)",
    aliases: ["codex", "openai_codex"],
    baseUrl: "https://chatgpt.com/backend-api/codex",
    keyEnv: [],
    hosts: ["chatgpt.com"],
    wireApi: "responses",
    issuer: "codex_backend",
    dialect: codexDialect,
    defaultModel: "gpt-5.5",
    runtimes: loopOrCodex,
    signIn: { account: "a ChatGPT account", keyProvider: "openai", facts: codexSignIn },
  },
  {
    id: "deepseek",
    label: "DeepSeek",
    aliases: [],
    baseUrl: "https://api.deepseek.com/v1",
    keyEnv: ["DEEPSEEK_API_KEY"],
    hosts: ["api.deepseek.com"],
    dialect: { ...plainChatDialect, reasoningModels: "none", reasoningContent: "pad" },
    defaultModel: "deepseek-chat",
    runtimes: loop,
  },
  {
    id: "moonshot",
    label: "Moonshot AI (Kimi)",
    aliases: ["kimi"],
    baseUrl: "https://api.moonshot.ai/v1",
    keyEnv: ["MOONSHOT_API_KEY", "KIMI_API_KEY"],
    hosts: ["api.moonshot.ai", "api.moonshot.cn"],
    dialect: { ...plainChatDialect, reasoningModels: "none", reasoningContent: "pad" },
    runtimes: loop,
  },
  {
    // The subscription for coding (https://www.kimi.com/code/docs): its keys open no other host, and those of others not this one.
    id: "kimi-coding",
    label: "Kimi for Coding",
    aliases: ["kimi-for-coding", "kimi-code"],
    baseUrl: "https://api.kimi.com/coding/v1",
    keyEnv: ["KIMI_CODING_API_KEY", "KIMI_API_KEY"],
    hosts: ["api.kimi.com"],
    dialect: {
      ...plainChatDialect,
      reasoningModels: "none",
      reasoningContent: "pad",
      billing: "subscription",
    },
    defaultModel: "kimi-for-coding",
    runtimes: loop,
  },
  {
    id: "xiaomi",
    label: "Xiaomi MiMo",
    aliases: ["mimo", "xiaomi-mimo"],
    baseUrl: "https://api.xiaomimimo.com/v1",
    keyEnv: ["XIAOMI_API_KEY", "MIMO_API_KEY"],
    hosts: ["api.xiaomimimo.com"],
    dialect: { ...plainChatDialect, reasoningModels: "none", reasoningContent: "pad" },
    runtimes: loop,
  },
  {
    id: "zai",
    label: "Z.ai (GLM)",
    aliases: ["z-ai", "z.ai", "glm", "zhipu"],
    baseUrl: "https://api.z.ai/api/paas/v4",
    keyEnv: ["ZAI_API_KEY", "GLM_API_KEY"],
    hosts: ["api.z.ai"],
    dialect: { ...plainChatDialect, reasoningModels: "none" },
    runtimes: loop,
  },
  {
    id: "groq",
    label: "Groq",
    aliases: [],
    baseUrl: "https://api.groq.com/openai/v1",
    keyEnv: ["GROQ_API_KEY"],
    hosts: ["api.groq.com"],
    dialect: { ...strictChatDialect, chatMaxTokensField: "max_completion_tokens" },
    runtimes: loop,
  },
  {
    id: "mistral",
    label: "Mistral",
    aliases: [],
    baseUrl: "https://api.mistral.ai/v1",
    keyEnv: ["MISTRAL_API_KEY"],
    hosts: ["api.mistral.ai"],
    dialect: { ...strictChatDialect, reasoningModels: "none", serviceTier: false },
    runtimes: loop,
  },
  {
    id: "together",
    label: "Together AI",
    aliases: ["togetherai"],
    baseUrl: "https://api.together.xyz/v1",
    keyEnv: ["TOGETHER_API_KEY"],
    hosts: ["api.together.xyz", "api.together.ai"],
    dialect: plainChatDialect,
    runtimes: loop,
  },
  {
    id: "fireworks",
    label: "Fireworks AI",
    aliases: [],
    baseUrl: "https://api.fireworks.ai/inference/v1",
    keyEnv: ["FIREWORKS_API_KEY"],
    hosts: ["api.fireworks.ai"],
    dialect: plainChatDialect,
    runtimes: loop,
  },
  {
    id: "cerebras",
    label: "Cerebras",
    aliases: [],
    baseUrl: "https://api.cerebras.ai/v1",
    keyEnv: ["CEREBRAS_API_KEY"],
    hosts: ["api.cerebras.ai"],
    dialect: { ...strictChatDialect, chatMaxTokensField: "max_completion_tokens" },
    runtimes: loop,
  },
  {
    id: "gemini",
    label: "Google Gemini",
    aliases: ["google"],
    baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
    keyEnv: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    hosts: ["generativelanguage.googleapis.com"],
    dialect: { ...strictChatDialect, reasoningModels: ["gemini-2.5", "gemini-3"] },
    runtimes: loop,
  },
  {
    id: "ollama",
    label: "Ollama",
    aliases: [],
    baseUrl: "http://127.0.0.1:11434/v1",
    keyEnv: ["OLLAMA_API_KEY"],
    hosts: ["ollama.com"],
    dialect: plainChatDialect,
    runtimes: loop,
  },
  {
    id: "lmstudio",
    label: "LM Studio",
    aliases: ["lm-studio"],
    baseUrl: "http://127.0.0.1:1234/v1",
    keyEnv: [],
    hosts: [],
    dialect: plainChatDialect,
    runtimes: loop,
  },
];

/** Models that refuse an assistant message without `reasoning_content`, whoever serves them (part of the name). */
export const paddedModels: readonly string[] = ["deepseek", "mimo"];

/** Hosts that refuse it for every model, with all hosts below them; under whatever provider they are asked. */
export const paddingHosts: readonly string[] = [
  "api.deepseek.com",
  "api.kimi.com",
  "moonshot.ai",
  "moonshot.cn",
  "xiaomimimo.com",
];

/** Models of which Ollama and other servers of one's own say `stop` although they cut the answer (part of the name). */
export const unsureModels: readonly string[] = ["glm"];

/** Where Ollama listens. */
export const ollamaPort = "11434";

/** The row of an id or alias in any case, or undefined. */
export function findProvider(name: string): ProviderRow | undefined {
  const wanted = name.trim().toLowerCase();
  return providers.find((row) => row.id === wanted || row.aliases.includes(wanted));
}

/** The row whose key may be sent to an address, or undefined; of two, the one that has a key. */
export function providerOfAddress(url: EndpointUrl): ProviderRow | undefined {
  const rows = providers.filter((row) => isPinned(url, row));
  return rows.find((row) => row.keyEnv.length > 0) ?? rows[0];
}
