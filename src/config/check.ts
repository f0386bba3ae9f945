import { auxiliaryTasks } from "../core/auxiliary.ts";
import { didYouMean } from "../core/did_you_mean.ts";
import { HermesError } from "../core/errors.ts";
import { loadEnv } from "./dotenv.ts";
import { readHomeFile } from "./home_file.ts";
import type { ConfigDeps } from "./load.ts";
import type { ConfigOrigin } from "./loaded_config.ts";
import type { HomePaths } from "./paths.ts";
import type { ConfigProblem } from "./problem.ts";
import { findProvider, providers } from "./providers.ts";
import { readConfig } from "./read_config.ts";
import { resolveFallback } from "./resolve_fallback.ts";
import type { Config } from "./schema.ts";
import { unusedKeys } from "./unused_keys.ts";

/**
 * Everything that is wrong with the files of a home, also what stops no turn; empty when all is well. `deps.env` is the
 * process environment.
 * @throws {HermesError} `config/unreadable`
 */
export async function checkConfig(
  deps: ConfigDeps,
  paths: Pick<HomePaths, "configFile" | "envFile">,
): Promise<readonly ConfigProblem[]> {
  const env = await collect(async () => {
    const loaded = await loadEnv(deps.files, paths, deps.env);
    return { env: loaded.env, problems: loaded.problems };
  });
  const config = await collect(async () => {
    const file = await readHomeFile(deps.files, paths.configFile);
    if (!file) return { problems: [] };
    const name = paths.configFile;
    const read = readConfig({ text: file.text, file: name, env: env.env ?? deps.env });
    const unused = unusedIn(read.origins, name);
    return {
      problems: [
        ...read.problems,
        ...unused,
        ...(read.config ? mismatches(read.config, name) : []),
        ...(read.config ? fallbackProblems(read.config, name) : []),
      ],
    };
  });
  return [...env.problems, ...config.problems];
}

type Finding = { readonly env?: ConfigDeps["env"]; readonly problems: readonly ConfigProblem[] };

/** A file that cannot be used at all is one problem; one that cannot be read is a failure of the check. */
async function collect(find: () => Promise<Finding>): Promise<Finding> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof HermesError) || error.code !== "config/invalid") throw error;
    const { message, hint } = error;
    return {
      problems: [{ kind: "invalid", path: "", message, ...(hint !== undefined && { hint }) }],
    };
  }
}

function unusedIn(
  origins: ReadonlyMap<string, ConfigOrigin>,
  file: string,
): readonly ConfigProblem[] {
  const written = [...origins.keys()];
  return unusedKeys
    .filter((key) => written.some((path) => path === key || path.startsWith(`${key}.`)))
    .map((key) => ({
      kind: "no_effect",
      path: key,
      message: `${file}: ${key} has no effect in this version`,
      hint: `hermes config unset ${key}`,
    }));
}

/** Entries that would be passed over when they are needed. */
function fallbackProblems(config: Config, file: string): readonly ConfigProblem[] {
  const entries = [
    ...config.fallback_providers.map((entry, index) => ({
      entry,
      path: `fallback_providers.${index}`,
    })),
    ...Object.entries(config.auxiliary).flatMap(([task, { fallback_chain: chain }]) =>
      chain.map((entry, index) => ({ entry, path: `auxiliary.${task}.fallback_chain.${index}` })),
    ),
  ];
  return entries.flatMap(({ entry, path }) => {
    try {
      resolveFallback(entry, { config, env: {} });
      return [];
    } catch (error) {
      if (!(error instanceof HermesError)) throw error;
      const message = `${file}: ${path}: ${error.message}`;
      return [
        { kind: "invalid", path, message, ...(error.hint !== undefined && { hint: error.hint }) },
      ];
    }
  });
}

/** What each key allows alone, but not together. */
function mismatches(
  { model, custom_providers: custom, auxiliary }: Config,
  file: string,
): readonly ConfigProblem[] {
  const names = custom.map(({ name }) => name.toLowerCase());
  const isKnown = (text: string): boolean => {
    const name = text.trim().toLowerCase();
    return ["", "auto", "custom", ...names].includes(name) || findProvider(name) !== undefined;
  };
  const provider = model.provider.trim().toLowerCase();
  const guess = didYouMean(provider, [...names, ...providers.map(({ id }) => id)]);
  const twice = custom.filter(({ name }, index) => names.indexOf(name.toLowerCase()) !== index);
  const shadowed = custom.filter(({ name }) => findProvider(name)?.id === name.toLowerCase());
  return [
    ...(isKnown(provider)
      ? []
      : [invalid("model.provider", `${file}: No such provider: ${model.provider}`, guess)]),
    ...twice.map(({ name }) =>
      invalid("custom_providers", `${file}: Name is there twice: ${name}`),
    ),
    ...shadowed.map(({ name }) =>
      invalid("custom_providers", `${file}: ${name} is the name of a built-in provider`),
    ),
    ...auxiliaryProblems(auxiliary, file, isKnown),
  ];
}

/** Tasks that there are not, and tasks that are sent to a provider that there is not. */
function auxiliaryProblems(
  auxiliary: Config["auxiliary"],
  file: string,
  isKnown: (provider: string) => boolean,
): readonly ConfigProblem[] {
  return Object.entries(auxiliary).flatMap(([task, { provider }]): readonly ConfigProblem[] => {
    const path = `auxiliary.${task}`;
    if (!(auxiliaryTasks as readonly string[]).includes(task)) {
      const guess = didYouMean(task, auxiliaryTasks);
      const hint =
        guess === undefined ? `tasks are: ${auxiliaryTasks.join(", ")}` : `did you mean ${guess}?`;
      return [{ kind: "unknown_key", path, message: `${file}: No such task: ${task}`, hint }];
    }
    return isKnown(provider)
      ? []
      : [invalid(`${path}.provider`, `${file}: ${path}.provider: No such provider: ${provider}`)];
  });
}

function invalid(path: string, message: string, guess?: string): ConfigProblem {
  return {
    kind: "invalid",
    path,
    message,
    ...(guess !== undefined && { hint: `did you mean ${guess}?` }),
  };
}
