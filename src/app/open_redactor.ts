import type { LoadedEnv } from "../config/dotenv.ts";
import type { LoadedConfig } from "../config/loaded_config.ts";
import type { Env } from "../core/ports.ts";
import { createRedactor, type Redactor } from "../core/redact.ts";
import { secretNames } from "./secret_names.ts";

/**
 * A redactor that knows the form of secrets, the keys of every vendor in the environment, and what `.env` holds. Whether
 * the user turned the first off for stored text is read once: nothing that runs later can turn it off. What cannot be
 * read leaves it on.
 */
export async function openRedactor(
  env: Env,
  sources: {
    readonly loadedEnv: () => Promise<LoadedEnv>;
    readonly loadedConfig: () => Promise<LoadedConfig>;
  },
): Promise<Redactor> {
  const [loaded, configured] = await Promise.all([
    sources.loadedEnv().catch(() => ({ env, fromFile: new Set<string>() })),
    sources.loadedConfig().catch(() => undefined),
  ]);
  const isOff = /^(?:0|false|off|no)$/i.test(env["HERMES_REDACT_SECRETS"]?.trim() ?? "");
  const isOn = configured?.config.security.redact_secrets ?? true;
  const names = secretNames(loaded.fromFile, configured?.config);
  const secrets = names.flatMap((name) => loaded.env[name]?.trim() ?? []);
  return createRedactor({ enabled: isOn && !isOff, secrets });
}
