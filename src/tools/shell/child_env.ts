import type { Env } from "../../core/ports.ts";

/**
 * Keys of models that other programs know by these names. Commands that a model wrote have no business with them either,
 * unless the user says so.
 */
const modelSecrets: ReadonlySet<string> = new Set([
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_TOKEN",
  "AZURE_OPENAI_API_KEY",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "CODEX_API_KEY",
  "COPILOT_GITHUB_TOKEN",
  "DASHSCOPE_API_KEY",
  "HF_TOKEN",
  "MINIMAX_API_KEY",
  "NOUS_API_KEY",
  "NVIDIA_API_KEY",
  "PERPLEXITY_API_KEY",
  "VERCEL_AI_GATEWAY_API_KEY",
]);

/** What only concerns this process: both make a child that was built with Bun run something else than its program. */
const ownVariables: ReadonlySet<string> = new Set(["BUN_BE_BUN", "BUN_OPTIONS", "SUDO_PASSWORD"]);

/** Variables of hermes that a `hermes` started by a command needs to find the same home. */
const sharedVariables: ReadonlySet<string> = new Set(["HERMES_HOME", "HERMES_PROFILE"]);

export interface ChildEnvOptions {
  /** Names that the user lets through: `terminal.env_passthrough`. */
  readonly passthrough: readonly string[];
  /** Names that hold the keys of hermes itself, and other secrets of the user's. */
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
