import type { ConfigProblem } from "./problem.ts";
import type { Config } from "./schema.ts";

/** Who set a value that is no default. `written` is what the file says, a text or a list, where it refers to variables. */
export type ConfigOrigin =
  | { readonly from: "file"; readonly written?: unknown }
  | { readonly from: "environment"; readonly name: string }
  | { readonly from: "flag" };

/** A configuration in effect. */
export interface LoadedConfig {
  readonly config: Config;
  /** What is odd and stops no turn; none is `invalid`. */
  readonly problems: readonly ConfigProblem[];
  /** By key as `model.default`; what is missing is a default. A table or list that was set as a whole is one key. */
  readonly origins: ReadonlyMap<string, ConfigOrigin>;
}
