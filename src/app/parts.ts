import type { App } from "../app.ts";
import type { LoadedConfig } from "../config/loaded_config.ts";

/** The program as its own parts see it. */
export interface AppParts extends App {
  /** The configuration with what the file itself says. @throws as `config` */
  loadedConfig(): Promise<LoadedConfig>;
  /** What is odd about the configuration and the environment, one sentence each. */
  warnings(): Promise<readonly string[]>;
  /** Names of variables that hold secrets of the user's: keys of providers, and all of `.env`. */
  secretNames(): Promise<readonly string[]>;
  /** Places that small model calls found out of credit, with the monotonic time until which they are left alone. */
  readonly creditRests: Map<string, number>;
  /**
   * The same program with its environment and configuration read anew, for whoever runs long: what they hold may have been
   * mended meanwhile. What is open is shared, and closed with the first one alone.
   * @throws {HermesError} `config/invalid`, `config/unreadable`
   */
  renewed(): Promise<AppParts>;
  /** Keeps a kind of command as allowed for later sessions. */
  allowAlways(key: string): Promise<void>;
}
