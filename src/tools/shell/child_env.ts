import type { Env } from "../../core/ports.ts";

/** Variables with which hermes reaches models; a command has no business with them unless the user says so. */
const modelSecrets: ReadonlySet<string> = new Set([
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_TOKEN",
  "AZURE_OPENAI_API_KEY",
  "CEREBRAS_API_KEY",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "CODEX_API_KEY",
  "COPILOT_GITHUB_TOKEN",
  "DASHSCOPE_API_KEY",
  "DEEPSEEK_API_KEY",
  "FIREWORKS_API_KEY",
  "GEMINI_API_KEY",
  "GLM_API_KEY",
  "GOOGLE_API_KEY",
  "GROQ_API_KEY",
  "HF_TOKEN",
  "KIMI_API_KEY",
  "MINIMAX_API_KEY",
  "MISTRAL_API_KEY",
  "MOONSHOT_API_KEY",
  "NOUS_API_KEY",
  "NVIDIA_API_KEY",
  "OPENAI_API_KEY",
  "OPENROUTER_API_KEY",
  "PERPLEXITY_API_KEY",
  "TOGETHER_API_KEY",
  "VERCEL_AI_GATEWAY_API_KEY",
  "XAI_API_KEY",
  "ZAI_API_KEY",
]);

/** What only concerns this process: both make a child that was built with Bun run something else than its program. */
const ownVariables: ReadonlySet<string> = new Set(["BUN_BE_BUN", "BUN_OPTIONS", "SUDO_PASSWORD"]);

/** Variables of hermes that a `hermes` started by a command needs to find the same home. */
const sharedVariables: ReadonlySet<string> = new Set(["HERMES_HOME", "HERMES_PROFILE"]);

export interface ChildEnvOptions {
  /** Names that the user lets through: `terminal.env_passthrough`. */
  readonly passthrough: readonly string[];
  /** Names that hold keys besides the well-known ones: `key_env` of custom providers. */
  readonly secrets: readonly string[];
}

/** The environment of commands: that of hermes without its keys and internals. */
export function childEnv(env: Env, options: ChildEnvOptions): Readonly<Record<string, string>> {
  const kept = new Set(options.passthrough);
  const dropped = new Set(options.secrets);
  const entries = Object.entries(env).filter((entry): entry is [string, string] => {
    const [name, value] = entry;
    if (value === undefined || ownVariables.has(name)) return false;
    if (kept.has(name)) return true;
    if (modelSecrets.has(name) || dropped.has(name)) return false;
    return !name.startsWith("HERMES_") || sharedVariables.has(name);
  });
  return Object.fromEntries(entries);
}
