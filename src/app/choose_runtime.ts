import type { ConversationOptions } from "../app.ts";
import { findProvider } from "../config/providers.ts";
import type { Config } from "../config/schema.ts";
import { HermesError } from "../core/errors.ts";
import type { RuntimeName, SessionInfo } from "../core/session_store.ts";

/** The provider of turns that codex runs with its own sign-in. */
export const codexProvider = "openai-codex";

/** What the choice depends on. */
export interface RuntimeChoice {
  readonly options: Pick<
    ConversationOptions,
    "runtime" | "provider" | "baseUrl" | "record" | "replay"
  >;
  readonly config: { readonly model: Config["model"] };
  readonly stored: Pick<SessionInfo, "runtime"> | undefined;
}

/**
 * Which backend runs the turns: the command line's, else the session's own, else the configured one, as far as the
 * provider is one that codex can ask.
 * @throws {HermesError} `usage/invalid` when the command line asks codex for what it cannot do
 */
export function chooseRuntime(choice: RuntimeChoice): RuntimeName {
  const { options, config, stored } = choice;
  if (options.runtime === "codex_app_server") {
    refuseImpossible(choice);
    return "codex_app_server";
  }
  if (options.runtime !== undefined || options.replay || options.record !== undefined)
    return "loop";
  if (options.baseUrl !== undefined || !isForCodex(options.provider)) return "loop";
  if (stored) return stored.runtime;
  const isConfigured = config.model.openai_runtime === "codex_app_server";
  return isConfigured && isForCodex(providerOf(choice)) ? "codex_app_server" : "loop";
}

function refuseImpossible(choice: RuntimeChoice): void {
  const { options } = choice;
  if (options.replay || options.record !== undefined) {
    throw new HermesError("usage/invalid", "Turns of codex are not recorded or replayed", {
      hint: "leave --runtime away",
    });
  }
  const provider = options.baseUrl ?? providerOf(choice);
  if (options.baseUrl === undefined && isForCodex(provider)) return;
  throw new HermesError(
    "usage/invalid",
    `codex asks models of OpenAI only, and this turn is for ${provider}`,
    { hint: `choose --provider ${codexProvider}, or leave --runtime away` },
  );
}

/** The provider that was named, or the one that codex brings along. */
function providerOf({ options, config }: RuntimeChoice): string {
  const { provider, base_url: address } = config.model;
  const configured = provider === "auto" || provider === "" ? address : provider;
  return options.provider ?? (configured === "" ? codexProvider : configured);
}

/** Whether codex can run turns of a provider; nobody named one: it can. */
function isForCodex(provider: string | undefined): boolean {
  if (provider === undefined || provider === "auto") return true;
  return (
    findProvider(provider.trim().toLowerCase())?.runtimes.includes("codex_app_server") === true
  );
}
