import { HermesError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";
import { expandVariables, hasReference } from "./expand.ts";
import { formatKey } from "./key_path.ts";
import type { ConfigOrigin, LoadedConfig } from "./loaded_config.ts";
import type { ConfigProblem } from "./problem.ts";
import type { Config } from "./schema.ts";
import { parseOverride } from "./setting.ts";
import { leavesOf, valueAt, withValue } from "./tree.ts";
import { normalizeTree, validateTree } from "./validate.ts";
import { parseYaml } from "./yaml_source.ts";

export interface ConfigText {
  readonly text: string;
  /** What messages call it. */
  readonly file: string;
  readonly env: Env;
}

/** A configuration as far as its file goes: without the environment's part and the command line's. */
export type FileConfig = Omit<LoadedConfig, "config"> & { readonly config?: Config };

/**
 * Reads the text of a configuration; `config` is absent when a problem is `invalid`.
 * @throws {HermesError} `config/invalid` for text that is no YAML
 */
export function readConfig({ text, file, env }: ConfigText): FileConfig {
  const source = parseYaml(text, file);
  const written = normalizeTree(source.tree);
  const expanded = expandVariables(written, env);
  const checked = validateTree(expanded.tree, {
    place: source.place,
    written: (path) => valueAt(written, path),
  });
  const unset = expanded.unset.map(({ path, name }): ConfigProblem => {
    const key = formatKey(path);
    return {
      kind: "unset_variable",
      path: key,
      message: `${source.place(path, "value")}: ${key} refers to a variable that is not set: ${name}`,
      hint: `set ${name} in the environment or in .env`,
    };
  });
  const origins = leavesOf(written).map(([path, value]): readonly [string, ConfigOrigin] => [
    formatKey(path),
    hasReference(value) ? { from: "file", written: value } : { from: "file" },
  ]);
  return { ...checked, problems: [...checked.problems, ...unset], origins: new Map(origins) };
}

/** The configuration with `key=value` settings over it. @throws {HermesError} `usage/invalid` */
export function applyOverrides(loaded: LoadedConfig, overrides: readonly string[]): LoadedConfig {
  const settings = overrides.map((override) => parseOverride(override));
  const tree = settings.reduce<unknown>(
    (config, { path, value }) => withValue(config, path, value),
    loaded.config,
  );
  const origins = settings.map(({ path }) => [formatKey(path), { from: "flag" }] as const);
  // Reading it again gives new entries of tables the defaults of their keys.
  const { config, problems } = validateTree(tree, {
    place: () => "--set",
    written: (path) => valueAt(tree, path),
  });
  if (!config) {
    const message = problems[0]?.message ?? "--set does not fit the configuration";
    throw new HermesError("usage/invalid", message, {
      hint: "set the table as a whole: --set 'KEY={a: 1, b: 2}'",
    });
  }
  return { ...loaded, config, origins: new Map([...loaded.origins, ...origins]) };
}
