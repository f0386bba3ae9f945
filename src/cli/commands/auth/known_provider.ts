import type { App } from "../../../app.ts";
import { findProvider, providers, type SignIn } from "../../../config/providers.ts";
import { customPool } from "../../../config/resolve_endpoint.ts";
import { didYouMean } from "../../../core/did_you_mean.ts";
import { usageError } from "../../flags.ts";

/** A provider whose logins and keys can be kept. */
export interface KnownProvider {
  /** The name under which they are kept. */
  readonly pool: string;
  readonly label: string;
  /** Absent where it takes keys alone. */
  readonly signIn?: SignIn;
  /** Variables that may hold a key. */
  readonly keyEnv: readonly string[];
}

/**
 * A provider by its id, an alias, or the name of one of the user's own.
 * @throws {HermesError} `usage/invalid` when there is none
 */
export async function knownProvider(app: App, name: string): Promise<KnownProvider> {
  const row = findProvider(name);
  const { custom_providers: own } = await app.config();
  const plain = name
    .trim()
    .toLowerCase()
    .replace(/^custom:/, "");
  const entry = own.find((one) => customPool(one.name) === customPool(plain));
  if (row && (row.id === plain || !entry)) {
    const { id, label, signIn, keyEnv } = row;
    return { pool: id, label, keyEnv, ...(signIn ? { signIn } : {}) };
  }
  if (entry) {
    const keyEnv = entry.key_env === "" ? [] : [entry.key_env];
    return { pool: customPool(entry.name), label: entry.name, keyEnv };
  }
  const ids = [...providers.map(({ id }) => id), ...own.map((one) => one.name)];
  const guess = didYouMean(plain, ids);
  throw usageError(
    `No such provider: ${name}`,
    guess === undefined ? `one of ${ids.join(", ")}` : `did you mean ${guess}?`,
  );
}
