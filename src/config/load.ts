import type { Env, FileStore } from "../core/ports.ts";
import { defaults } from "./defaults.ts";
import { readHomeFile } from "./home_file.ts";
import type { LoadedConfig } from "./loaded_config.ts";
import type { HomePaths } from "./paths.ts";
import { invalidConfig } from "./problem.ts";

export interface ConfigDeps {
  readonly files: Pick<FileStore, "stat" | "readBytes">;
  /** The process environment over the home's `.env`. */
  readonly env: Env;
}

/**
 * The configuration of a home: `overrides` (`key=value`) over `config.yaml` over `HERMES_INFERENCE_PROVIDER` and
 * `HERMES_INFERENCE_MODEL` over the defaults. An absent file is an empty one.
 * @throws {HermesError} `config/unreadable` with the errno; `config/invalid` with line and column; `usage/invalid` for
 *   an override
 */
export async function loadConfig(
  deps: ConfigDeps,
  paths: Pick<HomePaths, "configFile">,
  overrides: readonly string[] = [],
): Promise<LoadedConfig> {
  const file = await readHomeFile(deps.files, paths.configFile);
  const ofFile = file ? await readText(deps, paths, file.text) : empty;
  const filled = fillFromEnvironment(ofFile, deps.env);
  if (overrides.length === 0) return filled;
  const { applyOverrides } = await import("./read_config.ts");
  return applyOverrides(filled, overrides);
}

const empty: LoadedConfig = { config: defaults, problems: [], origins: new Map() };

async function readText(
  { env }: ConfigDeps,
  { configFile }: Pick<HomePaths, "configFile">,
  text: string,
): Promise<LoadedConfig> {
  // The parser and the schema are loaded only when there is something to read.
  const { readConfig } = await import("./read_config.ts");
  const { config, problems, origins } = readConfig({ text, file: configFile, env });
  if (config) return { config, problems, origins };
  throw invalidConfig(problems) ?? new TypeError("A configuration is invalid without a problem");
}

/** What the file does not say of the model, the environment may. */
function fillFromEnvironment(loaded: LoadedConfig, env: Env): LoadedConfig {
  const model = { ...loaded.config.model };
  const origins = new Map(loaded.origins);
  const fill = (key: "provider" | "default", name: string): void => {
    const value = env[name]?.trim() ?? "";
    const isSaid = origins.has(`model.${key}`) && model[key] !== "";
    if (value === "" || isSaid) return;
    model[key] = value;
    origins.set(`model.${key}`, { from: "environment", name });
  };
  fill("provider", "HERMES_INFERENCE_PROVIDER");
  fill("default", "HERMES_INFERENCE_MODEL");
  return { ...loaded, config: { ...loaded.config, model }, origins };
}
